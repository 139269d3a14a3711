// What every drawing of numbers has: their limits, words and marks at places, names of axes.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "draw/axis.h"

namespace thalweg::page {

struct Point {
  double x = 0;
  double y = 0;  // not finite: a gap in a line
};

struct Limits {
  double lo = INFINITY;
  double hi = -INFINITY;

  void add(double number) {
    lo = std::min(lo, number);
    hi = std::max(hi, number);
  }
  double size() const { return hi - lo; }
};

inline bool drawable(double number) { return std::isfinite(number) && std::abs(number) <= kLargest; }

enum class Marker { none, circle, square, triangle, diamond, pentagon, wedge };

// The i-th of several equals: a class with a colour and dashes of its own ("s0" to "s7", then again from the
// first), and a marker, which comes again after other numbers.
std::string look_of(std::size_t i);
Marker marker_of(std::size_t i);

// A place as "12 34.5".
std::string place(double x, double y);

// A marker around a place; `title` is what it says when pointed at.
std::string mark(Marker marker, double x, double y, std::string_view title = {});

// Words at a point of the drawing; `look` is their class.
std::string text(std::string_view look, double x, double y, std::string_view words);

std::string path(std::string_view look, std::string_view d);
std::string horizontal(std::string_view look, double y, double from, double to);
std::string vertical(std::string_view look, double x, double from, double to);

// Between two corners; `title` is what it says when pointed at.
std::string rect(std::string_view look, const Point& from, const Point& to, std::string_view title = {});

// With what its labels leave out: "loss (log scale)", "rate (×10⁻³)".
std::string axis_name(const std::string& name, const Axis& axis);

}  // namespace thalweg::page
