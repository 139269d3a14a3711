// mae: mean over the columns of the size of the difference.
//   loss = 1/n sum_j |p_j - t_j|          grad = 1/n sign(p - t), 0 where they are equal
#pragma once

#include <cmath>

#include "losses/loss.h"

namespace thalweg {

struct Mae {
  static constexpr Spec kSpec{"mae",
                              "mean of the absolute differences; labels count as one-hot rows",
                              "Boscovich 1757; Laplace 1793",
                              {}};
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
