// log_cosh: squared near the target, straight far from it, and smooth between. Small differences are taken by
// cosh d = 1 + 2 sinh^2(d / 2), which loses no digits; large ones by |d| + ln(1 + e^-2|d|) - ln 2, which does
// not overflow.
#pragma once

#include <cmath>
#include <numbers>

#include "losses/loss.h"

namespace thalweg {

struct LogCosh : MeanOverColumns<LogCosh> {
  static constexpr Option kOptions[] = {kWeight};
  static constexpr Spec kSpec{.name = "log_cosh",
                              .doc = "logarithm of the hyperbolic cosine of the difference",
                              .source = "Green 1990, doi:10.1109/42.52985",
                              .options = kOptions,
                              .formula = R"(
loss   = 1/n sum_j ln(cosh(p_j - t_j))
grad_j = 1/n tanh(p_j - t_j)
p predictions, t targets of a row, j = 1 .. n its columns
The loss of a batch is the mean over its rows. Keras' LogCosh.)"};
  static constexpr Wants kWants = Wants::values;

  static OfColumn column(const LossOptions&, double p, double t, std::size_t) {
    const double d = p - t, size = std::fabs(d), half = std::sinh(0.5 * size);
    const double loss = size < 1 ? std::log1p(2.0 * half * half)
                                 : size + std::log1p(std::exp(-2.0 * size)) - std::numbers::ln2;
    return {loss, std::tanh(d)};
  }
};
THALWEG_LOSS(LogCosh)

}  // namespace thalweg
