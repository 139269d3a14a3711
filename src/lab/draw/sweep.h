// What came of a number that was varied: points and lines over it, as one SVG that brings its own style.
#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "draw/svg.h"

namespace thalweg::page {

enum class Look { first, second, third, faint };  // colour, dashes and marker

struct SweepSeries {
  std::string name;
  Look look = Look::first;
  bool line = true;
  bool markers = true;
  std::vector<Point> points;            // of a line by x
  std::vector<std::string> notes = {};  // what a point says when pointed at; empty, or one a point
};

// A place on the x axis that is spoken of.
struct Mark {
  double x = 0;
  std::string label;
};

struct Sweep {
  std::string id;  // unique in the page: a word
  std::string title;
  std::string x_name;
  std::string y_name;
  std::string y_unit = {};  // follows every number
  bool log_x = true;
  bool log_y = false;
  bool from_zero = false;  // a linear y axis holds 0
  std::vector<SweepSeries> series;
  std::vector<Mark> marks = {};
  // A span of x that is set apart; none where lo >= hi.
  double lo = 0;
  double hi = 0;
  // Points above this are drawn at the upper edge; NaN: all count.
  double y_most = NAN;
};

// One <svg>, for a page or, `alone`, for a file of its own. Numbers that a log axis cannot show are left out.
std::string draw(const Sweep& sweep, bool alone = false);

// A page around charts and tables: a heading, a sentence, sections of HTML.
std::string finder_page(std::string_view title, std::string_view lead, std::string_view body);

// A chart as a figure with its title and a line below it.
std::string figure(const Sweep& sweep, std::string_view caption);

}  // namespace thalweg::page
