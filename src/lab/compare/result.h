// What the trials of a comparison say together.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "compare/rates.h"
#include "thalweg/lab/compare.h"

namespace thalweg {

// The tuning trials of one contender, rate by rate; `trials` are those of all.
std::vector<TriedRate> tried_rates(const Contender& contender, const CompareOptions& options,
                                   const std::vector<ComparedTrial>& trials);

// The number of the best: the lowest loss, then the highest score, then the lowest rate. Small parts tell
// losses apart where they cannot tell scores. Throws Error(diverged) naming the contender when every rate
// diverged.
std::size_t best_rate(const Contender& contender, const std::vector<TriedRate>& rates);

// The trials of one contender with one factor, by seed.
std::vector<ComparedTrial> final_trials(const Contender& contender, double factor, const RunConfig& config,
                                        const CompareOptions& options,
                                        const std::vector<ComparedTrial>& trials);

// The metrics that every trial of an optimizer has a number of, and their medians.
std::vector<std::pair<std::string, Median>> metric_medians(const ComparedOptimizer& o);

// Fills what follows from the trials of each optimizer - in `result.optimizers`, with config and options -
// and puts the best first.
void judge(ComparisonResult& result);

}  // namespace thalweg
