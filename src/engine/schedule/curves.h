// What the values of several schedules are made of.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <span>

#include "base/spec.h"
#include "schedule/schedules.h"

namespace thalweg::schedules {

// (1 + cos(pi x)) / 2: from 1 at x = 0 to 0 at x = 1.
inline double half_cosine(double x) { return (1.0 + std::cos(std::numbers::pi * x)) / 2.0; }

// `share` of the way from `floor` to `peak`: exact at both ends and never outside them.
inline double between(double floor, double peak, double share) {
  if (share >= 1.0) return peak;
  if (share <= 0.0) return floor;
  return std::clamp(floor + (peak - floor) * share, std::min(floor, peak), std::max(floor, peak));
}

inline constexpr double kHold = 0, kStretch = 2;  // choices of `past`; bounce is the other one

// The share of a decay of n updates that is done after j of them, 0 to 1.
inline double share_done(double j, double n, double past) {
  if (past == kHold || j <= n) return std::fmin(j / n, 1.0);
  if (past == kStretch) return std::fmin(j / (n * std::ceil(j / n)), 1.0);
  const double x = std::fmod(j, 2.0 * n);
  return std::fmin(x, 2.0 * n - x) / n;
}

// value * gamma^power: 0 stays 0 also where the power overflows, and what double holds is found where the
// power leaves it.
inline double scaled(double value, double gamma, double power) {
  if (value == 0.0) return value;
  const double factor = std::pow(gamma, power);
  const bool wide = !std::isnormal(factor) && std::isfinite(power);
  return wide ? wide_scaled(value, gamma, power).number() : value * factor;
}

// The peak j updates later, when `timescale` of them halve its square.
inline double fallen(double peak, double timescale, double j) {
  return peak / std::sqrt(1.0 + j / timescale);
}

// Bounds of what goes from the peak towards `gamma` to infinity.
inline Bounds without_end(double peak, double gamma) {
  if (gamma == 1.0 || peak == 0.0) return {peak, peak};
  return gamma < 1.0 ? Bounds{0.0, peak} : Bounds{peak, INFINITY};
}

// How many of the positions are at or before j.
inline std::size_t passed(std::span<const double> positions, double j) {
  return static_cast<std::size_t>(std::upper_bound(positions.begin(), positions.end(), j) -
                                  positions.begin());
}

// A complaint unless the positions are in order; equal ones are.
inline std::optional<Message> check_order(std::span<const double> positions) {
  for (std::size_t i = 1; i < positions.size(); ++i) {
    if (!(positions[i] < positions[i - 1])) continue;
    return Message{"", "the positions in `at` are not in order",
                   print_number(positions[i]) + " after " + print_number(positions[i - 1]),
                   "each at or after the one before it", ""};
  }
  return std::nullopt;
}

}  // namespace thalweg::schedules
