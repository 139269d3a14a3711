// bce: binary cross-entropy of every column. The exponential is at most 1, so nothing overflows. sigmoid(p) -
// t is taken as (1 - t) sigmoid(p) - t sigmoid(-p), which keeps all digits where the prediction is right.
#pragma once

#include <cmath>

#include "losses/loss.h"

namespace thalweg {

struct Bce : MeanOverColumns<Bce> {
  static constexpr Spec kSpec{
      .name = "bce",
      .doc = "binary cross-entropy from logits: one column for labels 0 and 1, or several in [0, 1]",
      .source = "Cox 1958, doi:10.1111/j.2517-6161.1958.tb00292.x",
      .formula = R"(
loss   = 1/n sum_j max(p_j, 0) - p_j t_j + ln(1 + e^-|p_j|)
grad_j = 1/n (sigmoid(p_j) - t_j)
p logits, t targets in [0, 1] of a row, j = 1 .. n its columns
sigmoid(p) = 1 / (1 + e^-p)
The loss of a batch is the mean over its rows.)"};
  static constexpr Wants kWants = Wants::shares;

  static OfColumn column(std::span<const double>, double p, double t) {
    const double e = std::exp(-std::fabs(p));
    const double yes = (p > 0 ? 1.0 : e) / (1.0 + e), no = (p > 0 ? e : 1.0) / (1.0 + e);
    return {(p > 0 ? p : 0.0) - p * t + std::log1p(e), (1.0 - t) * yes - t * no};
  }
};
THALWEG_LOSS(Bce)

}  // namespace thalweg
