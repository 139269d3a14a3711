#include "choice/outliers.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

namespace thalweg {
namespace {

constexpr double kFar = 5;
constexpr double kNormal = 1.4826;  // standard deviation of a normal distribution in its median distances
constexpr double kDecides = 0.5;

// The upper one of two.
double median(std::vector<double> numbers) {
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::ranges::nth_element(numbers, middle);
  return *middle;
}

Outliers find(std::vector<double> numbers, std::size_t column) {
  Outliers out{.column = column, .of = numbers.size()};
  const double center = median(numbers);
  for (double& x : numbers) x = std::fabs(x - center);
  const double far = kFar * kNormal * median(numbers);
  if (far == 0) return out;
  double all = 0, beyond = 0;
  for (const double off : numbers) {
    all += off * off;
    if (off <= far) continue;
    beyond += off * off;
    ++out.values;
  }
  out.share = beyond / all;
  return out;
}

}  // namespace

std::string Outliers::text(const Dataset& data) const {
  const std::string name = column < data.target_names.size() ? data.target_names[column] : "target";
  return fmt::format(
      "{}: {} of {} targets lie more than {} robust deviations from the median and hold {:.0f} % of the "
      "squares",
      name, values, of, kFar, 100 * share);
}

std::optional<Outliers> outliers_of(const Dataset& data) {
  std::optional<Outliers> worst;
  for (std::size_t i = 0; i < data.columns && !data.train.values.empty(); ++i) {
    std::vector<double> numbers;
    for (std::size_t at = i; at < data.train.values.size(); at += data.columns)
      numbers.push_back(data.train.values[at]);
    const Outliers found = find(std::move(numbers), i);
    if (found.share > (worst ? worst->share : kDecides)) worst = found;
  }
  return worst;
}

}  // namespace thalweg
