// How well predicted numbers fit the true ones.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thalweg/dataset.h"
#include "thalweg/metrics.h"

namespace thalweg {

class RegressionScore {
 public:
  // `scaling`: how the columns were scaled; empty: they are as in the source. `range`: what predictions are
  // kept within; empty: they are free.
  RegressionScore(std::size_t columns, std::span<const Scaling> scaling,
                  std::span<const Interval> range = {});

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
  double rmse() const;
  double baseline() const;

  // r2, mae, rmse and baseline of what was added.
  void fill(Evaluation& out) const;

 private:
  struct Column {
    double unit = 1;                        // of the source in one of the targets
    Interval kept = {-INFINITY, INFINITY};  // predictions
    double absolute = 0;                    // sum of |error|
    double squared = 0;                     // sum of error^2
    double origin = 0;                      // the first target, which the others are measured from
    double mean = 0;                        // of the targets so far, from there
    double varied = 0;  // sum of (target - mean)^2, by Welford's recurrence (Technometrics 4, 1962)
  };
  void add(std::size_t column, double prediction, double target, double weight);
  // The mean over the columns of what `read` gives, which is in units of the targets.
  template <class Read>
  double mean_of(const Read& read) const;

  std::vector<Column> columns_;
  std::uint64_t rows_ = 0;  // so far, without those of weight 0
  double weight_ = 0;       // of them
};

}  // namespace thalweg
