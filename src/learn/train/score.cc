#include "train/score.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/core.h>

#include "thalweg/loss.h"
#include "thalweg/trainer.h"

namespace thalweg {

std::vector<double> probabilities(std::span<const float> scores) {
  std::vector<double> p(scores.begin(), scores.end());
  const double most = *std::max_element(p.begin(), p.end());
  double sum = 0;
  for (double& x : p) sum += x = std::exp(x - most);
  for (double& x : p) x /= sum;
  return p;
}

std::size_t count_right(std::span<const float> scores, std::size_t columns,
                        std::span<const std::int32_t> labels, std::size_t classes) {
  if (columns != 1 || classes != 1) return correct(scores, columns, labels);
  return static_cast<std::size_t>(std::ranges::count(labels, 0));
}

RegressionScore::RegressionScore(std::size_t columns, std::span<const Scaling> scaling) : columns_(columns) {
  for (std::size_t i = 0; i < scaling.size() && i < columns; ++i) {
    columns_[i].unit = std::fabs(1 / scaling[i].factor);
  }
}

void RegressionScore::add(std::size_t i, double prediction, double target) {
  if (i == 0) ++rows_;
  Column& column = columns_[i];
  const double error = prediction - target;
  column.absolute += std::fabs(error);
  column.squared += error * error;
  if (rows_ == 1)
    column.origin = target;  // as near to the mean as can be had: what is far off loses its digits
  const double from_origin = target - column.origin, from_mean = from_origin - column.mean;
  column.mean += from_mean / static_cast<double>(rows_);
  column.varied += from_mean * (from_origin - column.mean);
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
  double sum = 0;  // of means, which are in the range of double where a sum of many is not
  for (const Column& column : columns_) sum += column.unit * (column.absolute / static_cast<double>(rows_));
  return sum / static_cast<double>(columns_.size());
}

std::string Evaluation::text() const {
  const std::string size =
      loss == loss
          ? fmt::format("loss {:.4g} over {} samples", loss, samples)
          : fmt::format("loss undefined, as all {} samples are of other classes than the training data",
                        samples);
  if (accuracy == accuracy) return fmt::format("{:.2f} % right, {}", 100 * accuracy, size);
  if (const auto why = r2_undefined(); !why.empty())
    return fmt::format("R2 undefined: {}; mean absolute error {:.4g}, {}", why, mae, size);
  return fmt::format("R2 {:.4f}, mean absolute error {:.4g}, {}", r2, mae, size);
}

}  // namespace thalweg
