// elastic: a mixture of l1 and l2.   Zou and Hastie 2005
//   term = rate sum (ratio |w| + (1 - ratio) / 2 w^2)          grad = rate (ratio sign(w) + (1 - ratio) w)
#pragma once

#include <cmath>

#include "losses/term.h"

namespace thalweg {

struct Elastic {
  static constexpr Option kOptions[] = {kTermRate,
                                        {.name = "ratio",
                                         .type = OptionType::number,
                                         .fallback = "0.5",
                                         .range = {.min = 0.0, .max = 1.0},
                                         .unit = "fraction",
                                         .doc = "share of l1 in the mixture; the rest is l2"},
                                        kTermOn};
  static constexpr Spec kSpec{"elastic", "a term: ratio parts of l1 and 1 - ratio parts of l2",
                              "Zou and Hastie 2005, doi:10.1111/j.1467-9868.2005.00503.x", kOptions};

  explicit Elastic(std::span<const double> o) : straight(o[0] * o[1]), squared(o[0] * (1.0 - o[1])) {}

  template <class T>
  double value(T w) const {
    const double x = static_cast<double>(w);
    return straight * std::fabs(x) + 0.5 * squared * (x * x);
  }
  template <class T>
  T gradient(T w) const {
    return static_cast<T>(straight) * sign_of(w) + static_cast<T>(squared) * w;
  }

  double straight;
  double squared;
};
THALWEG_TERM(Elastic)

}  // namespace thalweg
