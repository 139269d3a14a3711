// Line charts as SVG: static, scaled by viewBox, coloured by the classes of the page's style sheet.
#pragma once

#include <string>
#include <vector>

#include "draw/axis.h"

namespace thalweg::page {

struct Point {
  double x = 0;
  double y = 0;  // not finite: a gap in the line
};

enum class Marker { none, circle, square };

struct Series {
  std::string name;
  // The class that gives colour and weight: "train", "held-out", "each", or "s0" to "s7" of several equals,
  // which differ in dashes too. "fine" after it makes the line thin.
  std::string look;
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
  double x_lo = 0;     // the least span of a linear x axis, the same in all charts of a page
  double x_hi = 0;
  Scale scale = Scale::linear;
  bool x_log = false;      // the x axis, where all its numbers are positive
  bool from_zero = false;  // a linear axis holds 0
  bool legend = true;      // false where the page has one for several charts
  std::vector<Series> series;
};

// Whether there is a number to draw.
bool has_points(const Chart& chart);

// One <svg>. Series are told apart by colour, weight and marker; a legend names them where there are several.
// It carries its scales as data: with scripts the page lets it be zoomed and read off.
// Every column tells its numbers when pointed at, without a script.
std::string draw(const Chart& chart);

// At most four points for each of `columns` equal parts of [lo, hi] - the first, the lowest, the highest and
// the last - so that the drawn line is the same as that of all points. Gaps are kept, each as one point.
std::vector<Point> thin(const std::vector<Point>& points, double lo, double hi, int columns);

}  // namespace thalweg::page
