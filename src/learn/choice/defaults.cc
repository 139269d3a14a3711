#include "choice/defaults.h"

#include <algorithm>
#include <bit>
#include <climits>
#include <string>

#include <fmt/core.h>

#include "base/threads.h"
#include "losses/class_weights.h"
#include "metrics/score.h"
#include "thalweg/comm.h"

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

std::uint64_t updates_an_epoch(const RunConfig& config, const Dataset& data) {
  const std::uint64_t samples = std::max<std::uint64_t>(1, data.train.size());
  const std::uint64_t batch = *config.batch == 0 ? samples : std::min(*config.batch, samples);
  return (samples - 1) / batch / config.accumulate + 1;
}

std::uint64_t epochs_for(bool classes, std::uint64_t per_epoch) {
  const std::uint64_t least = classes ? kLeastUpdatesForClasses : kLeastUpdatesForValues;
  const std::uint64_t epochs = std::max(kLeastEpochs, (least - 1) / per_epoch + 1);
  if (classes) return epochs;
  return std::max(epochs, std::min(kEpochsForValues, kMostUpdatesForValues / per_epoch));
}

}  // namespace

// A single update leaves no room for a warm-up.
std::string optimizer_of(double decay, const RunConfig& config, const Dataset& data) {
  const bool several = std::max(config.epochs.value(), updates_an_epoch(config, data)) > 1;
  return fmt::format("adamw(lr=cosine(5e-3{}), decay={})", several ? ", warmup=5%" : "", decay);
}

RunConfig fit_to_data(RunConfig config, const Dataset& data) {
  const bool classes = data.classes > 0;
  if (config.model == "auto") {
    config.model = "dense(128) | relu | dense(" + std::to_string(classes ? data.classes : data.columns) + ")";
  }
  if (config.loss == "auto") config.loss = classes ? "cross_entropy" : "mse";
  config.loss = with_class_weights(config.loss, config.rows.class_weights,
                                   {data.train.labels, class_names(data.class_names, data.classes)});
  if (!config.batch) config.batch = kBatch;
  if (!config.epochs) config.epochs = epochs_for(classes, updates_an_epoch(config, data));
  if (config.optimizer == "auto") {
    const bool few = classes && data.train.size() < kFewSamples;
    config.optimizer = optimizer_of(few ? kDecayForFew : kDecay, config, data);
  }
  if (config.threads == 0) config.threads = available_threads();
  if (!config.machine.shards)
    config.machine.shards = config.machine.comm == nullptr
                                ? 1
                                : std::bit_ceil(static_cast<unsigned>(config.machine.comm->size()));
  return config;
}

TrainerOptions trainer_options_of(const RunConfig& config) {
  return {
      .batch = static_cast<std::size_t>(config.batch.value()),
      .accumulate = static_cast<std::size_t>(config.accumulate),
      .order = parse_order(config.order),
      .seed = config.seed,
      .threads = config.threads,
      .chunk = static_cast<std::size_t>(config.machine.chunk.value_or(0)),
      .checkpoint = static_cast<int>(std::min<std::uint64_t>(config.machine.checkpoint.value_or(1), INT_MAX)),
      .compute = parse_compute(config.machine.compute),
      .fuse = config.machine.fuse == "backward",
      .statistics_batches = static_cast<std::size_t>(config.keeping.statistics_batches),
      .shards = static_cast<std::size_t>(config.machine.shards.value_or(1)),
      .comm = config.machine.comm,
      .overlap = parse_overlap(config.machine.overlap)};
}

}  // namespace thalweg
