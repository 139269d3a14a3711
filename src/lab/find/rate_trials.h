// Short trainings at different rates, all from the same weights and on the same batches.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "find/rate_text.h"
#include "thalweg/lab/find.h"

namespace thalweg {

// What every trial of a search shares.
struct RateBench {
  const Module& model;  // where training begins
  const Loss& loss;
  const RateText& text;
  const Dataset& data;  // trained on `train`, judged by `test`
  TrainerOptions options;
  std::uint64_t updates;  // of a trial

  // `text` with its lengths laid out for so many updates.
  Chain resolved(const std::string& text, std::uint64_t updates) const;

  RateTrial try_rate(double rate) const;

  // One trial a rate, each on one thread, `threads` at a time.
  std::vector<RateTrial> try_rates(const std::vector<double>& rates, int threads) const;
};

// Training samples that a trial of so many updates visits at most, of `all`.
std::size_t samples_visited(const TrainerOptions& options, std::uint64_t updates, std::size_t all);

}  // namespace thalweg
