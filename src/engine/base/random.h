// Counter-based random numbers: a value depends on (seed, purpose, step, index) alone, so any value can be
// had at any time, on any thread, after any resume.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace thalweg {

// Philox 4x64 with 10 rounds (Salmon et al. 2011, Parallel Random Numbers: As Easy as 1, 2, 3).
std::array<std::uint64_t, 4> philox4x64(std::array<std::uint64_t, 4> counter,
                                        std::array<std::uint64_t, 2> key);

// What the numbers are for: streams of different purposes are independent.
enum class Purpose : std::uint64_t {
  init = 1,
  shuffle = 2,
  split = 3,
  dropout = 4,
  replacement = 5,
  noise = 6,
  augment = 7,
  sample = 8
};

class Random {
 public:
  Random(std::uint64_t seed, Purpose purpose, std::uint64_t step);

  // 64 random bits; the index-th of this stream.
  std::uint64_t bits(std::uint64_t index) const;
  // In [0, 1), a multiple of 2^-53.
  double uniform(std::uint64_t index) const;
  // In [0, bound), without bias; bound >= 1.
  std::uint64_t below(std::uint64_t bound, std::uint64_t index) const;

  // A random order of 0 .. n-1 (Fisher and Yates).
  std::vector<std::uint32_t> permutation(std::size_t n) const;

 private:
  // `bits`: those of the index.
  std::uint64_t below(std::uint64_t bound, std::uint64_t index, std::uint64_t bits) const;

  std::array<std::uint64_t, 2> key_;
  std::uint64_t step_;
};

}  // namespace thalweg
