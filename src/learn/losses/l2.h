// l2: half the squared length of the parameters. The same as the transform decay(rate) left of a rule, to the
// bit.
#pragma once

#include "losses/term.h"

namespace thalweg {

struct L2 {
  static constexpr Option kOptions[] = {kTermRate, kTermOn};
  static constexpr Spec kSpec{.name = "l2",
                              .doc = "a term: rate / 2 times the sum of the squared parameters",
                              .source = "Hoerl and Kennard 1970, doi:10.1080/00401706.1970.10488634",
                              .options = kOptions,
                              .formula = R"(
term   = rate / 2 sum_i w_i^2
grad_i = rate w_i: the same, bit for bit, as decay(rate) before a rule
w the parameters that `on` selects; added once to the loss of a batch, not to each row's)"};

  explicit L2(std::span<const double> o) : rate(option<kOptions, "rate">(o)) {}

  template <class T>
  double value(T w) const {
    return 0.5 * rate * (static_cast<double>(w) * static_cast<double>(w));
  }
  template <class T>
  T gradient(T w) const {
    return static_cast<T>(rate) * w;
  }

  double rate;
};
THALWEG_TERM(L2)

}  // namespace thalweg
