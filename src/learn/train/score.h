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

// Rows whose class is predicted right, as correct() has it; but the one output of data of one class is no
// logit: whatever it is, it says that class.
std::size_t count_right(std::span<const float> scores, std::size_t columns,
                        std::span<const std::int32_t> labels, std::size_t classes);

class RegressionScore {
 public:
  // `scaling`: how the columns were scaled; empty: they are as in the source.
  RegressionScore(std::size_t columns, std::span<const Scaling> scaling);

  // Rows of predictions and of what they should be, in float or double.
  template <class P, class T>
  void add(const P& predictions, const T& targets) {
    for (std::size_t i = 0; i < targets.size(); ++i) add(i % columns_.size(), predictions[i], targets[i]);
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
  void add(std::size_t column, double prediction, double target);

  std::vector<Column> columns_;
  std::uint64_t rows_ = 0;
};

}  // namespace thalweg
