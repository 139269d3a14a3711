// mae: mean absolute difference.
#pragma once

#include <cmath>

#include "losses/loss.h"

namespace thalweg {

struct Mae : MeanOverColumns<Mae> {
  static constexpr Option kOptions[] = {kWeightInMean};
  static constexpr Spec kSpec{.name = "mae",
                              .doc = "mean of the absolute differences; labels count as one-hot rows",
                              .source = "Boscovich 1757; Laplace 1793",
                              .options = kOptions,
                              .formula = R"(
loss   = 1/n sum_j |p_j - t_j|
grad_j = 1/n sign(p_j - t_j), 0 where they are equal
p predictions, t targets of a row, j = 1 .. n its columns
The loss of a batch is the mean over its rows. torch's l1_loss.)"};
  static constexpr Wants kWants = Wants::values;
  static constexpr bool kMeanByWeights = true;

  static OfColumn column(const LossOptions&, double p, double t, std::size_t) {
    const double difference = p - t;
    return {std::fabs(difference), sign_of(difference)};
  }
};
THALWEG_LOSS(Mae)

}  // namespace thalweg
