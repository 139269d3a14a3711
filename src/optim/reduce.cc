#include "optim/reduce.h"

namespace thalweg {

double tree_sum(std::span<const double> parts) {
  if (parts.empty()) return 0.0;
  if (parts.size() == 1) return parts[0];
  const std::size_t half = (parts.size() + 1) / 2;
  return tree_sum(parts.first(half)) + tree_sum(parts.subspan(half));
}

}  // namespace thalweg
