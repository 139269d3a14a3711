#include "train/score.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/core.h>

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

std::array<float, 2> both_scores(const Loss& loss, float output) {
  if (loss.outputs() == Loss::Outputs::probabilities) return {std::log1p(-output), std::log(output)};
  return {0, output};
}

bool tells_values(const Loss& loss) {
  return loss.outputs() != Loss::Outputs::nothing && loss.outputs() != Loss::Outputs::softmax;
}

double weigh_right(const Loss& loss, std::span<const float> scores, std::size_t columns,
                   std::span<const std::int32_t> labels, std::span<const double> weights,
                   std::size_t classes) {
  if (loss.outputs() == Loss::Outputs::nothing || loss.outputs() == Loss::Outputs::values)
    return Evaluation::kNone;
  const bool always = columns == 1 && classes == 1;
  const float threshold = loss.outputs() == Loss::Outputs::probabilities ? 0.5f : 0.0f;
  double right = 0;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const bool is =
        always ? labels[row] == 0 : is_right(scores.subspan(row * columns, columns), labels[row], threshold);
    if (is) right += weights.empty() ? 1.0 : weights[row];
  }
  return right;
}

RegressionScore::RegressionScore(std::size_t columns, std::span<const Scaling> scaling) : columns_(columns) {
  for (std::size_t i = 0; i < scaling.size() && i < columns; ++i) {
    columns_[i].unit = std::fabs(1 / scaling[i].factor);
  }
}

void RegressionScore::add(std::size_t i, double prediction, double target, double weight) {
  Column& column = columns_[i];
  const double error = prediction - target;
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

double RegressionScore::mae() const {
  double sum = 0;  // of means, which are in the range of double where a sum of many is not
  for (const Column& column : columns_) sum += column.unit * (column.absolute / weight_);
  return sum / static_cast<double>(columns_.size());
}

std::string Evaluation::text() const {
  const std::string size =
      loss == loss ? fmt::format("loss {:.4g} over {} samples", loss, samples)
                   : fmt::format("loss undefined, as all {} samples {}", samples,
                                 unknown == samples ? "are of other classes than the training data"
                                                    : "are ignored or of weight 0");
  if (accuracy == accuracy) return fmt::format("{:.2f} % right, {}", 100 * accuracy, size);
  if (mae != mae) return size;  // of classes that the loss does not tell
  if (const auto why = r2_undefined(); !why.empty())
    return fmt::format("R2 undefined: {}; mean absolute error {:.4g}, {}", why, mae, size);
  return fmt::format("R2 {:.4f}, mean absolute error {:.4g}, {}", r2, mae, size);
}

}  // namespace thalweg
