#include <algorithm>
#include <cmath>

#include "thalweg/lab/analyze.h"

namespace thalweg {

Median median_of(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const std::size_t n = samples.size();
  Median out{(samples[(n - 1) / 2] + samples[n / 2]) / 2, samples.front(), samples.back()};
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
