// cross_entropy: minus the logarithm of the probability that the softmax of a row gives its label. Taking the
// maximum out keeps every exponential in [0, 1] and one of them at 1, so that nothing overflows and the sum
// is never 0. Differences are exact enough in the predictions' type; the sum and what follows are double.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/exponential.h"
#include "losses/loss.h"

namespace thalweg {

struct CrossEntropy : LossTraits {
  static constexpr Option kOptions[] = {
      in_unit("fraction",
              number_option("smoothing", "", {.min = 0, .max = 1},
                            "share of each target that is spread over all classes; 0 where nothing is said")),
      kWeightInMean, kIgnore};
  static constexpr Spec kSpec{.name = "cross_entropy",
                              .doc = "negative log of the softmax probability of the label, from logits",
                              .source =
                                  "Bridle 1990, doi:10.1007/978-3-642-76153-9_28; smoothing: Szegedy et "
                                  "al. 2016, arXiv:1512.00567",
                              .options = kOptions,
                              .formula = R"(
loss   = ln(sum_j e^(p_j - max)) - (p_label - max)
grad_j = softmax(p)_j - 1 where j is the label, else softmax(p)_j
p logits of a row, max the largest; softmax(p)_j = e^(p_j - max) / sum_i e^(p_i - max)
With smoothing s, class weights w, or probabilities t of the n classes as targets:
loss   = sum_j q_j (ln(sum_i e^(p_i - max)) - (p_j - max))
grad_j = softmax(p)_j sum_i q_i - q_j,  q_j = w_j ((1 - s) t_j + s / n)
The loss of a batch is the sum over its rows divided by the sum of their w_label, as in
torch; with probabilities the mean over the rows.)"};
  static constexpr Wants kWants = Wants::classes;
  static Outputs outputs(const LossOptions&) { return Outputs::softmax; }
  static constexpr bool kMeanByWeights = true;
  static bool weighs_classes(const LossOptions& o) { return smoothing_of(o) > 0; }

  template <class T>
  [[gnu::always_inline]] static inline double row(const LossOptions& o, const T* p, std::size_t columns,
                                                  const RowTarget& target, double scale, T* grad) {
    if (!target.is_label() || smoothing_of(o) > 0) return spread(o, p, columns, target, scale, grad);
    const T max = *std::max_element(p, p + columns);
    const auto share = [=](std::size_t j) { return exp_below(-size_of(max - p[j], kVanishes<T>)); };
    double sum = 0;
    if (grad == nullptr) {
      for (std::size_t j = 0; j < columns; ++j) sum += static_cast<double>(share(j));
    } else {
      for (std::size_t j = 0; j < columns; ++j) grad[j] = share(j);
      for (std::size_t j = 0; j < columns; ++j) sum += static_cast<double>(grad[j]);
      finish(grad, columns, target.label, sum, scale);
    }
    return std::log(sum) - (static_cast<double>(p[target.label]) - static_cast<double>(max));
  }

 private:
  static double smoothing_of(const LossOptions& o) { return option<kOptions, "smoothing">(o.numbers); }

  template <class T>
  static void finish(T* grad, std::size_t columns, std::size_t label, double sum, double scale) {
    const double at_label = (static_cast<double>(grad[label]) / sum - 1.0) * scale, factor = scale / sum;
    for (std::size_t j = 0; j < columns; ++j) grad[j] = static_cast<T>(static_cast<double>(grad[j]) * factor);
    grad[label] = static_cast<T>(at_label);
  }

  // More than one class counts. Not inlined, for the sake of what is in most use.
  template <class T>
  [[gnu::noinline]] static double spread(const LossOptions& o, const T* p, std::size_t columns,
                                         const RowTarget& target, double scale, T* grad) {
    const double smoothing = smoothing_of(o);
    const double max = static_cast<double>(*std::max_element(p, p + columns));
    const auto q = [&](std::size_t j) {
      return o.weight_of(j) * ((1.0 - smoothing) * target[j] + smoothing / static_cast<double>(columns));
    };
    double sum = 0, whole = 0;
    for (std::size_t j = 0; j < columns; ++j) {
      sum += std::exp(static_cast<double>(p[j]) - max);
      whole += q(j);
    }
    const double log_sum = std::log(sum);
    double loss = 0;
    for (std::size_t j = 0; j < columns; ++j) {
      const double below = static_cast<double>(p[j]) - max;
      if (q(j) != 0) loss += q(j) * (log_sum - below);
      if (grad != nullptr) grad[j] = static_cast<T>((std::exp(below) / sum * whole - q(j)) * scale);
    }
    return sum == sum ? loss : sum;  // a NaN also where no class counts
  }
};
THALWEG_LOSS(CrossEntropy)

}  // namespace thalweg
