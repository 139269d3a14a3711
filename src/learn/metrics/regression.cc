#include "metrics/regression.h"

#include <cmath>
#include <limits>

namespace thalweg {

RegressionScore::RegressionScore(std::size_t columns, std::span<const Scaling> scaling,
                                 std::span<const Interval> range)
    : columns_(columns) {
  for (std::size_t i = 0; i < scaling.size() && i < columns; ++i)
    columns_[i].unit = std::fabs(1 / scaling[i].factor);
  for (std::size_t i = 0; i < range.size() && i < columns; ++i) columns_[i].kept = range[i];
}

void RegressionScore::add(std::size_t i, double prediction, double target, double weight) {
  Column& column = columns_[i];
  const double error = column.kept.nearest(prediction) - target;
  column.absolute += weight * std::fabs(error);
  column.squared += weight * (error * error);
  if (rows_ == 1)
    column.origin = target;  // as near to the mean as can be had: what is far off loses its digits
  const double from_origin = target - column.origin, from_mean = from_origin - column.mean;
  column.mean += weight * from_mean / weight_;
  column.varied += weight * (from_mean * (from_origin - column.mean));
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

template <class Read>
double RegressionScore::mean_of(const Read& read) const {
  double sum = 0;  // of means, which are in the range of double where a sum of many is not
  for (const Column& column : columns_) sum += column.unit * read(column);
  return sum / static_cast<double>(columns_.size());
}

double RegressionScore::mae() const {
  return mean_of([&](const Column& column) { return column.absolute / weight_; });
}

double RegressionScore::rmse() const {
  return mean_of([&](const Column& column) { return std::sqrt(column.squared / weight_); });
}

double RegressionScore::baseline() const {
  return mean_of([&](const Column& column) { return std::sqrt(column.varied / weight_); });
}

void RegressionScore::fill(Evaluation& out) const {
  out.r2 = r2();
  out.mae = mae();
  out.rmse = rmse();
  out.baseline = baseline();
}

}  // namespace thalweg
