// quadratic: a bowl whose curvatures are spread evenly in their logarithm.
//   f = 1/2 sum_i h_i x_i^2,   h_i = condition^(i / (n - 1)),  i = 0 .. n-1
// Gradient descent converges for rates below 2 / condition, best at 2 / (1 + condition).
#pragma once

#include <algorithm>

#include "problems/problem.h"

namespace thalweg::formula {

struct Quadratic {
  static constexpr Option kOptions[] = {{.name = "condition",
                                         .type = OptionType::number,
                                         .fallback = "10",
                                         .range = kAtLeastOne,
                                         .doc = "the largest curvature; the smallest is 1"},
                                        dimension_from(1)};
  static constexpr Spec kSpec{"quadratic",
                              "a bowl: half the sum of h x^2, curvatures h from 1 to `condition`",
                              "Nesterov 2004, Introductory Lectures on Convex Optimization", kOptions};

  static Facts facts(std::span<const double> o) {
    return {.start = all_equal(o[1], 1), .minima = {all_equal(o[1], 0)}, .minimum = 0};
  }

  template <class T>
  static T value(std::span<const double> o, std::span<const T> x) {
    const double last = std::max(1.0, o[1] - 1);
    T sum = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      sum = sum + std::pow(o[0], static_cast<double>(i) / last) * square(x[i]);
    }
    return 0.5 * sum;
  }
};
THALWEG_PROBLEM(Quadratic)

}  // namespace thalweg::formula
