#include "run/together.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <numeric>
#include <optional>
#include <vector>

#include "base/threads.h"
#include "comm/alike.h"
#include "comm/collectives.h"
#include "comm/failure.h"
#include "run/fit_to_memory.h"
#include "safetensors/crc32.h"
#include "thalweg/error.h"
#include "thalweg/version.h"

namespace thalweg {
namespace {

constexpr std::string_view kWhat = "what the first rank has";

std::string broadcast_text(Comm& comm, std::string text) {
  std::uint64_t size = text.size();
  broadcast(comm, 0, std::as_writable_bytes(std::span(&size, 1)), kWhat);
  text.resize(size);
  broadcast(comm, 0, std::as_writable_bytes(std::span(text)), kWhat);
  return text;
}

// While one rank works and others wait: for a disk, or a choice.
class Patience {
 public:
  explicit Patience(Comm& comm) : comm_(comm), before_(comm.deadline()) {
    constexpr double kDay = 24 * 3600;
    comm.set_deadline(std::max(before_, kDay));
  }
  ~Patience() { comm_.set_deadline(before_); }
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

 private:
  Comm& comm_;
  const double before_;
};

template <class T>
std::uint32_t digest(const std::vector<T>& numbers, std::uint32_t before) {
  return crc32_of(std::as_bytes(std::span(numbers)), before);
}

std::uint32_t digest(const Samples& samples, std::size_t width, Team& team, std::uint32_t before) {
  constexpr std::size_t kAtOnce = 256;
  std::vector<float> inputs;
  for (std::size_t begin = 0; begin < samples.size(); begin += kAtOnce) {
    std::vector<std::uint32_t> rows(std::min(kAtOnce, samples.size() - begin));
    std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(begin));
    inputs.resize(rows.size() * width);
    samples.gather(rows, inputs, team);
    before = digest(inputs, before);
  }
  return digest(samples.weights, digest(samples.values, digest(samples.labels, before)));
}

std::string digest(const Dataset& data, int threads) {
  Team team(threads);
  std::uint32_t crc = 0;
  for (const Samples* samples : {&data.train, &data.held_out, &data.test})
    crc = digest(*samples, static_cast<std::size_t>(count(data.sample)), team, crc);
  return std::to_string(data.train.size()) + " training samples, " + std::to_string(crc);
}

}  // namespace

std::string Together::from_first(const std::function<std::string()>& f) {
  if (comm_ == nullptr) return f();
  std::string text;
  std::optional<Failure> failure;
  if (first()) {
    try {
      text = f();
    } catch (...) {
      failure = Failure::of(std::current_exception());
    }
  }
  const Patience patience(*comm_);
  std::int32_t code = failure ? static_cast<std::int32_t>(failure->code) : 0;
  broadcast(*comm_, 0, std::as_writable_bytes(std::span(&code, 1)), kWhat);
  text = broadcast_text(*comm_, failure ? failure->why : std::move(text));
  if (code == 0) return text;
  if (!failure) failure = Failure{static_cast<Code>(code), text};
  failure->rethrow();
}

void Together::on_first(const std::function<void()>& f) {
  (void)from_first([&] {
    f();
    return std::string();
  });
}

bool Together::as_first(bool here) {
  if (comm_ == nullptr) return here;
  char said = static_cast<char>(here);
  broadcast(*comm_, 0, std::as_writable_bytes(std::span(&said, 1)), kWhat);
  return said != 0;
}

bool Together::any_says(bool here) {
  if (comm_ == nullptr) return here;
  const Patience patience(*comm_);
  const std::vector<char> said = all_values(*comm_, static_cast<char>(here), "whether to stop");
  return std::ranges::any_of(said, [](char one) { return one != 0; });
}

int Together::most(int here) { return most_of_ranks(comm_, here); }

std::uint64_t Together::sum(std::uint64_t here) {
  if (comm_ == nullptr) return here;
  const std::vector<std::uint64_t> all = all_values(*comm_, here, "a number of each rank");
  return std::accumulate(all.begin(), all.end(), std::uint64_t{0});
}

void Together::check_same(const RunConfig& config, const Dataset& data, const std::string& more) {
  if (comm_ == nullptr) return;
  RunConfig shared = config;
  shared.threads = 0;   // are each rank's own
  shared.data.clear();  // may lie elsewhere
  Facts facts = {{"version", std::string(version())},
                 {"oneDNN", onednn_version()},
                 {"SIMD target", std::string(simd_targets().front())},
                 {"data", digest(data, config.threads)}};
  for (const RunSetting& setting : run_settings()) facts.emplace_back(setting.name, setting.print(shared));
  facts.emplace_back("options", more);
  const Patience patience(*comm_);
  check_alike(*comm_, facts);
}

RunConfig Together::fit_to_memory(const RunConfig& config, const Loaded& loaded) {
  if (comm_ == nullptr) return thalweg::fit_to_memory(config, loaded);
  RunConfig fitted = config;
  const std::string text = from_first([&] {
    const MachineOptions chosen = thalweg::fit_to_memory(config, loaded).machine;
    return std::to_string(chosen.chunk.value_or(0)) + " " + std::to_string(chosen.checkpoint.value_or(0));
  });
  const std::size_t blank = text.find(' ');
  const auto number = [](const std::string& of) -> std::optional<std::uint64_t> {
    const std::uint64_t n = std::stoull(of);
    return n == 0 ? std::nullopt : std::optional(n);
  };
  fitted.machine.chunk = number(text.substr(0, blank));
  fitted.machine.checkpoint = number(text.substr(blank + 1));
  return fitted;
}

Metadata Together::spread(Params& params, Optimizer& optimizer, const Metadata& metadata) {
  if (comm_ == nullptr) return metadata;
  const Patience patience(*comm_);
  spread_state(optimizer, params);
  const Facts facts = facts_of(broadcast_text(*comm_, text_of(Facts(metadata.begin(), metadata.end()))));
  return Metadata(facts.begin(), facts.end());
}

void Together::spread(Params& params) {
  for (Parameter& parameter : params) {
    const Buffer& value = parameter.value_buffer();
    if (comm_ != nullptr) broadcast(*comm_, 0, {static_cast<std::byte*>(value.data), value.bytes()}, kWhat);
  }
}

}  // namespace thalweg
