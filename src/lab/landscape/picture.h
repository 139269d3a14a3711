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
// The time of a landscape: updates, or epochs of each path.
double time_at(const Landscape& landscape, const SurfacePath& path, std::size_t point);
std::string_view time_name(const Landscape& landscape);  // "update", "epoch"
// Of all paths that move; 0: none does.
double last_time(const Landscape& landscape);

// "diverges after update 12", "leaves the picture at update 3", or nothing.
std::string path_remark(const Landscape& landscape, const SurfacePath& path);

// The contour with the paths; a legend, a style sheet and a ground belong to one that stands alone. `id` is a
// word, unique in the page.
std::string contour_svg(const Landscape& landscape, const Levels& levels, std::string_view id, bool alone);
// The losses of the paths by updates, or by epochs.
Chart losses_chart(const Landscape& landscape, std::string_view id, bool by_epochs);
// The rates of the paths in time; no series where all are constant.
Chart rates_chart(const Landscape& landscape, std::string_view id);
// Name, look and marker of the i-th path.
Series path_series(const Landscape& landscape, std::size_t i);
// What the script of the page works on: one JSON object, and the list of those of a page.
// Only a page with a view in three dimensions needs the surface.
std::string animation_data(const Landscape& landscape, const Levels& levels, std::string_view id,
                           bool surface);
std::string animations(const std::vector<std::string>& data);

// A landscape within a page: its pictures, the buttons of time, the table of its paths; the page takes both
// style sheets and the script below. `id` is a word, unique in the page. Throws Error(usage) for what is no
// picture.
struct LandscapeView {
  std::string html;
  std::string data;  // one of animations()
};
LandscapeView landscape_view(const Landscape& landscape, std::string_view id, bool surface);
std::string landscape_style();  // of a page with views

extern const Asset kLandscapeCss;      // of the picture
extern const Asset kLandscapePageCss;  // of the page around it
extern const Asset kLandscapeJs;

}  // namespace thalweg::page
