// multi_margin: the score of the label is to be above every other one by a margin.
#pragma once

#include <cmath>

#include "losses/loss.h"

namespace thalweg {

struct MultiMargin : LossTraits {
  static constexpr Option kOptions[] = {
      count_option("p", "1", {.min = 1, .max = 2}, "power of what is missing to the margin, 1 or 2"),
      number_option("margin", "1", kAnyNumber, "how far above the others the label's score is to be"),
      kWeight, kIgnore};
  static constexpr Spec kSpec{.name = "multi_margin",
                              .doc = "hinge loss of several classes, from scores",
                              .source = "Crammer and Singer 2001, JMLR 2:265-292",
                              .options = kOptions,
                              .formula = R"(
loss       = w/n sum_j m_j^p, j other than the label
m_j        = max(0, margin - x_label + x_j)
grad_j     = w p/n m_j^(p - 1) where m_j > 0, else 0
grad_label = minus the sum of the others
x scores of the n classes of a row, w the weight of its class
The loss of a batch is the mean over its rows. torch's multi_margin_loss.)"};
  static constexpr Wants kWants = Wants::labels;

  template <class T>
  static double row(const LossOptions& o, const T* x, std::size_t columns, const RowTarget& target,
                    double scale, T* grad) {
    const auto [power, margin] = options<kOptions, "p", "margin">(o.numbers);
    const double n = static_cast<double>(columns), own = static_cast<double>(x[target.label]);
    double sum = 0, slopes = 0;
    for (std::size_t j = 0; j < columns; ++j) {
      const double m = j == target.label ? 0.0 : positive_part(margin - own + static_cast<double>(x[j]));
      const double slope = power == 1 ? sign_of(m) : 2.0 * m;
      sum += power == 1 ? m : m * m;
      slopes += slope;
      if (grad != nullptr) grad[j] = static_cast<T>(slope / n * scale);
    }
    if (grad != nullptr) grad[target.label] = static_cast<T>(-slopes / n * scale);
    return own == own ? sum / n : own;
  }
};
THALWEG_LOSS(MultiMargin)

}  // namespace thalweg
