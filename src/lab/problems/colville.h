// colville: two coupled curved valleys in four dimensions.   Colville 1968
//   f = 100 (a^2 - b)^2 + (a - 1)^2 + (c - 1)^2 + 90 (c^2 - d)^2
//       + 10.1 ((b - 1)^2 + (d - 1)^2) + 19.8 (b - 1) (d - 1)
#pragma once

#include "problems/problem.h"

namespace thalweg::formula {

struct Colville {
  static constexpr Spec kSpec{"colville",
                              "two coupled curved valleys in four dimensions",
                              "Colville 1968; mlpack ensmallen, ColvilleFunction",
                              {}};

  static Facts facts(std::span<const double>) {
    return {.start = {-5, 3, 1, -9},
            .minima = {{1, 1, 1, 1}},
            .minimum = 0,
            .low = all_equal(4, -10),
            .high = all_equal(4, 10)};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    const T a = x[0], b = x[1], c = x[2], d = x[3];
    return 100.0 * square(a * a - b) + square(a - 1.0) + square(c - 1.0) + 90.0 * square(c * c - d) +
           10.1 * (square(b - 1.0) + square(d - 1.0)) + 19.8 * (b - 1.0) * (d - 1.0);
  }
};
THALWEG_PROBLEM(Colville)

}  // namespace thalweg::formula
