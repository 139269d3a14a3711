// How well a score tells a class from all others, over all thresholds.
#pragma once

#include <limits>
#include <vector>

namespace thalweg {

// One sample: its score, and its weight as one of the class or of the others.
struct Scored {
  double score = 0;
  double positive = 0;
  double negative = 0;
};

// See ClassMetrics.
struct Ranking {
  double auc = std::numeric_limits<double>::quiet_NaN();
  double average_precision = std::numeric_limits<double>::quiet_NaN();
};

// Sorts the samples, the highest score first; samples of equal score pass a threshold together. All is
// undefined where a score is NaN.
Ranking rank(std::vector<Scored>& samples);

}  // namespace thalweg
