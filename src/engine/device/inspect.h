// Gradients that are not finite: how many, and which one is the first.
#pragma once

#include <cstdint>
#include <limits>
#include <tuple>

#include "thalweg/params.h"

namespace thalweg {

struct Found {
  std::uint64_t count = 0;
  std::size_t parameter = std::numeric_limits<std::size_t>::max();
  std::uint64_t index = 0;

  // The sum of both, with the first of both: the same in any order.
  void add(const Found& other) {
    if (std::tie(other.parameter, other.index) < std::tie(parameter, index)) {
      parameter = other.parameter;
      index = other.index;
    }
    count += other.count;
  }
};

// In elements [begin, end) of the gradient of a parameter; with `zero` they are set to 0.
Found find_nonfinite(std::size_t parameter, Dtype dtype, void* grad, std::size_t begin, std::size_t end,
                     bool zero = false);

}  // namespace thalweg
