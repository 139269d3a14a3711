#include "train/score.h"

#include <cmath>
#include <limits>

namespace thalweg {

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
