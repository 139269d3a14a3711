#include "run/memory.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "reserve/process_memory.h"
#include "run/config.h"
#include "train/recording.h"

namespace thalweg {

Loaded load_data(const RunConfig& config, std::string_view encoding) {
  Loaded out;
  out.held_before = process_memory().resident;
  out.data = load_dataset(config.data, config.seed, encoding);
  out.held_after = process_memory().resident;
  return out;
}

MemoryEstimate estimate_memory(const Loaded& loaded, const RunConfig& config, const Dataset& data,
                               Trial& trial) {
  // Pages of code and libraries that training, checkpoints and the page are the first to touch: the mean of a
  // dozen runs, measured on x86-64.
  constexpr std::uint64_t kLater = std::uint64_t{2} << 20;
  const auto less = [](std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; };
  const std::uint64_t parameters = trial.model().params().elements() * sizeof(float);
  const std::uint64_t state = trial.optimizer().state_bytes();
  const std::uint64_t activations =
      trial.trainer().activation_bytes() + output_bytes(trial.model(), data.test.size());
  const ProcessMemory now = process_memory();
  MemoryEstimate out{
      {{"program", loaded.held_before + less(now.resident, loaded.held_after + 2 * parameters) + kLater},
       {"data", less(loaded.held_after, loaded.held_before)},
       {"parameters", parameters},
       {"gradients", parameters},
       {"optimizer state", state},
       {"best weights", parameters},
       {"activations", activations}}};
  if (config.keeping.async_checkpoints)
    out.parts.push_back({"checkpoint copy", 2 * parameters + state});  // and the best
  for (const auto& [name, bytes] : out.parts) out.together += bytes;
  out.together = std::max(out.together, now.peak);
  return out;
}

namespace {

constexpr std::uint64_t kMostParts = 64;

// What to try, the best first: of what is given there is no choice.
std::vector<std::uint64_t> parts_to_try(const RunConfig& config) {
  if (config.machine.checkpoint) return {*config.machine.checkpoint};
  std::vector<std::uint64_t> parts;
  for (std::uint64_t n = 1; n <= kMostParts; n *= 2) parts.push_back(n);
  return parts;
}

std::vector<std::uint64_t> chunks_to_try(const RunConfig& config, const Dataset& data) {
  if (config.machine.chunk) return {*config.machine.chunk};
  std::vector<std::uint64_t> chunks;
  const std::uint64_t batch = *config.batch == 0 ? data.train.size() : *config.batch;
  for (std::uint64_t n = std::min<std::uint64_t>(batch, Trainer::kChunk); n > 0; n /= 2) chunks.push_back(n);
  return chunks;
}

}  // namespace

RunConfig fit_to_memory(RunConfig config, const Loaded& loaded) {
  MachineOptions& machine = config.machine;
  if (machine.memory == 0 || (machine.chunk && machine.checkpoint)) return config;
  const Dataset& data = loaded.data;
  std::uint64_t least = UINT64_MAX;
  for (const std::uint64_t chunk : chunks_to_try(config, data)) {
    for (const std::uint64_t parts : parts_to_try(config)) {
      RunConfig tried = config;
      tried.machine.chunk = chunk;
      tried.machine.checkpoint = parts;
      Trial trial(Module(config.model, inputs_of(data, config.model)), Loss(config.loss),
                  Chain(config.optimizer), data, trainer_options_of(tried), epochs(*config.epochs));
      const std::uint64_t bytes = estimate_memory(loaded, tried, data, trial).together;
      if (bytes <= machine.memory) return tried;
      least = std::min(least, bytes);
    }
  }
  throw Error(Code::resource,
              {"memory", "the run does not fit", "at least " + print_bytes(least >> 20 << 20),
               print_bytes(machine.memory), "use a smaller model, fewer samples or more memory"});
}

}  // namespace thalweg
