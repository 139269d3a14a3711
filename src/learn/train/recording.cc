#include "train/recording.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "comm/collectives.h"
#include "nn/tape.h"

namespace thalweg {

std::size_t chunk_of(const TrainerOptions& options) {
  const std::size_t most = options.chunk == 0 ? Trainer::kChunk : options.chunk;
  return options.batch == 0 ? most : std::min(options.batch, most);
}

Recording::Recording(Module& model, std::size_t rows, int threads, Passes passes, int parts, Compute compute)
    : tape(model.dtype(), threads, passes, parts, compute) {
  Shape shape = model.inputs();
  shape.insert(shape.begin(), static_cast<std::int64_t>(rows));
  const Tensor x = tape.input(shape);
  y = model.record(tape, x);
  inputs = tape.value<float>(x);
  outputs = tape.value<float>(y);
  if (passes == Passes::both) gradient = tape.grad<float>(y);
}

Recording& Recordings::of(std::size_t rows, Passes passes) {
  std::unique_ptr<Recording>& found = recordings_[{rows, passes}];
  if (!found)
    found = std::make_unique<Recording>(model_, rows, threads_, passes, parts_,
                                        passes == Passes::both ? compute_ : Compute::f32);
  return *found;
}

std::size_t Recordings::evaluation_rows(std::size_t most) {
  constexpr std::uint64_t kBytes = 32 << 20;
  const Recording one(model_, 1, 1, Passes::forward);
  while (most > 1 && most * one.tape.bytes() > kBytes) most /= 2;
  return most;
}

Recording& Recordings::gather(const Samples& samples, std::span<const std::uint32_t> rows,
                              std::optional<std::uint64_t> counter) {
  Recording& recording = of(rows.size(), counter ? Passes::both : Passes::forward);
  const std::optional<Ahead> ahead = std::exchange(ahead_, std::nullopt);
  if (counter && ahead == Ahead{&samples, rows.size(), *counter}) return recording;
  counter ? recording.tape.train(seed_, *counter) : recording.tape.evaluate();
  Team& team = recording.tape.impl().team;
  samples.gather(rows, recording.inputs, team);
  mixing_ = counter ? &augmenter_.apply(seed_, *counter, recording.inputs, rows.size(), team) : nullptr;
  if (mixing_ != nullptr && mixing_->partners.empty()) mixing_ = nullptr;
  return recording;
}

void Recordings::gather_ahead(const Samples& samples, std::span<const std::uint32_t> rows,
                              std::uint64_t counter) {
  gather(samples, rows, counter);
  ahead_ = {&samples, rows.size(), counter};
}

void Recordings::measure(const Samples& samples, std::span<const std::uint32_t> rows, std::uint64_t counter,
                         double momentum) {
  Recording& recording = of(rows.size(), Passes::forward);
  Tape::Impl& tape = recording.tape.impl();
  tape.training = {seed_, counter, momentum};
  samples.gather(rows, recording.inputs, tape.team);
  recording.tape.forward();
}

std::uint64_t Recordings::bytes() const {
  constexpr std::uint64_t kHugePage = 2 << 20;  // of which the last one is half full, as a mean
  std::uint64_t bytes = 0;
  for (const auto& [rows, recording] : recordings_) {
    const std::uint64_t own = recording->tape.bytes() + recording->tape.impl().work_bytes();
    bytes += own + (own >= kHugePage ? kHugePage / 2 : 0);
  }
  return bytes;
}

std::uint64_t output_bytes(Module& model, std::size_t samples) {
  Recordings recordings(model, 0, 1);
  const std::size_t chunk = recordings.evaluation_rows(Trainer::kChunk);
  if (samples >= chunk) recordings.of(chunk, Passes::forward);
  if (samples % chunk > 0) recordings.of(samples % chunk, Passes::forward);
  return recordings.bytes();
}

void for_each_output(Module& model, const Samples& samples, int threads,
                     const std::function<void(std::uint32_t, std::span<const float>)>& use, Comm* comm) {
  std::vector<std::uint32_t> all(samples.size());
  std::iota(all.begin(), all.end(), 0u);
  Recordings recordings(model, 0, threads);
  const std::size_t chunk = recordings.evaluation_rows(Trainer::kChunk), width = count(model.outputs());
  const auto run = [&](std::span<const std::uint32_t> rows) -> std::span<const float> {
    Recording& recording = recordings.gather(samples, rows);
    recording.tape.forward();
    return recording.outputs;
  };
  std::vector<float> heard;
  for_chunks(all, chunk, [&](std::span<const std::uint32_t> rows) {
    const auto outputs = comm == nullptr ? run(rows) : in_turns(*comm, all, rows, chunk, width, heard, run);
    for (std::size_t i = 0; i < rows.size(); ++i) use(rows[i], outputs.subspan(i * width, width));
  });
}

std::span<const float> in_turns(
    Comm& comm, std::span<const std::uint32_t> all, std::span<const std::uint32_t> rows, std::size_t chunk,
    std::size_t width, std::vector<float>& heard,
    const std::function<std::span<const float>(std::span<const std::uint32_t>)>& run) {
  const auto ranks = static_cast<std::size_t>(comm.size());
  const std::size_t index = static_cast<std::size_t>(rows.data() - all.data()) / chunk;
  const std::size_t each = chunk * width;
  if (index % ranks == 0) {
    heard.resize(ranks * each);
    std::vector<std::size_t> parts(1, 0);
    for (std::size_t rank = 0; rank < ranks; ++rank) {
      const std::size_t begin = std::min((index + rank) * chunk, all.size());
      const auto own = all.subspan(begin, std::min(chunk, all.size() - begin));
      parts.push_back(parts.back() + own.size() * width * sizeof(float));
      if (std::cmp_equal(rank, comm.rank()) && !own.empty())
        std::ranges::copy(run(own), heard.begin() + static_cast<std::ptrdiff_t>(rank * each));
    }
    all_gather(comm, std::as_writable_bytes(std::span(heard)), parts, "predictions");
  }
  return std::span(heard).subspan(index % ranks * each, rows.size() * width);
}

}  // namespace thalweg
