#include "run/defaults.h"

#include <malloc.h>

#include <algorithm>
#include <string>

#include <fmt/core.h>

#include "base/threads.h"
#include "losses/class_weights.h"
#include "metrics/score.h"
#include "reserve/process_memory.h"
#include "run/config.h"
#include "train/recording.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kBatch = 64;
constexpr std::uint64_t kLeastEpochs = 30;
// A small table needs more passes to be learnt: values gain from many, classes are soon fitted by heart.
constexpr std::uint64_t kLeastUpdatesForClasses = 300;
constexpr std::uint64_t kLeastUpdatesForValues = 2000;
constexpr std::uint64_t kEpochsForValues = 100;  // as far as that stays below
constexpr std::uint64_t kMostUpdatesForValues = 20000;
// Few samples of classes are separated long before the rate has fallen; the weights must not grow on.
constexpr std::uint64_t kFewSamples = 1000;
constexpr double kDecay = 0.01, kDecayForFew = 1;

// A single update leaves no room for a warm-up.
std::string optimizer_for(bool few, std::uint64_t updates) {
  return fmt::format("adamw(lr=cosine(5e-3{}), decay={})", updates > 1 ? ", warmup=5%" : "",
                     few ? kDecayForFew : kDecay);
}

std::uint64_t epochs_for(bool classes, std::uint64_t per_epoch) {
  const std::uint64_t least = classes ? kLeastUpdatesForClasses : kLeastUpdatesForValues;
  const std::uint64_t epochs = std::max(kLeastEpochs, (least - 1) / per_epoch + 1);
  if (classes) return epochs;
  return std::max(epochs, std::min(kEpochsForValues, kMostUpdatesForValues / per_epoch));
}

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

RunConfig fit_to_data(RunConfig config, const Dataset& data) {
  const bool classes = data.classes > 0;
  const std::uint64_t samples = std::max<std::uint64_t>(1, data.train.size());
  if (config.model == "auto") {
    config.model = "dense(128) | relu | dense(" + std::to_string(classes ? data.classes : data.columns) + ")";
  }
  if (config.loss == "auto") config.loss = classes ? "cross_entropy" : "mse";
  config.loss = with_class_weights(config.loss, config.rows.class_weights,
                                   {data.train.labels, class_names(data.class_names, data.classes)});
  if (!config.batch) config.batch = kBatch;
  const std::uint64_t batch = *config.batch == 0 ? samples : std::min(*config.batch, samples);
  const std::uint64_t per_epoch = (samples - 1) / batch / config.accumulate + 1;
  if (!config.epochs) config.epochs = epochs_for(classes, per_epoch);
  if (config.optimizer == "auto") {
    config.optimizer = optimizer_for(classes && samples < kFewSamples, std::max(*config.epochs, per_epoch));
  }
  if (config.threads == 0) config.threads = available_threads();
  return config;
}

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
      Trial trial(make_model(config.model, inputs_of(data, config.model), config.seed), Loss(config.loss),
                  Chain(config.optimizer), data, trainer_options_of(tried), epochs(*config.epochs));
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
