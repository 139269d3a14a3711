// bce: binary cross-entropy of every column. From logits the exponential is at most 1, so nothing overflows;
// sigmoid(p) - t is taken as (1 - t) sigmoid(p) - t sigmoid(-p), which keeps all digits where the prediction
// is right. From probabilities logarithms end at -100, as torch's do.
#pragma once

#include <algorithm>
#include <cmath>

#include "losses/loss.h"

namespace thalweg {

struct Bce : MeanOverColumns<Bce> {
  static constexpr Option kOptions[] = {
      flag_option("probabilities", "", "predictions are probabilities, 0 to 1, not logits"),
      typed_option(OptionType::numbers, "pos_weight", "", kNotNegative,
                   "factor of the term with t in each column, or of all columns by one number"),
      kWeight};
  static constexpr Spec kSpec{
      .name = "bce",
      .doc = "binary cross-entropy from logits: one column for labels 0 and 1, or several in [0, 1]",
      .source = "Cox 1958, doi:10.1111/j.2517-6161.1958.tb00292.x",
      .options = kOptions,
      .formula = R"(
loss   = 1/n sum_j c t_j ln(1 + e^-p_j) + (1 - t_j) ln(1 + e^p_j)
grad_j = 1/n ((1 - t_j) sigmoid(p_j) - c t_j sigmoid(-p_j))
p logits, t targets in [0, 1] of a row, j = 1 .. n its columns, c pos_weight of the column
sigmoid(p) = 1 / (1 + e^-p)
With probabilities=true p are such, and the logarithms those of p_j and 1 - p_j, at
least -100: torch's binary_cross_entropy.
The loss of a batch is the mean over its rows.)"};
  static constexpr Wants kWants = Wants::shares;
  static Outputs outputs(const LossOptions& o) {
    return option<kOptions, "probabilities">(o.numbers) != 0 ? Outputs::probabilities : Outputs::logistic;
  }

  static OfColumn column(const LossOptions& o, double p, double t, std::size_t j) {
    const std::vector<double>& factors = option<kOptions, "pos_weight">(o.lists);
    const double c = factors.empty() ? 1.0 : factors[factors.size() == 1 ? 0 : j];
    if (option<kOptions, "probabilities">(o.numbers) != 0) return of_probability(p, t, c);
    const double e = std::exp(-std::fabs(p));
    const double yes = (p > 0 ? 1.0 : e) / (1.0 + e), no = (p > 0 ? e : 1.0) / (1.0 + e);
    if (factors.empty()) return {(p > 0 ? p : 0.0) - p * t + std::log1p(e), (1.0 - t) * yes - t * no};
    const double l = std::log1p(e);
    return {(1.0 - t) * ((p > 0 ? p : 0.0) + l) + c * t * ((p > 0 ? 0.0 : -p) + l),
            (1.0 - t) * yes - c * t * no};
  }

 private:
  static OfColumn of_probability(double p, double t, double c) {
    constexpr double kLeastLog = -100;
    constexpr double kLeastVariance = static_cast<double>(1e-12f);  // torch's, a float
    const double yes = std::max(std::log(p), kLeastLog), no = std::max(std::log1p(-p), kLeastLog);
    return {(t - 1.0) * no - c * t * yes,
            ((1.0 - t) * p - c * t * (1.0 - p)) / std::max((1.0 - p) * p, kLeastVariance)};
  }
};
THALWEG_LOSS(Bce)

}  // namespace thalweg
