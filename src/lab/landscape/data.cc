#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "draw/number.h"
#include "landscape/picture.h"

namespace thalweg {
namespace page {
namespace {

constexpr std::size_t kMostCells = 48;   // of a side of the surface in three dimensions
constexpr std::size_t kMostHeights = 5;  // ticks of the upright axis
constexpr double kLowest = 0.03;         // this share of it is its flat ground: logarithms fall without end

std::string path_data(const Landscape& landscape, const SurfacePath& path, const Frame& frame) {
  std::string places, updates, losses;
  for (const std::size_t k : drawn_points(path)) {
    const Point p = frame.at(path.points[k]);
    const std::string comma = updates.empty() ? "" : ",";
    places += comma + coordinate(p.x) + "," + coordinate(p.y);
    updates += comma + std::to_string(updates_at(path, k));
    losses += comma + (std::isfinite(path.losses[k]) ? fmt::format("{:.6g}", path.losses[k]) : "null");
  }
  const std::uint64_t unit = landscape.by_epochs && path.per_epoch > 0 ? path.per_epoch : 1;
  return fmt::format("{{\"p\":[{}],\"u\":[{}],\"l\":[{}],\"unit\":{}}}", places, updates, losses, unit);
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

// An axis of the view in three dimensions: its name, and its ticks as shares of its length with what they
// say.
std::string axis_data(const std::string& name, const std::vector<std::pair<double, std::string>>& ticks) {
  return JsonObject()
      .add("name", name)
      .raw("ticks",
           json_list(ticks,
                     [](const auto& tick) {
                       return JsonArray().raw(json_value(tick.first)).raw(json_value(tick.second)).text();
                     }))
      .text();
}

std::string axis_data(const std::string& name, const Axis& axis) {
  std::vector<std::pair<double, std::string>> ticks;
  for (const double tick : axis.ticks) ticks.emplace_back(axis.place(tick), axis.label(tick));
  return axis_data(axis_name(name, axis), ticks);
}

// Of the levels those that stand within the heights, at most kMostHeights; in logarithms those above the
// floor.
std::string height_axis(const Levels& levels, double low, double high) {
  std::vector<std::pair<double, std::string>> all, ticks;
  for (const double level : levels.values) {
    const double share = high > low ? (levels.height(level) - low) / (high - low) : -1;
    if (share >= 0 && share <= 1)
      all.emplace_back(share, significant(levels.log ? level - levels.floor : level, 2));
  }
  const std::size_t stride = (all.size() + kMostHeights - 1) / kMostHeights;
  for (std::size_t i = 0; i < all.size(); i += stride) ticks.push_back(all[i]);
  const char* name = !levels.log         ? "loss"
                     : levels.floor == 0 ? "loss (log scale)"
                                         : "loss above the least (log scale)";
  return axis_data(name, ticks);
}

// Heights of at most kMostCells cells a side, 0 to 1000; -1 for a hole. With its axes.
std::string surface_data(const Landscape& landscape, const Levels& levels, const Frame& frame) {
  const Surface& surface = landscape.surface;
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
  const std::string axes = axis_data(landscape.x_name, frame.x) + "," + axis_data(landscape.y_name, frame.y) +
                           "," + height_axis(levels, low, high);
  return fmt::format("{{\"n\":{},\"m\":{},\"z\":[{}],\"axes\":[{}]}}", n, m, z, axes);
}

}  // namespace

double time_at(const Landscape& landscape, const SurfacePath& path, std::size_t point) {
  const bool epochs = landscape.by_epochs && path.per_epoch > 0;
  return static_cast<double>(updates_at(path, point)) / (epochs ? static_cast<double>(path.per_epoch) : 1);
}

std::string_view time_name(const Landscape& landscape) { return landscape.by_epochs ? "epoch" : "update"; }

double last_time(const Landscape& landscape) {
  double last = 0;
  for (const SurfacePath& path : landscape.paths) {
    if (path.points.size() > 1) last = std::max(last, time_at(landscape, path, path.points.size() - 1));
  }
  return last;
}

std::string animation_data(const Landscape& landscape, const Levels& levels, std::string_view id,
                           bool surface) {
  const Frame frame(landscape.surface.range);
  return JsonObject()
      .add("id", id)
      .add("unit", time_name(landscape))
      .add("last", last_time(landscape))
      .add("plot", std::vector{Frame::kLeft, Frame::kTop, Frame::kWidth - Frame::kLeft - Frame::kRight,
                               Frame::kHeight - Frame::kTop - Frame::kBottom})
      .raw("paths", json_list(landscape.paths,
                              [&](const SurfacePath& path) { return path_data(landscape, path, frame); }))
      .raw("surface", surface && !is_curve(landscape) ? surface_data(landscape, levels, frame) : "null")
      .text();
}

std::string animations(const std::vector<std::string>& data) {
  return json_list(data, [](const std::string& one) { return one; });
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
        .raw("rates", path.rates.empty() ? "null" : json_value(path.rates))
        .add("per_epoch", path.per_epoch)
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
