// smooth_l1: huber divided by its delta, which becomes mae as beta goes to 0.
#pragma once

#include <cmath>

#include "losses/loss.h"

namespace thalweg {

struct SmoothL1 : MeanOverColumns<SmoothL1> {
  static constexpr Option kOptions[] = {
      number_option("beta", "1", kNotNegative, "difference from which on the loss is straight; 0: mae"),
      kWeight};
  static constexpr Spec kSpec{.name = "smooth_l1",
                              .doc = "the absolute difference, rounded off below beta",
                              .source = "Girshick 2015, arXiv:1504.08083",
                              .options = kOptions,
                              .formula = R"(
loss   = 1/n sum_j h(d_j), d_j = p_j - t_j
h(d)   = d^2 / (2 beta) where |d| < beta, else |d| - beta / 2
grad_j = 1/n d_j / beta, cut to +-1 / n
p predictions, t targets of a row, j = 1 .. n its columns
The loss of a batch is the mean over its rows. torch's smooth_l1_loss.)"};
  static constexpr Wants kWants = Wants::values;

  static OfColumn column(const LossOptions& o, double p, double t, std::size_t) {
    const auto [beta] = options<kOptions, "beta">(o.numbers);
    const double d = p - t;
    const double size = std::fabs(d);
    if (size < beta) return {0.5 * d * d / beta, d / beta};
    return {size - 0.5 * beta, sign_of(d)};
  }
};
THALWEG_LOSS(SmoothL1)

}  // namespace thalweg
