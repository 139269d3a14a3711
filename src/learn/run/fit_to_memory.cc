#include "run/fit_to_memory.h"

#include <malloc.h>

#include <algorithm>
#include <string>
#include <vector>

#include "choice/defaults.h"
#include "reserve/process_memory.h"
#include "thalweg/error.h"
#include "train/recording.h"

namespace thalweg {
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
  for (std::uint64_t n = chunk_of({.batch = batch}); n > 0; n /= 2) chunks.push_back(n);
  return chunks;
}

}  // namespace

RunConfig fit_to_memory(RunConfig config, const Loaded& loaded) {
  MachineOptions& machine = config.machine;
  if (machine.memory == 0 || (machine.chunk && machine.checkpoint)) return config;
  const Dataset& data = loaded.data;
  const std::uint64_t peak = process_memory().peak;  // what reading the data took
  std::uint64_t least = UINT64_MAX;
  for (const std::uint64_t chunk : chunks_to_try(config, data)) {
    for (const std::uint64_t parts : parts_to_try(config)) {
      ::malloc_trim(0);  // what the one before has left is not counted
      RunConfig tried = config;
      tried.machine.chunk = chunk;
      tried.machine.checkpoint = parts;
      TrainerOptions options = trainer_options_of(tried);
      options.comm = nullptr;  // nothing is sent
      Trial trial(make_model(config.model, inputs_of(data, config.model), config.seed), Loss(config.loss),
                  Chain(config.optimizer), data, options, epochs(*config.epochs));
      const Module best = copy_of(trial.model());  // held as in the run, where the estimate looks
      const std::uint64_t bytes = std::max(peak, estimate_memory(loaded, tried, data, trial).sum);
      if (bytes <= machine.memory) return tried;
      least = std::min(least, bytes);
    }
  }
  throw Error(Code::resource,
              {"memory", "the run does not fit", "at least " + print_memory_size(least >> 20 << 20),
               print_memory_size(machine.memory), "use a smaller model, fewer samples or more memory"});
}

}  // namespace thalweg
