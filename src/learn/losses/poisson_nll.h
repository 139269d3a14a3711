// poisson_nll: counts.
#pragma once

#include <cmath>
#include <numbers>

#include "losses/loss.h"

namespace thalweg {

struct PoissonNll : MeanOverColumns<PoissonNll> {
  static constexpr Option kOptions[] = {
      flag_option("log_input", "true",
                  "predictions are logarithms of the expected counts; false: the counts"),
      flag_option("full", "false",
                  "adds Stirling's approximation of ln t! where t > 1, which has no gradient"),
      number_option("eps", "1e-8", kNotNegative, "added to predicted counts before their logarithm is taken"),
      kWeight};
  static constexpr Spec kSpec{.name = "poisson_nll",
                              .doc = "negative log-likelihood of counts; targets are not scaled",
                              .source = "Nelder and Wedderburn 1972, doi:10.2307/2344614",
                              .options = kOptions,
                              .formula = R"(
loss   = 1/n sum_j e^p_j - t_j p_j + s_j
grad_j = 1/n (e^p_j - t_j)
With log_input=false:
loss   = 1/n sum_j p_j - t_j ln(p_j + eps) + s_j
grad_j = 1/n (1 - t_j / (p_j + eps))
s_j    = t_j ln t_j - t_j + ln(2 pi t_j) / 2 where t_j > 1 with full=true, else 0
p predictions, t counts of at least 0 of a row, j = 1 .. n its columns
The loss of a batch is the mean over its rows. torch's poisson_nll_loss.)"};
  static constexpr Wants kWants = Wants::amounts;
  static Outputs outputs(const LossOptions& o) {
    return option<kOptions, "log_input">(o.numbers) != 0 ? Outputs::nothing : Outputs::values;
  }

  static OfColumn column(const LossOptions& o, double p, double t, std::size_t) {
    const auto [log_input, full, eps] = options<kOptions, "log_input", "full", "eps">(o.numbers);
    const double stirling =
        full != 0 && t > 1 ? t * std::log(t) - t + 0.5 * std::log(2.0 * std::numbers::pi * t) : 0.0;
    if (log_input == 0) return {p - t * std::log(p + eps) + stirling, 1.0 - t / (p + eps)};
    const double expected = std::exp(p);
    return {expected - t * p + stirling, expected - t};
  }
};
THALWEG_LOSS(PoissonNll)

}  // namespace thalweg
