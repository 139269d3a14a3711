#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "draw/number.h"
#include "landscape/picture.h"

namespace thalweg {
namespace page {
namespace {

constexpr std::size_t kMostCells = 48;  // of a side of the surface in three dimensions
constexpr double kLowest = 0.03;        // this share of it is its flat ground: logarithms fall without end

std::string path_data(const SurfacePath& path, const Frame& frame) {
  std::string places, updates, losses;
  for (const std::size_t k : drawn_points(path)) {
    const Point p = frame.at(path.points[k]);
    const std::string comma = updates.empty() ? "" : ",";
    places += comma + coordinate(p.x) + "," + coordinate(p.y);
    updates += comma + std::to_string(updates_at(path, k));
    losses += comma + (std::isfinite(path.losses[k]) ? fmt::format("{:.6g}", path.losses[k]) : "null");
  }
  return "{\"p\":[" + places + "],\"u\":[" + updates + "],\"l\":[" + losses + "]}";
}

// The mean height around a place, so that narrow valleys do not come and go between the places.
double mean_height(const Surface& surface, const Levels& levels, std::size_t column, std::size_t row,
                   std::size_t reach_x, std::size_t reach_y) {
  double sum = 0, count = 0;
  const auto from = [](std::size_t at, std::size_t reach) { return at - std::min(at, reach); };
  for (std::size_t y = from(row, reach_y); y <= std::min(row + reach_y, surface.rows - 1); ++y) {
    for (std::size_t x = from(column, reach_x); x <= std::min(column + reach_x, surface.columns - 1); ++x) {
      const double height = levels.height(surface.values[y * surface.columns + x]);
      if (!std::isfinite(height)) continue;
      sum += height;
      ++count;
    }
  }
  return count > 0 ? sum / count : NAN;
}

// Heights of at most kMostCells cells a side, 0 to 1000; -1 for a hole.
std::string surface_data(const Surface& surface, const Levels& levels) {
  std::vector<double> heights, seen;
  const std::size_t n = std::min(surface.columns, kMostCells + 1), m = std::min(surface.rows, kMostCells + 1);
  const std::size_t reach_x = surface.columns / (2 * n), reach_y = surface.rows / (2 * m);
  for (std::size_t j = 0; j < m; ++j) {
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t row = j * (surface.rows - 1) / (m - 1), column = i * (surface.columns - 1) / (n - 1);
      const bool hole = !std::isfinite(surface.values[row * surface.columns + column]);
      heights.push_back(hole ? NAN : mean_height(surface, levels, column, row, reach_x, reach_y));
      if (!hole) seen.push_back(heights.back());
    }
  }
  std::sort(seen.begin(), seen.end());
  const double low =
      seen.empty() ? 0 : seen[static_cast<std::size_t>(kLowest * static_cast<double>(seen.size()))];
  const double high = seen.empty() ? 0 : seen.back();
  std::string z;
  for (const double height : heights) {
    const double share =
        std::isfinite(height) ? (high > low ? std::max(0.0, height - low) / (high - low) : 0) : -0.001;
    z += (z.empty() ? "" : ",") + std::to_string(std::lround(1000 * share));
  }
  return "{\"n\":" + std::to_string(n) + ",\"m\":" + std::to_string(m) + ",\"z\":[" + z + "]}";
}

}  // namespace

std::uint64_t last_update(const Landscape& landscape) {
  std::uint64_t last = 0;
  for (const SurfacePath& path : landscape.paths) {
    if (path.points.size() > 1) last = std::max(last, updates_at(path, path.points.size() - 1));
  }
  return last;
}

std::string animation_data(const Landscape& landscape, const Levels& levels) {
  const Frame frame(landscape.surface.range);
  return JsonObject()
      .add("last", last_update(landscape))
      .add("plot", std::vector{Frame::kLeft, Frame::kTop, Frame::kWidth - Frame::kLeft - Frame::kRight,
                               Frame::kHeight - Frame::kTop - Frame::kBottom})
      .raw("paths",
           json_list(landscape.paths, [&](const SurfacePath& path) { return path_data(path, frame); }))
      .raw("surface", is_curve(landscape) ? "null" : surface_data(landscape.surface, levels))
      .text();
}

}  // namespace page

std::string landscape_json(const Landscape& landscape) {
  const PlaneRange& range = landscape.surface.range;
  const auto point = [](const PlanePoint& p) { return json_value(std::vector{p.x, p.y}); };
  const auto one = [&](const SurfacePath& path) {
    std::vector<std::uint64_t> updates;
    for (std::size_t k = 0; k < path.points.size(); ++k) updates.push_back(page::updates_at(path, k));
    return JsonObject()
        .add("name", path.name)
        .add("optimizer", path.optimizer)
        .add("diverged", path.diverged)
        .add("updates", updates)
        .raw("points", json_list(path.points, point))
        .add("losses", path.losses)
        .raw("distances", path.distances.empty() ? "null" : json_value(path.distances))
        .text();
  };
  return JsonObject()
      .add("schema", 1)
      .add("title", landscape.title)
      .add("subtitle", landscape.subtitle)
      .add("x", landscape.x_name)
      .add("y", landscape.y_name)
      .add("range", std::vector{range.x_low, range.x_high, range.y_low, range.y_high})
      .add("columns", landscape.surface.columns)
      .add("rows", landscape.surface.rows)
      .add("values", landscape.surface.values)
      .raw("minima", json_list(landscape.minima, point))
      .add("least", landscape.least)
      .raw("paths", json_list(landscape.paths, one))
      .text();
}

}  // namespace thalweg
