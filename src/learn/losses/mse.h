// mse: mean squared difference.
#pragma once

#include "losses/loss.h"

namespace thalweg {

struct Mse {
  static constexpr Spec kSpec{.name = "mse",
                              .doc = "mean of the squared differences; labels count as one-hot rows",
                              .source = "Gauss 1809, Theoria motus corporum coelestium, section 179",
                              .formula = R"(
loss   = 1/n sum_j (p_j - t_j)^2
grad_j = 2/n (p_j - t_j)
p predictions, t targets of a row, j = 1 .. n its columns
The loss of a batch is the mean over its rows: the mean over all elements.)"};
  static constexpr Wants kWants = Wants::values;

  template <class T>
  static double row(std::span<const double>, const T* p, std::size_t columns, const RowTarget& target,
                    double scale, T* grad) {
    const double n = static_cast<double>(columns);
    double sum = 0;
    for (std::size_t j = 0; j < columns; ++j) {
      const double difference = static_cast<double>(p[j]) - target[j];
      sum += difference * difference;
      if (grad != nullptr) grad[j] = static_cast<T>(2.0 * difference / n * scale);
    }
    return sum / n;
  }
};
THALWEG_LOSS(Mse)

}  // namespace thalweg
