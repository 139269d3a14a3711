// How near is the loader to a plain loop that gathers and converts, and training with it to training on
// batches that were staged?
//
// 60,000 images of 28 x 28 bytes in random order, in batches of 128, standardised. The limit is a loop over
// the same rows in float arithmetic, compiled for this machine, that asks for the rows after them; its
// numbers may differ in the last bit. The training is a perceptron's: its steps with the loader beside the
// same steps on batches that were gathered before, as floats in memory, each of which is copied to where the
// model reads.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/threads.h"
#include "loader/plain.h"
#include "thalweg/quantiles.h"
#include "thalweg/trainer.h"

namespace {

using thalweg::Median;

struct Flags {
  std::size_t size = 60'000;
  std::size_t batch = 128;
  int threads = thalweg::available_threads();
  int rounds = 9;
  std::string model = "dense(256) | relu | dense(10)";
  std::string augment;
  std::string json;
};

constexpr std::size_t kFeatures = 784;
const thalweg::Scaling kScaling{72.94035223214286, 1 / 90.02118235130519};  // of Fashion-MNIST

std::vector<std::uint8_t> made_up(std::size_t size) {
  std::vector<std::uint8_t> bytes(size * kFeatures);
  unsigned state = 1;
  for (std::uint8_t& byte : bytes)
    byte = static_cast<std::uint8_t>((state = state * 1664525u + 1013904223u) >> 24);
  return bytes;
}

thalweg::Dataset data_of(const std::vector<std::uint8_t>& bytes) {
  thalweg::Dataset data;
  data.sample = {kFeatures};
  data.image = {1, 28, 28};
  data.classes = 10;
  for (std::size_t i = 0; i < bytes.size() / kFeatures; ++i)
    data.train.labels.push_back(static_cast<std::int32_t>(i % 10));
  data.train.assign(kFeatures, bytes);
  data.train.set_scaling(kScaling);
  data.test.assign(kFeatures, std::vector<std::uint8_t>());
  return data;
}

// Of the clock, and of all processors: what counts where the machine has other things to do.
struct Seconds {
  std::vector<double> wall, processors;
};

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void time_once(const std::function<void()>& f, Seconds& seconds) {
  const double before = processor_seconds();
  const auto start = std::chrono::steady_clock::now();
  f();
  seconds.wall.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  seconds.processors.push_back(processor_seconds() - before);
}

struct Pair {
  const char* what;
  std::size_t samples;  // of one round
  Seconds ours = {}, limit = {};
};

// Every round times both, beginning with another one.
void interleave(Pair& pair, int rounds, const std::function<void()>& ours,
                const std::function<void()>& limit) {
  ours();
  limit();
  for (int round = 0; round < rounds; ++round) {
    if (round % 2 == 0) time_once(ours, pair.ours);
    time_once(limit, pair.limit);
    if (round % 2 == 1) time_once(ours, pair.ours);
  }
}

Pair gather(const Flags& flags, const std::vector<std::uint8_t>& bytes, const thalweg::Dataset& data,
            int threads, bool& same) {
  thalweg::Loader loader(flags.size, flags.batch, 1);
  thalweg::Team team(threads);
  std::vector<float> ours(loader.batch() * kFeatures), limit(ours.size());
  const auto epoch = [&](const std::function<void(std::span<const std::uint32_t>)>& f) {
    for (std::uint64_t k = 0; k < loader.updates_per_epoch(); ++k) f(loader.samples(k));
  };
  Pair pair{threads == 1 ? "gather, 1 thread" : "gather, all threads", flags.size};
  const auto offset = static_cast<float>(kScaling.offset), factor = static_cast<float>(kScaling.factor);
  interleave(
      pair, flags.rounds,
      [&] {
        epoch([&](std::span<const std::uint32_t> rows) {
          data.train.gather(rows, std::span(ours).first(rows.size() * kFeatures), team);
        });
      },
      [&] {
        epoch([&](std::span<const std::uint32_t> rows) {
          thalweg::for_each_part(team, rows.size(), 10, [&](std::size_t begin, std::size_t end) {
            plain_gather(bytes.data(), kFeatures, rows.subspan(begin, end - begin), offset, factor,
                         limit.data() + begin * kFeatures);
          });
        });
      });
  for (std::size_t i = 0; i < ours.size(); ++i) same &= std::abs(ours[i] - limit[i]) < 1e-5f;
  return pair;
}

Pair train(const Flags& flags, const thalweg::Dataset& data, int threads) {
  const thalweg::Loss loss("cross_entropy");
  thalweg::Module loaded(flags.model, data.sample), staged(flags.model, data.sample);
  loaded.initialise(1);
  staged.initialise(1);
  thalweg::Optimizer of_loaded(loaded.params(), thalweg::Chain("adamw(lr=1e-3)"), {.threads = threads});
  thalweg::Optimizer of_staged(staged.params(), thalweg::Chain("adamw(lr=1e-3)"), {.threads = threads});
  thalweg::Trainer trainer(loaded, loss, of_loaded, data, {.batch = flags.batch, .threads = threads});
  thalweg::Tape tape(thalweg::Dtype::f32, threads);
  const auto n = static_cast<std::int64_t>(flags.batch);
  const thalweg::Tensor x = tape.input({n, kFeatures}), y = staged.record(tape, x);
  const std::size_t steps = flags.size / flags.batch;
  thalweg::Loader loader(flags.size, flags.batch, 1);
  std::vector<float> all(steps * flags.batch * kFeatures);
  std::vector<std::int32_t> labels;
  const auto inputs = [&](std::size_t k) {
    return std::span(all).subspan(k * flags.batch * kFeatures, flags.batch * kFeatures);
  };
  for (std::size_t k = 0; k < steps; ++k) {
    const std::span<const std::uint32_t> rows = loader.samples(k);
    data.train.gather(rows, inputs(k));
    for (const std::uint32_t row : rows) labels.push_back(data.train.labels[row]);
  }
  Pair pair{threads == 1 ? "train, 1 thread" : "train, all threads", steps * flags.batch};
  interleave(
      pair, flags.rounds,
      [&] {
        for (std::size_t i = 0; i < steps; ++i) trainer.step();
      },
      [&] {
        for (std::size_t i = 0; i < steps; ++i) {
          tape.train(1, i);
          std::ranges::copy(inputs(i), tape.value<float>(x).begin());
          tape.forward();
          loss.evaluate(tape.value<float>(y), 10,
                        {std::span(labels).subspan(i * flags.batch, flags.batch), {}},
                        1.0 / static_cast<double>(n), tape.grad<float>(y));
          tape.backward(y);
          of_staged.step();
        }
      });
  return pair;
}

Median ratio_of(const std::vector<double>& limit, const std::vector<double>& ours) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(limit[i] / ours[i]);
  return thalweg::median_of(std::move(ratios));
}

