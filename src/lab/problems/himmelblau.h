// himmelblau: four minima of the same value, one a quadrant.   Himmelblau 1972
//   f = (a^2 + b - 11)^2 + (a + b^2 - 7)^2
#pragma once

#include "problems/problem.h"

namespace thalweg::formula {

struct Himmelblau {
  static constexpr Spec kSpec{"himmelblau",
                              "four minima of the same value, one a quadrant",
                              "Himmelblau 1972, Applied Nonlinear Programming",
                              {}};

  static Facts facts(std::span<const double>) {
    return {.start = {0, 0},
            .minima = {{3, 2},
                       {-2.8051180869527448, 3.1313125182505729},
                       {-3.7793102533777469, -3.2831859912861694},
                       {3.5844283403304917, -1.8481265269644034}},
            .minimum = 0,
            .low = {-5, -5},
            .high = {5, 5}};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    const T a = x[0], b = x[1];
    return square(a * a + b - 11.0) + square(a + b * b - 7.0);
  }
};
THALWEG_PROBLEM(Himmelblau)

}  // namespace thalweg::formula
