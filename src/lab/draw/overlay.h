// Several curves over each other as SVG, each told apart by colour, dash and marker; places on them may have
// words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "draw/svg.h"

namespace thalweg::page {

struct Label {
  Point at;
  std::string text;
};

struct Curve {
  std::string name;
  std::vector<Point> points;  // x ascending; y not finite: a gap
  bool marked = false;        // a marker at every point
  std::vector<Label> labels;  // a dot and words each; words that would cover others are left out
};

struct Overlay {
  std::string id;  // unique in the page: a word
  std::string title;
  std::string x_name;
  std::string y_name;
  std::string y_unit;
  bool log_x = false;      // every x must be positive; else x are whole numbers
  bool log_y = false;      // linear after all where a y is not positive
  bool from_zero = false;  // a linear y axis holds 0
  std::vector<Curve> curves;
};

// One <svg>, coloured by overlay_style().
std::string draw(const Overlay& overlay);

// A list of the curves' names with their colour and dash, and their marker where they are marked.
std::string overlay_legend(const std::vector<std::string>& names, bool marked = true);

// The style sheet of the curves: light, dark and print.
std::string_view overlay_style();

// A file of its own: the drawing with its legend below and the styles inside.
std::string standalone(const Overlay& overlay);

}  // namespace thalweg::page
