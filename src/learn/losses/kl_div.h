// kl_div: how far predicted log-probabilities are from a distribution.
#pragma once

#include <cmath>

#include "losses/loss.h"

namespace thalweg {

struct KlDiv : SumOverColumns<KlDiv> {
  static constexpr Option kOptions[] = {
      flag_option("log_target", "false", "targets are log-probabilities too"), kWeight};
  static constexpr Spec kSpec{
      .name = "kl_div",
      .doc = "Kullback-Leibler divergence of target probabilities from predicted log-probabilities",
      .source = "Kullback and Leibler 1951, doi:10.1214/aoms/1177729694",
      .options = kOptions,
      .formula = R"(
loss   = sum_j t_j (ln t_j - p_j), 0 where t_j = 0
grad_j = -t_j
With log_target=true:
loss   = sum_j e^t_j (t_j - p_j)
grad_j = -e^t_j
p log-probabilities, such as log_softmax gives, t targets of a row, j its columns
The loss of a batch is the mean over its rows: torch's kl_div with reduction batchmean.)"};
  static constexpr Wants kWants = Wants::amounts;
  static Outputs outputs(const LossOptions&) { return Outputs::softmax; }
  static bool takes_any(const LossOptions& o) { return option<kOptions, "log_target">(o.numbers) != 0; }

  static OfColumn column(const LossOptions& o, double p, double t, std::size_t) {
    const bool is_log = takes_any(o);
    const double share = is_log ? std::exp(t) : t;
    if (share == 0) return {p == p ? 0.0 : p, p == p ? 0.0 : p};
    return {share * ((is_log ? t : std::log(t)) - p), p == p ? -share : p};
  }
};
THALWEG_LOSS(KlDiv)

}  // namespace thalweg