std::string report(const Pair& pair) {
  const Median wall = ratio_of(pair.limit.wall, pair.ours.wall);
  const Median processors = ratio_of(pair.limit.processors, pair.ours.processors);
  const double n = static_cast<double>(pair.samples);
  const double ours = n / thalweg::median_of(pair.ours.wall).value;
  const double limit = n / thalweg::median_of(pair.limit.wall).value;
  std::printf("%-20s %9.4g images/s, limit %9.4g   limit / ours %.3f [%.3f, %.3f], of processors %.3f\n",
              pair.what, ours, limit, wall.value, wall.low, wall.high, processors.value);
  return thalweg::JsonObject()
      .add("what", pair.what)
      .add("images_per_second", ours)
      .add("limit", limit)
      .add("ratio", wall.value)
      .add("low", wall.low)
      .add("high", wall.high)
      .add("ratio_of_processors", processors.value)
      .text();
}

int run(const Flags& flags) {
  const std::vector<std::uint8_t> bytes = made_up(flags.size);
  thalweg::Dataset data = data_of(bytes);
  data.augment = flags.augment;
  bool same = true;
  std::vector<Pair> pairs;
  for (const int threads : {1, flags.threads}) {
    pairs.push_back(gather(flags, bytes, data, threads, same));
    pairs.push_back(train(flags, data, threads));
    if (flags.threads == 1) break;
  }
  if (!same) {
    std::fprintf(stderr, "what is gathered is not what the plain loop gathers\n");
    return 1;
  }
  thalweg::JsonArray all;
  for (const Pair& pair : pairs) all.raw(report(pair));
  if (!flags.json.empty())
    std::ofstream(flags.json) << thalweg::JsonObject()
                                     .add("schema", 1)
                                     .add("question", "loader")
                                     .add("threads", flags.threads)
                                     .raw("results", all.text())
                                     .text()
                              << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app("How near is the loader to a plain loop, and training with it to training on staged batches?");
  app.add_option("--size", flags.size, "images, at least one batch")->capture_default_str();
  app.add_option("--batch", flags.batch)->capture_default_str();
  app.add_option("--threads", flags.threads)->capture_default_str();
  app.add_option("--rounds", flags.rounds)->capture_default_str();
  app.add_option("--model", flags.model)->capture_default_str();
  app.add_option("--augment", flags.augment, "what is done to the batches of the loader: shift(2) | flip");
  app.add_option("--json", flags.json, "file for the result");
  CLI11_PARSE(app, argc, argv);
  return run(flags);
}
