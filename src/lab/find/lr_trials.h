// What lr-find tries: short trainings at different rates, all from the same weights and on the same batches.
#pragma once

#include <cstdint>
#include <vector>

#include "find/rate_text.h"
#include "thalweg/lab/find.h"

namespace thalweg {

// What every trial of a search shares.
struct LrTrials {
  const Module& model;  // where training begins
  const Loss& loss;
  const RateText& text;
  const Dataset& data;     // trained on `train`, judged by `test`
  TrainerOptions options;  // of one trial
  TrainingLength length;   // of it
  Comm* comm = nullptr;    // ranks that share the trials

  RateTrial at(double rate) const;

  // One trial a rate, each on one thread, `threads` at a time on each rank that shares them.
  std::vector<RateTrial> at(const std::vector<double>& rates, int threads) const;

  // What such a trial is judged by before it has begun; NaN where that is not finite.
  double start_loss() const;
};

// So many training samples as a trial visits at most, and `judge` others to judge it by.
Dataset set_aside_for(const Dataset& data, const TrainerOptions& options, std::uint64_t updates,
                      std::size_t judge);

}  // namespace thalweg
