// The gradients of a descent: of the whole function, or of mini-batches, with noise where it is asked for.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "thalweg/lab/problem.h"

namespace thalweg {

class Gradients {
 public:
  // Throws Error(usage) for noise or a batch that cannot be meant.
  Gradients(const Problem& problem, const DescendOptions& options);

  // The n-th gradient of this descent, n = 0, 1, ...
  void write(std::span<const double> x, std::uint64_t n, std::span<double> out);

  // The samples of the batch of the n-th one; none: all.
  std::span<const std::uint32_t> rows_of(std::uint64_t n);

 private:
  void make_offsets();
  void add_noise(std::uint64_t n, std::span<double> out) const;
  void add_offsets(std::span<const std::uint32_t> rows, std::span<double> out) const;

  const Problem& problem_;
  const DescendOptions options_;
  std::vector<double> noise_;  // one an element; empty: none
  std::size_t samples_;
  std::vector<double> offsets_;  // of a problem without samples: a vector each, which add up to 0
  std::uint64_t epoch_ = UINT64_MAX;
  std::vector<std::uint32_t> order_;  // of that epoch
};

}  // namespace thalweg
