// mccormick: a sine over a trough; least at a point of its region.   McCormick 1976
//   f = sin(a + b) + (a - b)^2 - 1.5 a + 2.5 b + 1;   at the minimum a + b = -2/3 pi, a - b = 1
// Along a = b it falls for ever beyond the region: the minimum is one of the region only.
#pragma once

#include "problems/problem.h"

namespace thalweg::formula {

struct McCormick {
  static constexpr Spec kSpec{"mccormick",
                              "a sine over a trough that falls for ever beyond its region",
                              "McCormick 1976, doi:10.1007/BF01580665",
                              {}};

  static Facts facts(std::span<const double>) {
    constexpr double kThird = std::numbers::pi / 3;
    return {.start = {-1, 3},
            .minima = {{0.5 - kThird, -0.5 - kThird}},
            .minimum = -std::numbers::sqrt3 / 2 - kThird,
            .low = {-1.5, -3},
            .high = {4, 4}};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    const T a = x[0], b = x[1];
    return sin(a + b) + square(a - b) - 1.5 * a + 2.5 * b + 1.0;
  }
};
THALWEG_PROBLEM(McCormick)

}  // namespace thalweg::formula
