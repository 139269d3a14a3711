// Numbers that several rules need when they prepare a step.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "base/spec.h"

namespace thalweg {

inline constexpr Range kShare{.min = 0.0, .max = 1.0};  // [0, 1]

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A bound that is not given is none.
inline double or_infinity(double bound) { return std::isnan(bound) ? kInfinity : bound; }

// 1 - beta^t without cancellation for beta near 1, and without overflow of t.
double one_minus_power(double beta, std::uint64_t t);

}  // namespace thalweg
