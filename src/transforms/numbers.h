// Numbers that several rules need when they prepare a step.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "base/spec.h"

namespace thalweg {

inline constexpr Range kShare{.min = 0.0, .max = 1.0};  // [0, 1]

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

// 1 - beta^t without cancellation for beta near 1, and without overflow of t.
double one_minus_power(double beta, std::uint64_t t);

}  // namespace thalweg
