// nll: for networks that end in log_softmax.
#pragma once

#include "losses/loss.h"

namespace thalweg {

struct Nll : LossTraits {
  static constexpr Option kOptions[] = {kWeightInMean, kIgnore};
  static constexpr Spec kSpec{.name = "nll",
                              .doc = "negative log-likelihood of the label, from log-probabilities",
                              .source = "Fisher 1922, doi:10.1098/rsta.1922.0009",
                              .options = kOptions,
                              .formula = R"(
loss   = -w p_label
grad_j = -w where j is the label, else 0
p log-probabilities of a row, such as log_softmax gives; w the weight of its class
The loss of a batch is the sum over its rows divided by the sum of their w.)"};
  static constexpr Wants kWants = Wants::labels;
  static Outputs outputs(const LossOptions&) { return Outputs::softmax; }
  static constexpr bool kMeanByWeights = true;

  template <class T>
  static double row(const LossOptions&, const T* p, std::size_t columns, const RowTarget& target,
                    double scale, T* grad) {
    for (std::size_t j = 0; grad != nullptr && j < columns; ++j)
      grad[j] = static_cast<T>(j == target.label ? -scale : 0.0);
    return -static_cast<double>(p[target.label]);
  }
};
THALWEG_LOSS(Nll)

}  // namespace thalweg
