// The parts of the pictures of a loss over a plane.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "draw/axis.h"
#include "draw/chart.h"
#include "thalweg/lab/landscape.h"

namespace thalweg::page {

// At which values the outlines stand.
struct Levels {
  bool log = false;            // even in the logarithm of what is above the floor
  double floor = 0;            // the least value, of the grid or known
  double lowest = 0;           // the least number above the floor that counts, where log
  std::vector<double> values;  // ascending

  // A number in which the levels are even and between which is interpolated.
  double height(double value) const;
};
Levels levels_of(const Landscape& landscape);

// A function of one number, which has neither levels nor a surface.
inline bool is_curve(const Landscape& landscape) { return landscape.surface.rows == 1; }

// Numbers of the plane to places on the paper.
struct Frame {
  static constexpr double kWidth = 560, kHeight = 470;
  static constexpr double kLeft = 66, kRight = 14, kTop = 34, kBottom = 58;

  explicit Frame(const PlaneRange& range);
  // A point far outside is moved near, on the line to the middle.
  Point at(const PlanePoint& point) const;

  Axis x, y;
};

bool inside(const PlaneRange& range, const PlanePoint& point);

// Which points of a path are drawn: all, or about 800 even ones with the first and the last.
std::vector<std::size_t> drawn_points(const SurfacePath& path);
std::uint64_t updates_at(const SurfacePath& path, std::size_t point);
// Of all paths that move; 0: none does.
std::uint64_t last_update(const Landscape& landscape);

// "diverges after update 12", "leaves the picture at update 3", or nothing.
std::string path_remark(const Landscape& landscape, const SurfacePath& path);

// The contour with the paths; a legend, a style sheet and a ground belong to one that stands alone.
std::string contour_svg(const Landscape& landscape, const Levels& levels, bool alone);
// The losses of the paths by updates.
Chart losses_chart(const Landscape& landscape);
// Name, look and marker of the i-th path.
Series path_series(const Landscape& landscape, std::size_t i);
// What the script of the page works on: one JSON object.
std::string animation_data(const Landscape& landscape, const Levels& levels);

extern const Asset kLandscapeCss;      // of the picture
extern const Asset kLandscapePageCss;  // of the page around it
extern const Asset kLandscapeJs;

}  // namespace thalweg::page
