// A loss over a plane, the paths of optimizers on it, and their pictures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace thalweg {

// A rectangle of the plane.
struct PlaneRange {
  double x_low = 0, x_high = 0, y_low = 0, y_high = 0;
};

// Values on a grid that includes the edges of its range: columns * rows of them, at least 2 x 2, row by row
// from y_low to y_high, each from x_low to x_high. A value that is not finite is drawn as a hole.
struct Surface {
  PlaneRange range;
  std::size_t columns = 0, rows = 0;
  std::vector<double> values;
};

struct PlanePoint {
  double x = 0, y = 0;
};

struct SurfacePath {
  std::string name;                    // as people call it
  std::string optimizer;               // the chain in full
  std::vector<PlanePoint> points;      // the first is where it began
  std::vector<double> losses;          // one a point
  std::vector<double> distances;       // to the nearest minimum, one a point; empty: not known
  std::vector<std::uint64_t> updates;  // done at each point; empty: 0, 1, 2, ...
  bool diverged = false;               // it ended before the loss was no number any more
};

struct Landscape {
  std::string title;     // what the loss is of
  std::string subtitle;  // how it was made, a sentence or two
  std::string x_name, y_name;
  Surface surface;
  std::vector<PlanePoint> minima;  // that are known
  double least = 0;                // the value there; NaN: not known
  std::vector<SurfacePath> paths;  // may be empty
};

// Pictures of at most kMostPaths paths (Error(usage) for more): a filled contour, its levels even in the
// logarithm of the distance from the least value where the values span much, with the paths step by step,
// starts and minima. What is outside of the range is cut off at its border, and said so.
inline constexpr std::size_t kMostPaths = 12;

// One <svg> that stands alone, light and dark, with a legend.
std::string landscape_svg(const Landscape& landscape);
// One page: the contour, the curves of the losses, a table; with scripts all paths in time side by side and
// the surface in three dimensions. It asks nothing of anybody.
std::string landscape_html(const Landscape& landscape);
// One object: title, subtitle, x, y, range, columns, rows, values, minima, least; paths with name, optimizer,
// diverged, updates, points, losses, distances. "schema" is 1; what is no number is null.
std::string landscape_json(const Landscape& landscape);

}  // namespace thalweg
