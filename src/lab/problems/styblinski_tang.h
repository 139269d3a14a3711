// styblinski_tang: two hollows of different depth in every coordinate.   Styblinski and Tang 1990
//   f = 1/2 sum_i x_i^4 - 16 x_i^2 + 5 x_i
#pragma once

#include "problems/problem.h"

namespace thalweg::formula {

struct StyblinskiTang {
  static constexpr Option kOptions[] = {dimension_from(1)};
  static constexpr Spec kSpec{"styblinski_tang", "two hollows of different depth in every coordinate",
                              "Styblinski and Tang 1990, Neural Networks 3, 467", kOptions};

  static Facts facts(std::span<const double> o) {
    return {.start = all_equal(o[0], 0),
            .minima = {all_equal(o[0], -2.9035340277711771)},
            .minimum = -39.166165703771419 * o[0],
            .low = all_equal(o[0], -5),
            .high = all_equal(o[0], 5)};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    T sum = 0.0;
    for (const T& a : x) sum = sum + (square(square(a)) - 16.0 * square(a) + 5.0 * a);
    return 0.5 * sum;
  }
};
THALWEG_PROBLEM(StyblinskiTang)

}  // namespace thalweg::formula
