// elastic: a mixture of l1 and l2.
#pragma once

#include <cmath>

#include "losses/term.h"

namespace thalweg {

struct Elastic {
  static constexpr Option kOptions[] = {
      kTermRate,
      in_unit("fraction", number_option("ratio", "0.5", {.min = 0.0, .max = 1.0},
                                        "share of l1 in the mixture; the rest is l2")),
      kTermOn};
  static constexpr Spec kSpec{.name = "elastic",
                              .doc = "a term: ratio parts of l1 and 1 - ratio parts of l2",
                              .source = "Zou and Hastie 2005, doi:10.1111/j.1467-9868.2005.00503.x",
                              .options = kOptions,
                              .formula = R"(
term   = rate sum_i (ratio |w_i| + (1 - ratio) / 2 w_i^2)
grad_i = rate (ratio sign(w_i) + (1 - ratio) w_i), sign 0 at 0
w the parameters that `on` selects; added once to the loss of a batch, not to each row's)"};

  explicit Elastic(std::span<const double> o) {
    const auto [rate, ratio] = options<kOptions, "rate", "ratio">(o);
    straight = rate * ratio;
    squared = rate * (1.0 - ratio);
  }

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
