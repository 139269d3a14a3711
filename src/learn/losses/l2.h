// l2: half the squared length of the parameters.   Hoerl and Kennard 1970
//   term = rate / 2 sum w^2          grad = rate w
// The same as the transform decay(rate) left of a rule, to the bit.
#pragma once

#include "losses/term.h"

namespace thalweg {

struct L2 {
  static constexpr Option kOptions[] = {kTermRate, kTermOn};
  static constexpr Spec kSpec{"l2", "a term: rate / 2 times the sum of the squared parameters",
                              "Hoerl and Kennard 1970, doi:10.1080/00401706.1970.10488634", kOptions};

  explicit L2(std::span<const double> o) : rate(o[0]) {}

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
