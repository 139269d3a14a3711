// quantile: the check function, whose minimum is a quantile of the targets.
#pragma once

#include "losses/loss.h"

namespace thalweg {

struct Quantile : MeanOverColumns<Quantile> {
  static constexpr Option kOptions[] = {
      in_unit("fraction", number_option("q", "0.5", {.min = 0, .max = 1, .open_min = true, .open_max = true},
                                        "share of the targets that are to be below the prediction")),
      kWeight};
  static constexpr Spec kSpec{.name = "quantile",
                              .doc = "the q-th quantile of the targets is predicted (pinball loss)",
                              .source = "Koenker and Bassett 1978, doi:10.2307/1913643",
                              .options = kOptions,
                              .formula = R"(
loss   = 1/n sum_j max(q d_j, (q - 1) d_j), d_j = t_j - p_j
grad_j = 1/n (1 - q) where p_j is above t_j, -q / n where it is below, 0 where equal
p predictions, t targets of a row, j = 1 .. n its columns
The loss of a batch is the mean over its rows. q=0.5: half of mae.)"};
  static constexpr Wants kWants = Wants::values;

  static OfColumn column(const LossOptions& o, double p, double t, std::size_t) {
    const auto [q] = options<kOptions, "q">(o.numbers);
    const double d = p - t, factor = d > 0 ? 1.0 - q : q;
    return {factor * std::fabs(d), factor * sign_of(d)};
  }
};
THALWEG_LOSS(Quantile)

}  // namespace thalweg
