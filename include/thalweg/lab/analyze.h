// Measures a step phase by phase against the speed of memory, and predicts one on ranks by that. One call at
// a time: others would share the memory bus.
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

// What lies between ranks.
struct RankLink {
  double bytes_per_second = 0;  // that a rank sends, and receives meanwhile
  double seconds = 0;           // until a small message is there
};

struct RankOptions {
  int ranks = 2;
  RankLink link = {};
  int per_host = 1;  // ranks that share the memory of a machine
  int threads = 1;   // of a rank
  int rounds = 15;   // in which memory is measured
};

// What a step of such ranks would come to, with the gradients of parts of one batch: nothing is sent, only
// the speed of this machine's memory is measured. All of the rank that it is most of.
struct RankPrediction {
  std::string chain;
  std::uint64_t elements = 0;
  RankOptions options;
  double memory_rate = 0;  // bytes a second, of a machine

  // Seconds of the parts of a step, one after the other: gradients to those who hold their blocks and the
  // sums there, its share of the step, values to everybody, and messages of a few bytes.
  double gradients = 0, step = 0, values = 0, small = 0;
  double seconds() const { return gradients + step + values + small; }
  double alone = 0;  // the step of one process with as many threads, without ranks

  std::uint64_t out = 0, in = 0;  // bytes on the wire in a step
  // Bytes of memory: values and gradients, which are whole; state, and that of one process; messages.
  std::uint64_t whole = 0, state = 0, state_alone = 0, rooms = 0;

  std::string text() const;
  std::string json() const;  // one object
};

// Throws Error(usage) for a link or numbers that cannot be, and as analyze() does.
RankPrediction predict_ranks(const Chain& chain, const Params& params, const RankOptions& options);

}  // namespace thalweg
