// What predictions get right.
#include <algorithm>

#include "thalweg/loss.h"

namespace thalweg {

bool is_right(std::span<const float> p, std::int32_t wanted, float threshold) {
  if (p.size() == 1) return wanted == 1 ? p[0] > threshold : wanted == 0 && p[0] <= threshold;
  const auto label = static_cast<std::size_t>(wanted);
  if (wanted < 0 || label >= p.size()) return false;
  // Written so that a row with a NaN is never right.
  const auto split = p.begin() + wanted;
  return std::all_of(p.begin(), split, [&](float other) { return other < p[label]; }) &&
         std::all_of(split, p.end(), [&](float other) { return other <= p[label]; });
}

std::size_t correct(std::span<const float> predictions, std::size_t columns,
                    std::span<const std::int32_t> labels) {
  std::size_t count = 0;
  for (std::size_t row = 0; row < labels.size(); ++row)
    count += is_right(predictions.subspan(row * columns, columns), labels[row]);
  return count;
}

}  // namespace thalweg
