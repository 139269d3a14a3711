// The line chart of all pages, as SVG: static, scaled by viewBox, coloured by chart.css, with the scales as
// data for chart.js.
#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "base/asset.h"
#include "draw/axis.h"
#include "draw/drawing.h"

namespace thalweg::page {

struct Label {
  Point at;
  std::string text;
};

struct Series {
  std::string name;
  // The class that gives colour, dashes and weight: "train", "held-out", "each", or look_of() one of several
  // equals. "fine" after it makes the line thin.
  std::string look;
  Marker marker = Marker::none;
  std::vector<Point> points;            // x ascending
  bool line = true;                     // false: markers alone
  std::vector<std::string> notes = {};  // what a point says besides its numbers: one a point, or none
  std::vector<Label> labels = {};       // a dot and words each; words that would cover others are left out
};

// A place on the x axis that is spoken of.
struct Mark {
  double x = 0;
  std::string text;
};

enum class Scale {
  linear,
  log,        // linear after all where a number is not positive
  automatic,  // log where all numbers are positive and span a decade and a half
};

enum class Across {
  whole,   // updates, epochs: ticks at whole numbers
  linear,  // limits at ticks
  log,     // numbers that are not positive are left out
};

struct Chart {
  std::string id;  // unique in the page: a word
  std::string title;
  std::string x_name;
  std::string y_name;
  std::string y_unit = {};  // follows every number: "%"
  Across across = Across::whole;
  Limits x_least =
      {};  // the least span of an x axis that is not logarithmic, the same in all charts of a page
  Scale scale = Scale::linear;
  bool from_zero = false;      // a linear y axis holds 0
  double y_most = INFINITY;    // what is above it leaves the picture
  double y_least = -INFINITY;  // likewise below
  bool legend = true;          // false where the page has one for several charts
  std::vector<Series> series = {};
  std::vector<Mark> marks = {};
  Limits span = {};  // of x, set apart
};

// Whether there is a number to draw.
bool has_points(const Series& series);
bool has_points(const Chart& chart);

// One <svg> for a page. A legend names the series where there are several. Every column tells its numbers
// when pointed at, without a script.
std::string draw(const Chart& chart);

// A file of its own, with the style sheet inside.
std::string standalone(const Chart& chart);

// A chart in a figure with its title and a caption; empty without a number.
std::string figure(const Chart& chart, std::string_view caption);

// The line and the marker of a series, kSwatch wide, for a legend.
inline constexpr double kSwatch = 34;
std::string swatch(const Series& series, double x, double y);

// A list of the names of series with their colour, dashes and marker, for several charts.
std::string legend(const std::vector<Series>& series);

// At most four points for each of `columns` equal parts of the axis - the first, the lowest, the highest and
// the last - so that the drawn line is the same as that of all points. Gaps are kept, each as one point.
std::vector<Point> thin(const std::vector<Point>& points, const Axis& axis, int columns);

// Whether `body` holds a chart for the script of charts.
bool has_charts(std::string_view body);

extern const Asset kChartCss;
extern const Asset kChartJs;

}  // namespace thalweg::page
