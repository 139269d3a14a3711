// What every drawing of numbers has: their limits, words beside them, names of axes.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "draw/axis.h"

namespace thalweg::page {

struct Limits {
  double lo = INFINITY;
  double hi = -INFINITY;

  void add(double number) {
    lo = std::min(lo, number);
    hi = std::max(hi, number);
  }
};

inline bool drawable(double number) { return std::isfinite(number) && std::abs(number) <= kLargest; }

// Words at a point of the drawing; `look` is their class.
std::string text(std::string_view look, double x, double y, std::string_view words);

// With what its labels leave out: "loss (log scale)", "rate (×10⁻³)".
std::string axis_name(const std::string& name, const Axis& axis);

}  // namespace thalweg::page
