// rastrigin: a bowl of egg cartons: a local minimum near every whole number.   Rastrigin 1974
//   f = 10 n + sum_i x_i^2 - 10 cos(2 pi x_i)
#pragma once

#include "problems/problem.h"

namespace thalweg::formula {

struct Rastrigin {
  static constexpr Option kOptions[] = {dimension_from(1)};
  static constexpr Spec kSpec{"rastrigin", "a local minimum near every point of whole numbers",
                              "Muehlenbein, Schomisch and Born 1991, doi:10.1016/S0167-8191(05)80052-3",
                              kOptions};

  static Facts facts(std::span<const double> o) {
    return {.start = all_equal(o[0], 3.3),
            .minima = {all_equal(o[0], 0)},
            .minimum = 0,
            .low = all_equal(o[0], -5.12),
            .high = all_equal(o[0], 5.12)};
  }

  template <class T>
  static T value(std::span<const double>, std::span<const T> x) {
    T sum = 0.0;
    for (const T& a : x) sum = sum + (square(a) + 10.0 * (1.0 - cos(2 * std::numbers::pi * a)));
    return sum;
  }
};
THALWEG_PROBLEM(Rastrigin)

}  // namespace thalweg::formula
