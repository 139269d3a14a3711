// How fast memory is when there is nothing to compute.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace thalweg {

// One pass over memory: `reads` streams of `bytes` bytes each are read, and the last `writes` of them written
// back. It moves (reads + writes) * bytes.
struct Pass {
  int reads = 1;   // 1 to 10
  int writes = 0;  // at most `reads`
  std::uint64_t bytes = 0;
  int region = 0;  // passes of one region go over the same streams; the read-only ones come first
};

// How many floats before its use a line of memory is asked for, from which the best is chosen; with 0 that is
// left to the processor.
inline constexpr std::array<std::size_t, 5> kDistances{0, 256, 512, 1024, 2048};

// The distance with the fastest of some calls of `run(distance)`, made in turns.
std::size_t fastest_distance(const std::function<void(std::size_t)>& run);

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

  // Makes every pass once, in order, and returns the seconds that each took. Memory is asked for at the
  // distance that calibrate() chose, 0 before that.
  std::span<const double> run();

  // Makes some runs, and the fastest of kDistances that of those to come.
  void calibrate();
  std::size_t distance() const;

  std::uint64_t bytes() const;  // moved by one run

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thalweg
