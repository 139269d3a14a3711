#include "train/score.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace thalweg {

std::vector<double> probabilities(std::span<const float> scores) {
  std::vector<double> p(scores.begin(), scores.end());
  const double most = *std::max_element(p.begin(), p.end());
  double sum = 0;
  for (double& x : p) sum += x = std::exp(x - most);
  for (double& x : p) x /= sum;
  return p;
}

RegressionScore::RegressionScore(std::size_t columns, std::span<const Scaling> scaling) : columns_(columns) {
  for (std::size_t i = 0; i < scaling.size() && i < columns; ++i) {
    columns_[i].unit = std::fabs(1 / scaling[i].factor);
  }
}

void RegressionScore::add(std::span<const float> predictions, std::span<const float> targets) {
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (i % columns_.size() == 0) ++rows_;
    Column& column = columns_[i % columns_.size()];
    const double target = targets[i];
    const double error = predictions[i] - target;
    column.absolute += std::fabs(error);
    column.squared += error * error;
    const double from_mean = target - column.mean;
    column.mean += from_mean / static_cast<double>(rows_);
    column.varied += from_mean * (target - column.mean);
  }
}

double RegressionScore::r2() const {
  double sum = 0;
  std::size_t varying = 0;
  for (const Column& column : columns_) {
    if (!(column.varied > 0)) continue;
    sum += 1 - column.squared / column.varied;
    ++varying;
  }
  return varying > 0 ? sum / static_cast<double>(varying) : std::numeric_limits<double>::quiet_NaN();
}

double RegressionScore::mae() const {
  double sum = 0;
  for (const Column& column : columns_) sum += column.unit * column.absolute;
  return sum / static_cast<double>(rows_ * columns_.size());
}

}  // namespace thalweg
