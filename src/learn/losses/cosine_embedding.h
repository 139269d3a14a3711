// cosine_embedding: two vectors, of one direction or not.
#pragma once

#include <cmath>

#include "losses/loss.h"

namespace thalweg {

struct CosineEmbedding : LossTraits {
  static constexpr Option kOptions[] = {
      number_option("margin", "0", kAnyNumber, "cosine up to which what is apart has no loss"), kWeight};
  static constexpr Spec kSpec{
      .name = "cosine_embedding",
      .doc = "angle of two vectors, the halves of the columns: small where the target is 1, large where -1",
      .source = "Bromley et al. 1993, NeurIPS 6: Signature verification using a siamese network",
      .options = kOptions,
      .formula = R"(
loss   = 1 - c where t = 1, max(0, c - margin) where t = -1
c      = sum_j a_j b_j / sqrt((sum_j a_j^2 + e) (sum_j b_j^2 + e)), e = 1e-12
grad   = +-(b_j / r - c a_j / (sum_i a_i^2 + e)) of a_j, and likewise of b_j; r that root
a, b the two halves of the columns of a row; t its one target, -1 or 1; of labels 0 counts
as -1
The loss of a batch is the mean over its rows. torch's cosine_embedding_loss.)"};
  static constexpr Wants kWants = Wants::signs;
  static constexpr Layout kLayout = Layout::pair;
  static Outputs outputs(const LossOptions&) { return Outputs::nothing; }

  template <class T>
  static double row(const LossOptions& o, const T* p, std::size_t columns, const RowTarget& target,
                    double scale, T* grad) {
    const auto [margin] = options<kOptions, "margin">(o.numbers);
    const std::size_t half = columns / 2;
    constexpr double kEps = static_cast<double>(1e-12f);  // torch's, a float
    double product = 0, a2 = kEps, b2 = kEps;
    for (std::size_t j = 0; j < half; ++j) {
      const double a = static_cast<double>(p[j]), b = static_cast<double>(p[half + j]);
      product += a * b;
      a2 += a * a;
      b2 += b * b;
    }
    const double root = std::sqrt(a2) * std::sqrt(b2), c = product / root;
    const bool alike = target[0] > 0;
    const double w = o.weight_of(0), slope = w * (alike ? -1.0 : c < margin ? 0.0 : 1.0) * scale;
    for (std::size_t j = 0; grad != nullptr && j < half; ++j) {
      const double a = static_cast<double>(p[j]), b = static_cast<double>(p[half + j]);
      grad[j] = static_cast<T>(slope * (b / root - c * a / a2));
      grad[half + j] = static_cast<T>(slope * (a / root - c * b / b2));
    }
    return w * (alike ? 1.0 - c : positive_part(c - margin));
  }
};
THALWEG_LOSS(CosineEmbedding)

}  // namespace thalweg
