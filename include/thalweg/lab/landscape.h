// A loss over a plane: of a function of two numbers with the paths of optimizers down it, or of a trained
// run; the curve of a function of one number; and their pictures. All are values and pure functions: any
// thread may call them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "thalweg/lab/problem.h"

namespace thalweg {

// A rectangle of the plane.
struct PlaneRange {
  double x_low = 0, x_high = 0, y_low = 0, y_high = 0;
};

// Values on a grid that includes the edges of its range: columns * rows of them, at least 2 x 2, row by row
// from y_low to y_high, each from x_low to x_high. A value that is not finite is drawn as a hole. One row is
// a curve: the values of a function of x, whose points have the value as their y.
struct Surface {
  PlaneRange range;
  std::size_t columns = 0, rows = 0;
  std::vector<double> values;
};

struct PlanePoint {
  double x = 0, y = 0;
};

struct SurfacePath {
  std::string name;                    // for people
  std::string optimizer;               // the chain in full
  std::vector<PlanePoint> points;      // the first is where it began
  std::vector<double> losses;          // one per point
  std::vector<double> distances;       // to the nearest minimum, one per point; empty: not known
  std::vector<std::uint64_t> updates;  // done at each point; empty: 0, 1, 2, ...
  bool diverged = false;               // it ended where the loss was no longer a number
  std::vector<double> rates = {};      // of the update after each point but the last; empty: not known
  std::uint64_t per_epoch = 0;         // updates of one pass over the samples; 0: there are none
};

struct Landscape {
  std::string title;     // what the loss is of
  std::string subtitle;  // how it was made, a sentence or two
  std::string x_name, y_name;
  Surface surface;
  std::vector<PlanePoint> minima;  // that are known
  double least = 0;                // the value there; NaN: not known
  std::vector<SurfacePath> paths;  // may be empty
  bool by_epochs = false;          // time runs in epochs of each path, not in updates
};

struct FunctionLandscapeOptions {
  DescendOptions descend = {};  // steps, start, noise, seed; its batch is the next line's
  std::vector<std::uint64_t> batches =
      {};  // every chain with each of these, 0 being the full one; none: full
  // Passes over the samples in place of descend.updates, so that each batch makes as many updates of them as
  // it fits into: the time of the pictures is then epochs. 0: by updates. Needs batches.
  std::uint64_t epochs = 0;
  // None: around start, minima and as much of the paths as fits in about twice that, within the region of the
  // problem.
  std::optional<PlaneRange> range = {};
  std::size_t points = 161;  // of the grid, per side; 2 to 1,000
};

// The function over the range, and the paths of the chains (texts) over it. Schedules take their lengths from
// the updates of their own path. A path that diverges ends there.
// A problem of one dimension gives its curve. Throws Error(usage) for one of more than two, a range that is
// empty or not finite, and as descend() does; Error(diverged) when the function is not finite at the start.
Landscape function_landscape(const Problem& problem, std::span<const std::string> chains,
                             const FunctionLandscapeOptions& options = {});

struct RunLandscapeOptions {
  // random: two directions of normal numbers, each column of a matrix - the weights of one unit - scaled to
  // the norm of that column of the trained weights; biases and norms do not move (Li et al. 2018,
  // arXiv:1712.09913). path: the plane through the last weights and the two principal directions of the
  // checkpoints' differences from them (the same paper, section 7), with the checkpoints and the initial
  // weights projected on it.
  enum class Plane { random, path };

  Plane plane = Plane::random;
  std::uint64_t seed = 1;        // of directions and samples
  double radius = 1;             // random: of the square, in lengths of the directions; above 0
  std::size_t points = 25;       // of the grid, per side; 2 to 1,000
  std::uint64_t samples = 4096;  // of the training set, drawn with the seed; 0, or more than there are: all
  int threads = 1;
};

// The loss of a run's model, its terms on parameters included, around the weights of its newest checkpoint
// (their averages where the chain averages). Reads only. Throws Error(data) when `run` is not a run or has no
// complete checkpoint, and for `path` when there are fewer than three different weights; Error(usage) for
// options out of range.
Landscape run_landscape(const std::filesystem::path& run, const RunLandscapeOptions& options = {});

// Pictures of at most kMostPaths paths (Error(usage) for more): a filled contour, its levels evenly spaced in
// the logarithm of the distance from the least value where the values span a lot, with the
// paths step by step, starts and minima. What is outside the range is cut off at its border, and a remark
// says so.
inline constexpr std::size_t kMostPaths = 12;

// One self-contained <svg>, light and dark, with a legend.
std::string landscape_svg(const Landscape& landscape);
// One page: the contour, the curves of the losses and of rates that are not constant, a table; with scripts
// all paths in time, side by side and the surface in three dimensions. It makes no network requests.
// `command` is what made it, to be shown at its foot.
std::string landscape_html(const Landscape& landscape, const std::string& command = "");
// One object: title, subtitle, x, y, range, columns, rows, values, minima, least; paths with name, optimizer,
// diverged, updates, points, losses, distances, rates, per_epoch. "schema" is 1; what is not a number is
// null.
std::string landscape_json(const Landscape& landscape);

}  // namespace thalweg
