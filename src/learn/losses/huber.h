// huber: squared near the target, straight beyond delta.
#pragma once

#include <cmath>

#include "losses/loss.h"

namespace thalweg {

struct Huber {
  static constexpr Option kOptions[] = {{.name = "delta",
                                         .type = OptionType::number,
                                         .fallback = "1",
                                         .range = kPositive,
                                         .doc = "largest difference that is squared"}};
  static constexpr Spec kSpec{.name = "huber",
                              .doc = "half the squared difference up to delta, linear beyond",
                              .source = "Huber 1964, doi:10.1214/aoms/1177703732",
                              .options = kOptions,
                              .formula = R"(
loss   = 1/n sum_j h(d_j), d_j = p_j - t_j
h(d)   = d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2)
grad_j = 1/n d_j, cut to +-delta / n
p predictions, t targets of a row, j = 1 .. n its columns
The loss of a batch is the mean over its rows. torch's huber_loss; its smooth_l1_loss is
this divided by delta.)"};
  static constexpr Wants kWants = Wants::values;

  template <class T>
  static double row(std::span<const double> o, const T* p, std::size_t columns, const RowTarget& target,
                    double scale, T* grad) {
    const auto [delta] = options<kOptions, "delta">(o);
    const double n = static_cast<double>(columns);
    double sum = 0;
    for (std::size_t j = 0; j < columns; ++j) {
      const double d = static_cast<double>(p[j]) - target[j];
      const double size = std::fabs(d);
      sum += size > delta ? delta * (size - 0.5 * delta) : 0.5 * d * d;
      if (grad != nullptr) grad[j] = static_cast<T>((size > delta ? std::copysign(delta, d) : d) / n * scale);
    }
    return sum / n;
  }
};
THALWEG_LOSS(Huber)

}  // namespace thalweg
