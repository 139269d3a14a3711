// Normal numbers from counters (Box and Muller 1958).
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "base/random.h"

namespace thalweg {

// The element-th of a stream.
inline double normal(const Random& random, std::uint64_t element) {
  const double radius = std::sqrt(-2 * std::log1p(-random.uniform(2 * element)));
  return radius * std::cos(2 * std::numbers::pi * random.uniform(2 * element + 1));
}

}  // namespace thalweg
