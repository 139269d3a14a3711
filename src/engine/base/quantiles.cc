#include "thalweg/quantiles.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace thalweg {
namespace {

double middle(const std::vector<double>& sorted) {
  const double a = sorted[(sorted.size() - 1) / 2], b = sorted[sorted.size() / 2];
  return (a + b) / 2;
}

double quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto place = static_cast<std::size_t>(at);
  const double low = sorted[place], high = sorted[std::min(place + 1, sorted.size() - 1)];
  const double between = at - static_cast<double>(place);
  return between == 0 || low == high ? low : low + between * (high - low);  // no inf - inf
}

}  // namespace

double median(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return middle(numbers);
}

Median quartiles(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return {quantile(numbers, 0.5), quantile(numbers, 0.25), quantile(numbers, 0.75)};
}

Median median_of(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const std::size_t n = samples.size();
  Median out{middle(samples), samples.front(), samples.back()};
  // The median lies below the k-th smallest sample with the chance that fewer than k of n coins show heads.
  double chance = std::pow(0.5, static_cast<double>(n));
  double below = chance;
  for (std::size_t k = 0; k < n / 2 && below <= 0.025; ++k) {
    out.low = samples[k];
    out.high = samples[n - 1 - k];
    chance *= static_cast<double>(n - k) / static_cast<double>(k + 1);
    below += chance;
  }
  return out;
}

}  // namespace thalweg
