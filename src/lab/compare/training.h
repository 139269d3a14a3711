// One run of a comparison, in memory.
#pragma once

#include <atomic>
#include <cstdint>

#include "thalweg/chain.h"
#include "thalweg/dataset.h"
#include "thalweg/lab/compare.h"
#include "thalweg/settings.h"

namespace thalweg {

// What a run does: `config` with nothing auto says model, loss, order, accumulate and nonfinite.
struct TrainingTask {
  const RunConfig& config;
  const Dataset& data;      // trains on `train`, judged on `test`
  Chain chain;              // not resolved
  std::uint64_t batch = 0;  // 0: all
  std::uint64_t epochs = 0;
  std::uint64_t seed = 0;  // of weights and order
};

// The chain with its lengths in updates. Throws Error(usage) when it cannot run on the model.
Chain resolved_chain(const TrainingTask& task);

std::uint64_t updates_per_epoch(const TrainingTask& task);

// Trains with one thread and fills run.epochs and run.diverged. False, with the run unfinished, once `stop`
// is set.
bool train(const TrainingTask& task, const std::atomic<bool>& stop, ComparedRun& run);

// The training part of `data` alone, a fifth of it held out, drawn by `seed`: of each class, or of all
// values. Throws Error(data) when that leaves nothing to train on or to judge by.
Dataset validation_split(const Dataset& data, std::uint64_t seed);

}  // namespace thalweg
