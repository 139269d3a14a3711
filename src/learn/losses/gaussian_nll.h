// gaussian_nll: a mean and a variance for each target.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "losses/loss.h"

namespace thalweg {

struct GaussianNll : LossTraits {
  static constexpr Option kOptions[] = {
      flag_option("full", "false", "adds ln(2 pi) / 2, which has no gradient"),
      number_option("eps", "1e-6", kPositive, "least variance"), kWeight};
  static constexpr Spec kSpec{
      .name = "gaussian_nll",
      .doc = "negative log-likelihood of a normal distribution; columns are all means, then all variances",
      .source = "Nix and Weigend 1994, doi:10.1109/ICNN.1994.374138",
      .options = kOptions,
      .formula = R"(
loss    = 1/n sum_j (ln v_j + (m_j - t_j)^2 / v_j) / 2
grad    = 1/n (m_j - t_j) / v_j  of m_j
        = 1/n (1 / v_j - ((m_j - t_j) / v_j)^2) / 2  of the variance
v_j     = the predicted variance, at least eps; below it the gradient is that at eps
m means, t targets of a row, j = 1 .. n; the row has 2 n columns: m_1 .. m_n, then the n
variances, of a last layer such as softplus
The loss of a batch is the mean over its rows. torch's gaussian_nll_loss.)"};
  static constexpr Wants kWants = Wants::values;
  static constexpr Layout kLayout = Layout::halves;
  static Outputs outputs(const LossOptions&) { return Outputs::values; }

  template <class T>
  static double row(const LossOptions& o, const T* p, std::size_t columns, const RowTarget& target,
                    double scale, T* grad) {
    const auto [full, eps] = options<kOptions, "full", "eps">(o.numbers);
    const std::size_t half = columns / 2;
    const double n = static_cast<double>(half);
    const double constant = full != 0 ? 0.5 * std::log(2.0 * std::numbers::pi) : 0.0;
    double sum = 0;
    for (std::size_t j = 0; j < half; ++j) {
      const double v = std::max(static_cast<double>(p[half + j]), eps);  // keeps a NaN
      const double d = static_cast<double>(p[j]) - target[j], w = o.weight_of(j);
      sum += w * (0.5 * (std::log(v) + d * d / v) + constant);
      if (grad == nullptr) continue;
      grad[j] = static_cast<T>(w * (d / v) / n * scale);
      grad[half + j] = static_cast<T>(w * (0.5 * (1.0 / v - d / v * (d / v))) / n * scale);
    }
    return sum / n;
  }
};
THALWEG_LOSS(GaussianNll)

}  // namespace thalweg
