#include "experiments/statistics.h"

#include <algorithm>
#include <cmath>

namespace thalweg::experiments {

double mean(std::span<const double> numbers) {
  double sum = 0;
  for (const double x : numbers) sum += x;
  return sum / static_cast<double>(numbers.size());
}

double deviation(std::span<const double> numbers) {
  if (numbers.size() < 2) return 0;
  const double centre = mean(numbers);
  if (!std::isfinite(centre)) return INFINITY;
  double squares = 0;
  for (const double x : numbers) squares += (x - centre) * (x - centre);
  return std::sqrt(squares / static_cast<double>(numbers.size() - 1));
}

double power(std::span<const double> x, std::span<const double> y) {
  std::vector<double> u, v;
  for (const double one : x) u.push_back(std::log(one));
  for (const double one : y) v.push_back(std::log(one));
  const double mean_u = mean(u), mean_v = mean(v);
  double above = 0, below = 0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    above += (u[i] - mean_u) * (v[i] - mean_v);
    below += (u[i] - mean_u) * (u[i] - mean_u);
  }
  return above / below;
}

double rises(std::span<const double> numbers) {
  if (numbers.size() < 2) return 0;
  std::size_t count = 0;
  for (std::size_t i = 1; i < numbers.size(); ++i) count += numbers[i] > numbers[i - 1];
  return static_cast<double>(count) / static_cast<double>(numbers.size() - 1);
}

std::vector<double> middles(const std::vector<std::vector<double>>& rows) {
  std::vector<double> out;
  for (std::size_t i = 0; i < rows.front().size(); ++i) {
    std::vector<double> column;
    for (const std::vector<double>& row : rows) column.push_back(row[i]);
    out.push_back(median(std::move(column)));
  }
  return out;
}

}  // namespace thalweg::experiments
