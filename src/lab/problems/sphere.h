// sphere: the sum of squares.   De Jong 1975
//   f = sum_i x_i^2
#pragma once

#include "problems/problem.h"

namespace thalweg::formula {

struct Sphere {
  static constexpr Option kOptions[] = {dimension_from(1)};
  static constexpr Spec kSpec{"sphere", "the sum of squares",
                              "De Jong 1975, Analysis of the Behavior of a Class of Genetic Adaptive Systems",
                              kOptions};

  static Facts facts(std::span<const double> o) {
    return {.start = all_equal(o[0], 1), .minima = {all_equal(o[0], 0)}, .minimum = 0};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    T sum = 0.0;
    for (const T& a : x) sum = sum + square(a);
    return sum;
  }
};
THALWEG_PROBLEM(Sphere)

}  // namespace thalweg::formula
