// mae: mean absolute difference.
#pragma once

#include <cmath>

#include "losses/loss.h"

namespace thalweg {

struct Mae {
  static constexpr Spec kSpec{.name = "mae",
                              .doc = "mean of the absolute differences; labels count as one-hot rows",
                              .source = "Boscovich 1757; Laplace 1793",
                              .formula = R"(
loss   = 1/n sum_j |p_j - t_j|
grad_j = 1/n sign(p_j - t_j), 0 where they are equal
p predictions, t targets of a row, j = 1 .. n its columns
The loss of a batch is the mean over its rows.)"};
  static constexpr Wants kWants = Wants::values;

  template <class T>
  static double row(std::span<const double>, const T* p, std::size_t columns, const RowTarget& target,
                    double scale, T* grad) {
    const double n = static_cast<double>(columns);
    double sum = 0;
    for (std::size_t j = 0; j < columns; ++j) {
      const double difference = static_cast<double>(p[j]) - target[j];
      sum += std::fabs(difference);
      if (grad == nullptr) continue;
      const double sign = difference > 0 ? 1.0 : difference < 0 ? -1.0 : difference;  // of a NaN a NaN
      grad[j] = static_cast<T>(sign / n * scale);
    }
    return sum / n;
  }
};
THALWEG_LOSS(Mae)

}  // namespace thalweg
