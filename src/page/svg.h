// Line charts as SVG: static, scaled by viewBox, coloured by the classes of the page's style sheet.
#pragma once

#include <string>
#include <vector>

#include "page/axis.h"

namespace thalweg::page {

struct Point {
  double x = 0;
  double y = 0;  // not finite: a gap in the line
};

enum class Marker { none, circle, square };

struct Series {
  std::string name;
  std::string look;  // the class that gives colour and weight: "train", "held-out", "each"
  Marker marker = Marker::none;
  std::vector<Point> points;  // x ascending
};

enum class Scale {
  linear,
  log,        // linear after all where a number is not positive
  automatic,  // log where all numbers are positive and span a decade and a half
};

struct Chart {
  std::string id;  // unique in the page: a word
  std::string title;
  std::string x_name;
  std::string y_name;
  std::string y_unit;  // follows every number: "%"
  double x_lo = 0;     // the least span of the x axis, the same in all charts of a page
  double x_hi = 0;
  Scale scale = Scale::linear;
  bool from_zero = false;  // a linear axis holds 0
  std::vector<Series> series;
};

// Whether there is a number to draw.
bool has_points(const Chart& chart);

// One <svg>. Series are told apart by colour, weight and marker; a legend names them where there are several.
// Every column tells its numbers when pointed at, without a script.
std::string draw(const Chart& chart);

// At most four points for each of `columns` equal parts of [lo, hi] - the first, the lowest, the highest and
// the last - so that the drawn line is the same as that of all points. Gaps are kept, each as one point.
std::vector<Point> thin(const std::vector<Point>& points, double lo, double hi, int columns);

}  // namespace thalweg::page
