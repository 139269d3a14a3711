#include "device/reduce.h"

namespace thalweg {

double tree_sum(std::span<const double> parts) {
  return tree_sum(0, parts.size(), [&](std::size_t i) { return parts[i]; });
}

}  // namespace thalweg
