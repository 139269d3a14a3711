// Sums in double, in a fixed order that becomes vector code.
#pragma once

#include <cstddef>

namespace thalweg {

// The sum of f(0) .. f(n-1).
template <class F>
double sum_of(std::size_t n, F&& f) {
  constexpr std::size_t kLanes = 8;
  double lanes[kLanes] = {};
  const std::size_t whole = n / kLanes * kLanes;
  for (std::size_t j = 0; j < whole; j += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += f(j + lane);
  }
  for (std::size_t j = whole; j < n; ++j) lanes[j - whole] += f(j);
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

}  // namespace thalweg
