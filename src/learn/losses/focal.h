// focal: binary cross-entropy that counts less where the prediction is right. u is 1 minus the probability of
// the target, so that its power stays exact near 0; the derivative uses u'/u, which is finite there.
#pragma once

#include <cmath>

#include "losses/loss.h"

namespace thalweg {

struct Focal : MeanOverColumns<Focal> {
  static constexpr Option kOptions[] = {
      number_option("gamma", "2", kNotNegative, "how much less what is right counts; 0: bce"),
      in_unit("fraction", number_option("alpha", "0.25", {.min = -1, .max = 1},
                                        "weight of 1, and 1 - alpha of 0; below 0: none")),
      kWeight};
  static constexpr Spec kSpec{
      .name = "focal",
      .doc = "binary cross-entropy from logits, less of it where the prediction is right; columns as bce",
      .source = "Lin et al. 2017, arXiv:1708.02002",
      .options = kOptions,
      .formula = R"(
loss   = 1/n sum_j a u^gamma (ln(1 + e^p_j) - p_j t_j)
grad_j = 1/n a u^gamma (gamma u'/u (ln(1 + e^p_j) - p_j t_j) + sigmoid(p_j) - t_j)
u      = s (1 - t_j) + (1 - s) t_j,  u' = s (1 - s) (1 - 2 t_j),  s = sigmoid(p_j)
a      = alpha t_j + (1 - alpha) (1 - t_j), 1 where alpha < 0
p logits, t targets in [0, 1] of a row, j = 1 .. n its columns
The loss of a batch is the mean over its rows. torchvision's sigmoid_focal_loss.)"};
  static constexpr Wants kWants = Wants::shares;
  static Outputs outputs(const LossOptions&) { return Outputs::logistic; }

  static OfColumn column(const LossOptions& o, double p, double t, std::size_t) {
    const auto [gamma, alpha] = options<kOptions, "gamma", "alpha">(o.numbers);
    const double e = std::exp(-std::fabs(p));
    const double yes = (p > 0 ? 1.0 : e) / (1.0 + e), no = (p > 0 ? e : 1.0) / (1.0 + e);
    const double bce = (1.0 - t) * softplus(p) + t * softplus(-p);
    const double u = yes * (1.0 - t) + no * t;
    const double growth = t == 0 ? no : t == 1 ? -yes : yes * no * (1.0 - 2.0 * t) / u;
    const double factor = (alpha < 0 ? 1.0 : alpha * t + (1.0 - alpha) * (1.0 - t)) * std::pow(u, gamma);
    return {factor * bce, factor * (gamma * growth * bce + (1.0 - t) * yes - t * no)};
  }
};
THALWEG_LOSS(Focal)

}  // namespace thalweg
