// mse: mean squared difference.
#pragma once

#include "losses/loss.h"

namespace thalweg {

struct Mse : MeanOverColumns<Mse> {
  static constexpr Option kOptions[] = {kWeightInMean};
  static constexpr Spec kSpec{.name = "mse",
                              .doc = "mean of the squared differences; labels count as one-hot rows",
                              .source = "Gauss 1809, Theoria motus corporum coelestium, section 179",
                              .options = kOptions,
                              .formula = R"(
loss   = 1/n sum_j (p_j - t_j)^2
grad_j = 2/n (p_j - t_j)
p predictions, t targets of a row, j = 1 .. n its columns
The loss of a batch is the mean over its rows: the mean over all elements.)"};
  static constexpr Wants kWants = Wants::values;
  static constexpr bool kMeanByWeights = true;

  static OfColumn column(const LossOptions&, double p, double t, std::size_t) {
    const double difference = p - t;
    return {difference * difference, 2.0 * difference};
  }
};
THALWEG_LOSS(Mse)

}  // namespace thalweg
