#include "train/statistics.h"

#include <algorithm>

namespace thalweg {

void find_statistics(Module& model, Recordings& recordings, const Samples& samples,
                     const TrainerOptions& options) {
  if (model.statistics().empty()) return;
  const std::size_t batch = chunk_of(options);
  const Order order = options.order == Order::file ? Order::file : Order::shuffle;
  Loader loader(samples.size(), batch, options.seed, order);
  const std::uint64_t all = loader.updates_per_epoch();
  const std::uint64_t batches = options.statistics_batches > 0 ? options.statistics_batches : all;
  for (std::uint64_t k = 0; k < std::min(batches, all); ++k)
    recordings.measure(samples, loader.samples(k), k * batch, 1.0 / static_cast<double>(k + 1));
}

}  // namespace thalweg
