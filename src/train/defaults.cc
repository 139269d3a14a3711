#include "train/defaults.h"

#include <algorithm>
#include <string>

#include "base/threads.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kBatch = 64;
constexpr std::uint64_t kLeastEpochs = 30;
constexpr std::uint64_t kLeastUpdates = 600;  // a small table needs more passes to be learnt

}  // namespace

RunConfig fit_to_data(RunConfig config, const Dataset& data) {
  const bool classes = data.classes > 0;
  const std::uint64_t samples = std::max<std::uint64_t>(1, data.train.size());
  if (config.model == "auto") {
    config.model = "dense(128) | relu | dense(" + std::to_string(classes ? data.classes : data.columns) + ")";
  }
  if (config.loss == "auto") config.loss = classes ? "cross_entropy" : "mse";
  if (!config.batch) config.batch = kBatch;
  if (!config.epochs) {
    const std::uint64_t batch = *config.batch == 0 ? samples : std::min(*config.batch, samples);
    const std::uint64_t per_epoch = (samples - 1) / batch / config.accumulate + 1;
    config.epochs = std::max(kLeastEpochs, (kLeastUpdates - 1) / per_epoch + 1);
  }
  if (config.threads == 0) config.threads = available_threads();
  return config;
}

}  // namespace thalweg
