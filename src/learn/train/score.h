// What the outputs of a model say: probabilities of classes, and how well predicted numbers fit the true
// ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thalweg/dataset.h"

namespace thalweg {

// The probabilities that scores stand for: softmax.
std::vector<double> probabilities(std::span<const float> scores);

class RegressionScore {
 public:
  // `scaling`: how the columns were scaled; empty: they are as in the source.
  RegressionScore(std::size_t columns, std::span<const Scaling> scaling);

  // Rows of predictions and of what they should be.
  void add(std::span<const float> predictions, std::span<const float> targets);

  double r2() const;  // see Evaluation
  double mae() const;

 private:
  struct Column {
    double unit = 1;      // of the source in one of the targets
    double absolute = 0;  // sum of |error|
    double squared = 0;   // sum of error^2
    double mean = 0;      // of the targets so far
    double varied = 0;    // sum of (target - mean)^2, by Welford's recurrence (Technometrics 4, 1962)
  };
  std::vector<Column> columns_;
  std::uint64_t rows_ = 0;
};

}  // namespace thalweg
