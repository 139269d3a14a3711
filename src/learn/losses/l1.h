// l1: the sum of the sizes of the parameters, which draws small ones to 0.
#pragma once

#include <cmath>

#include "losses/term.h"

namespace thalweg {

struct L1 {
  static constexpr Option kOptions[] = {kTermRate, kTermOn};
  static constexpr Spec kSpec{.name = "l1",
                              .doc = "a term: rate times the sum of the absolute parameters",
                              .source = "Tibshirani 1996, doi:10.1111/j.2517-6161.1996.tb02080.x",
                              .options = kOptions,
                              .formula = R"(
term   = rate sum_i |w_i|
grad_i = rate sign(w_i), 0 at 0
w the parameters that `on` selects; added once to the loss of a batch, not to each row's)"};

  explicit L1(std::span<const double> o) : rate(option<kOptions, "rate">(o)) {}

  template <class T>
  double value(T w) const {
    return rate * std::fabs(static_cast<double>(w));
  }
  template <class T>
  T gradient(T w) const {
    return static_cast<T>(rate) * sign_of(w);
  }

  double rate;
};
THALWEG_TERM(L1)

}  // namespace thalweg
