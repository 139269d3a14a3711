// cross_entropy: minus the logarithm of the probability that the softmax of a row gives its label. Taking the
// maximum out keeps every exponential in [0, 1] and one of them at 1, so that nothing overflows and the sum
// is never 0. Differences are exact enough in the predictions' type; the sum and what follows are double.
#pragma once

#include <algorithm>
#include <cmath>

#include "losses/loss.h"

namespace thalweg {

struct CrossEntropy {
  static constexpr Spec kSpec{.name = "cross_entropy",
                              .doc = "negative log of the softmax probability of the label, from logits",
                              .source = "Bridle 1990, doi:10.1007/978-3-642-76153-9_28",
                              .formula = R"(
loss   = ln(sum_j e^(p_j - max)) - (p_label - max)
grad_j = softmax(p)_j - 1 where j is the label, else softmax(p)_j
p logits of a row, max the largest; softmax(p)_j = e^(p_j - max) / sum_i e^(p_i - max)
The loss of a batch is the mean over its rows.)"};
  static constexpr Wants kWants = Wants::labels;

  template <class T>
  static double row(std::span<const double>, const T* p, std::size_t columns, const RowTarget& target,
                    double scale, T* grad) {
    const T max = *std::max_element(p, p + columns);
    double sum = 0;
    for (std::size_t j = 0; j < columns; ++j) {
      const T share = std::exp(p[j] - max);
      if (grad != nullptr) grad[j] = share;
      sum += static_cast<double>(share);
    }
    if (grad != nullptr) finish(grad, columns, target.label, sum, scale);
    return std::log(sum) - (static_cast<double>(p[target.label]) - static_cast<double>(max));
  }

 private:
  template <class T>
  static void finish(T* grad, std::size_t columns, std::size_t label, double sum, double scale) {
    const double at_label = (static_cast<double>(grad[label]) / sum - 1.0) * scale;
    for (std::size_t j = 0; j < columns; ++j)
      grad[j] = static_cast<T>(static_cast<double>(grad[j]) / sum * scale);
    grad[label] = static_cast<T>(at_label);
  }
};
THALWEG_LOSS(CrossEntropy)

}  // namespace thalweg
