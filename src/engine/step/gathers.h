// The sums that a chain needs, from those of blocks: added up by one fixed tree, whoever computed them.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "device/partition.h"
#include "plan/lower.h"
#include "plan/plan.h"

namespace thalweg {

// Everything is allocated at construction.
class Gathers {
 public:
  Gathers(const Params& params, const Plan& plan);

  // Where the sums of blocks go: block * kMaxSums.
  std::span<Total> partials() { return partials_; }

  // Adds up the blocks of the cut's gather, over the parameters of `cohorts` that take part in it.
  void add_up(std::size_t cut, const Cohorts& cohorts);

  // The square root of the sum of all blocks.
  double norm_of(std::span<const Total> squares);

  // Whether the first cut gathers the norm of the gradient of every parameter, as given; its square.
  bool begin_with_norm() const { return begins_with_norm_; }
  Total& first_sum() { return all_[0]; }

  Sums sums() const;

 private:
  bool counts(std::size_t parameter, std::size_t cut, const Cohorts& cohorts) const;

  const Plan& plan_;
  const Blocks blocks_;
  const bool begins_with_norm_;
  std::vector<std::size_t> sizes_;   // elements of each parameter
  std::vector<Total> partials_;      // block -> sums
  std::vector<Total> sums_;          // parameter -> sum of its blocks
  std::vector<Total> all_, tensor_;  // as in Sums
  std::vector<double> taking_part_;  // the same
  std::vector<char> member_;         // cut * groups + group -> whether that group takes part in it
};

}  // namespace thalweg
