// What the tool offers beyond training, as a library.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "thalweg/chain.h"
#include "thalweg/params.h"

namespace thalweg {

// The element of a failed comparison that is furthest from what was wanted.
struct WorstElement {
  std::uint64_t step = 0;   // the update after which it stood, or the point of a schedule
  std::string param;        // empty for a schedule
  std::uint64_t index = 0;  // of the element, row-major; of the point or the group for a schedule
  double got = 0;
  double want = 0;
};

struct VerifiedCase {
  enum class Status { passed, failed, skipped };
  std::string file;       // the path as given and joined
  std::string kind;       // empty when the file is no case
  std::string algorithm;  // empty when the case has none
  Status status = Status::skipped;
  std::string reason;  // one line: why it failed, or all it was skipped for, parted by "; "
  std::optional<WorstElement> worst;
};

// Replays expected values made by other libraries through the public engine, in f64. Paths are files or
// folders, which are searched for *.json at any depth, in order of name. A file that is no case fails; a case
// that needs what the engine does not have, or whose formula differs from the engine's, is skipped by name.
// Throws Error(data) for a path that does not exist.
std::vector<VerifiedCase> verify(std::span<const std::filesystem::path> paths);

// The median of some samples, and an interval that holds the median of their distribution with at least 95 %
// whatever that distribution is: two order statistics, or the extremes of fewer than six samples.
struct Median {
  double value = 0;
  double low = 0;
  double high = 0;
};
// `samples` must not be empty.
Median median_of(std::vector<double> samples);

// One pass over memory: `reads` streams of `bytes` bytes each are read, and the last `writes` of them written
// back. It moves (reads + writes) * bytes.
struct Pass {
  int reads = 1;   // 1 to 10
  int writes = 0;  // at most `reads`
  std::uint64_t bytes = 0;
  int region = 0;  // passes of one region go over the same streams; the read-only ones come first
};

// How fast this machine can make passes over memory when there is nothing to compute: the limit of an
// optimizer step. Memory, huge pages, offsets of the streams and the parts of the threads are the step's own.
class MemoryLimit {
 public:
  // Allocates and writes all streams. Throws Error(usage) for an impossible pass, Error(resource) without
  // memory.
  MemoryLimit(std::vector<Pass> passes, int threads);
  ~MemoryLimit();
  MemoryLimit(MemoryLimit&&) noexcept;
  MemoryLimit& operator=(MemoryLimit&&) noexcept;

  // Makes every pass once, in order, and returns the seconds that each took.
  std::span<const double> run();

  std::uint64_t bytes() const;  // moved by one run

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

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
// times larger than the last cache.
Analysis analyze(const Chain& chain, Params& params, const AnalyzeOptions& options = {});

}  // namespace thalweg
