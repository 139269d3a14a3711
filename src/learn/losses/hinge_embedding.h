// hinge_embedding: distances, small for what belongs together and beyond a margin for what does not.
#pragma once

#include "losses/loss.h"

namespace thalweg {

struct HingeEmbedding : MeanOverColumns<HingeEmbedding> {
  static constexpr Option kOptions[] = {
      number_option("margin", "1", kAnyNumber, "distance from which on what is apart has no loss"), kWeight};
  static constexpr Spec kSpec{
      .name = "hinge_embedding",
      .doc = "distances, small where the target is 1 and beyond the margin where it is -1",
      .source = "Hadsell, Chopra and LeCun 2006, doi:10.1109/CVPR.2006.100",
      .options = kOptions,
      .formula = R"(
loss   = 1/n sum_j h_j
h_j    = p_j where t_j = 1, max(0, margin - p_j) where t_j = -1
grad_j = 1/n where t_j = 1; where t_j = -1 -1/n up to the margin, else 0
p distances, t targets -1 or 1 of a row, j = 1 .. n its columns; the labels 0 and 1 of a
single column count as -1 and 1
The loss of a batch is the mean over its rows. torch's hinge_embedding_loss.)"};
  static constexpr Wants kWants = Wants::signs;
  static Outputs outputs(const LossOptions&) { return Outputs::nothing; }

  static OfColumn column(const LossOptions& o, double p, double t, std::size_t) {
    const auto [margin] = options<kOptions, "margin">(o.numbers);
    if (t > 0) return {p, p == p ? 1.0 : p};
    return {positive_part(margin - p), p > margin ? 0.0 : p == p ? -1.0 : p};
  }
};
THALWEG_LOSS(HingeEmbedding)

}  // namespace thalweg
