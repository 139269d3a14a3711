// What the outputs of a model say: probabilities of classes, and how well predicted numbers fit the true
// ones.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thalweg/dataset.h"
#include "thalweg/loss.h"

namespace thalweg {

// The probabilities that scores stand for: softmax.
std::vector<double> probabilities(std::span<const float> scores);

// Scores of both classes that a single output tells apart: softmax of them is what it says of each.
std::array<float, 2> both_scores(const Loss& loss, float output);

// Whether predictions are those of values, not of classes, distances or logarithms.
bool tells_values(const Loss& loss);

// The weight of the rows whose class is predicted right, as is_right() has it; without weights their number.
// The one output of data of one class is no logit: whatever it is, it says that class. NaN of a loss whose
// predictions do not say a class.
double weigh_right(const Loss& loss, std::span<const float> scores, std::size_t columns,
                   std::span<const std::int32_t> labels, std::span<const double> weights,
                   std::size_t classes);

class RegressionScore {
 public:
  // `scaling`: how the columns were scaled; empty: they are as in the source.
  RegressionScore(std::size_t columns, std::span<const Scaling> scaling);

  // Rows of predictions and of what they should be, in float or double, with their weights; none: 1 each. Of
  // more predictions a row, `outputs`, the first columns count.
  template <class P, class T>
  void add(const P& predictions, const T& targets, std::span<const double> weights = {},
           std::size_t outputs = 0) {
    const std::size_t n = columns_.size(), stride = std::max(n, outputs);
    for (std::size_t row = 0; row * n < targets.size(); ++row) {
      const double weight = weights.empty() ? 1.0 : weights[row];
      if (weight == 0) continue;
      weight_ += weight;
      ++rows_;
      for (std::size_t i = 0; i < n; ++i) add(i, predictions[row * stride + i], targets[row * n + i], weight);
    }
  }

  double r2() const;  // see Evaluation
  double mae() const;

 private:
  struct Column {
    double unit = 1;      // of the source in one of the targets
    double absolute = 0;  // sum of |error|
    double squared = 0;   // sum of error^2
    double origin = 0;    // the first target, which the others are measured from
    double mean = 0;      // of the targets so far, from there
    double varied = 0;    // sum of (target - mean)^2, by Welford's recurrence (Technometrics 4, 1962)
  };
  void add(std::size_t column, double prediction, double target, double weight);

  std::vector<Column> columns_;
  std::uint64_t rows_ = 0;  // so far, without those of weight 0
  double weight_ = 0;       // of them
};

}  // namespace thalweg
