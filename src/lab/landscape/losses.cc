// The losses of the paths by updates.
#include <algorithm>
#include <cmath>
#include <limits>

#include "landscape/picture.h"

namespace thalweg::page {
namespace {

constexpr double kMostAboveStart = 1000;

// Far above all starts: where what diverges leaves the picture.
double ceiling(const Landscape& landscape, double least) {
  double most = 0;
  for (const SurfacePath& path : landscape.paths)
    most = std::max(most, std::abs(path.losses.front() - least));
  return most > 0 ? kMostAboveStart * most : INFINITY;
}

}  // namespace

Series path_series(const Landscape& landscape, std::size_t i) {
  return {.name = landscape.paths[i].name, .look = look_of(i), .marker = marker_of(i), .points = {}};
}

Chart losses_chart(const Landscape& landscape) {
  const bool known = std::isfinite(landscape.least) && !landscape.minima.empty();
  const double floor = known ? landscape.least : 0;
  // What is less than rounding above the minimum is rounding.
  const double least = std::numeric_limits<double>::epsilon() * std::max(1e-4, std::abs(floor));
  Chart out{.id = "losses",
            .title = "Losses",
            .x_name = "update",
            .y_name = known ? "loss above the minimum" : "loss"};
  out.x_least.add(0);
  out.scale = Scale::automatic;
  out.legend = false;
  const double most = ceiling(landscape, floor);
  bool above = false;
  for (std::size_t i = 0; i < landscape.paths.size(); ++i) {
    const SurfacePath& path = landscape.paths[i];
    Series series = path_series(landscape, i);
    for (std::size_t k = 0; k < path.losses.size(); ++k) {
      double y = path.losses[k] - floor;
      if (known && y < least) y = std::max(y, y > -1e3 * least ? least : y);
      above = above || y > most;
      series.points.push_back({static_cast<double>(updates_at(path, k)), y});
    }
    out.series.push_back(std::move(series));
  }
  if (above) out.y_most = most;
  return out;
}

}  // namespace thalweg::page
