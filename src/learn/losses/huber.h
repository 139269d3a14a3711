// huber: squared near the target, straight beyond delta.
#pragma once

#include <cmath>

#include "losses/loss.h"

namespace thalweg {

struct Huber : MeanOverColumns<Huber> {
  static constexpr Option kOptions[] = {
      number_option("delta", "1", kPositive, "largest difference that is squared"), kWeight};
  static constexpr Spec kSpec{.name = "huber",
                              .doc = "half the squared difference up to delta, linear beyond",
                              .source = "Huber 1964, doi:10.1214/aoms/1177703732",
                              .options = kOptions,
                              .formula = R"(
loss   = 1/n sum_j h(d_j), d_j = p_j - t_j
h(d)   = d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2)
grad_j = 1/n d_j, cut to +-delta / n
p predictions, t targets of a row, j = 1 .. n its columns
The loss of a batch is the mean over its rows. torch's huber_loss; smooth_l1 is this
divided by delta.)"};
  static constexpr Wants kWants = Wants::values;

  static OfColumn column(const LossOptions& o, double p, double t, std::size_t) {
    const auto [delta] = options<kOptions, "delta">(o.numbers);
    const double d = p - t;
    const double size = std::fabs(d);
    if (size > delta) return {delta * (size - 0.5 * delta), std::copysign(delta, d)};
    return {0.5 * d * d, d};
  }
};
THALWEG_LOSS(Huber)

}  // namespace thalweg
