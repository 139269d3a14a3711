// How well predicted classes, and the scores behind them, fit the true ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thalweg/loss.h"
#include "thalweg/metrics.h"

namespace thalweg {

class ClassScore {
 public:
  // Of at most `samples` rows of so many columns. Without classes, or where the loss's predictions say none,
  // everything stays undefined.
  ClassScore(Loss loss, std::size_t columns, std::size_t classes, std::size_t samples, Metrics wanted);

  // Rows of outputs with their labels, which the loss does not ignore, and weights; none: 1 each. A row of
  // kNoClass is of another class than all; one with a NaN is taken for no class.
  void add(std::span<const float> outputs, std::span<const std::int32_t> labels,
           std::span<const double> weights);

  // accuracy, baseline and classes of what was added, without names; `judged` is the weight of all of it.
  void fill(Evaluation& out, double judged) const;

  // That the scores of so many samples take, and their sorting.
  static std::uint64_t bytes(std::size_t samples, std::size_t classes);

 private:
  static constexpr std::size_t kNothing = SIZE_MAX;

  // The class that a row of outputs says: of the largest one, the first of equal ones, as is_right() has it.
  // The one output of data of one class is no logit: whatever it is, it says that class.
  std::size_t predicted(std::span<const float> row) const;
  void keep(std::span<const float> row, std::int32_t label, double weight);
  void rank_classes(ClassMetrics& out) const;

  Loss loss_;
  std::size_t columns_, classes_;
  bool tells_, keeps_, has_probabilities_;
  double right_ = 0;
  std::vector<double> of_class_, taken_for_, hits_;  // weight by true class, by predicted class, by both
  std::vector<double> confusion_;                    // classes x classes; empty for many

  struct Kept {
    std::vector<double> scores;  // rows x classes
    std::vector<std::int32_t> labels;
    std::vector<double> weights;
  } kept_;
  std::vector<double> row_;  // the scores of one row
  double lost_ = 0;          // sum of the weighted log losses
  double known_ = 0;         // weight of their samples
};

}  // namespace thalweg
