// Measures a step phase by phase against the speed of memory. One call at a time: others would share the
// memory bus.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "thalweg/chain.h"
#include "thalweg/params.h"
#include "thalweg/quantiles.h"

namespace thalweg {

struct AnalyzeOptions {
  int threads = 1;
  int rounds = 15;  // pairs of a step and the limit, one after the other
};

// One phase of a step for one group of parameters, and what its traffic costs at the limit.
struct PhaseCost {
  std::uint64_t phase = 0;  // from 1
  std::uint64_t group = 0;  // from 1
  std::string kind;         // "gather" or "update"
  std::string engine;       // as Chain::explain names it
  std::uint64_t elements = 0;
  std::uint64_t bytes_per_element = 0;
  double limit_seconds = 0;  // median
};

struct Analysis {
  std::string chain;
  std::uint64_t elements = 0;
  std::uint64_t bytes = 0;  // moved by one step
  int threads = 1;
  int rounds = 0;
  std::vector<PhaseCost> phases;
  Median limit_seconds;  // of all phases
  Median step_seconds;
  Median share;  // limit / step, pair by pair: 1 is the speed of memory

  std::string text() const;
  std::string json() const;  // one object
};

// Runs the chain on `params` and measures it against the memory limit of the same traffic, in pairs. Values
// and gradients are overwritten with synthetic numbers. Throws as binding an Optimizer does, and Error(usage)
// for no rounds or nothing to move. A figure says something about memory only where the streams are several
// times larger than the last-level cache.
Analysis analyze(const Chain& chain, Params& params, const AnalyzeOptions& options = {});

}  // namespace thalweg
