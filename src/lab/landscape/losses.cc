// The losses and rates of the paths in time.
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

Chart losses_chart(const Landscape& landscape, std::string_view id, bool by_epochs) {
  const bool known = std::isfinite(landscape.least) && !landscape.minima.empty();
  const double floor = known ? landscape.least : 0;
  // What is less than rounding above the minimum is rounding.
  const double least = std::numeric_limits<double>::epsilon() * std::max(1e-4, std::abs(floor));
  Chart out{.id = std::string(id) + (by_epochs ? "-losses-by-epochs" : "-losses"),
            .title = "Losses",
            .x_name = by_epochs ? "epoch" : "update",
            .y_name = known ? "loss above the minimum" : "loss",
            .across = by_epochs ? Across::linear : Across::whole};
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
      const double per = by_epochs ? static_cast<double>(path.per_epoch) : 1;
      series.points.push_back({static_cast<double>(updates_at(path, k)) / per, y});
    }
    out.series.push_back(std::move(series));
  }
  if (above) out.y_most = most;
  return out;
}

Chart rates_chart(const Landscape& landscape, std::string_view id) {
  Chart out{.id = std::string(id) + "-rates",
            .title = "Learning rates",
            .x_name = std::string(time_name(landscape)),
            .y_name = "learning rate",
            .across = landscape.by_epochs ? Across::linear : Across::whole,
            .from_zero = true,
            .legend = false};
  out.x_least.add(0);
  const auto varies = [](const SurfacePath& path) {
    return !path.rates.empty() && std::ranges::min(path.rates) != std::ranges::max(path.rates);
  };
  if (std::ranges::none_of(landscape.paths, varies)) return out;
  for (std::size_t i = 0; i < landscape.paths.size(); ++i) {
    const SurfacePath& path = landscape.paths[i];
    Series series = path_series(landscape, i);
    for (std::size_t k = 0; k < path.rates.size(); ++k)
      series.points.push_back({time_at(landscape, path, k), path.rates[k]});
    out.series.push_back(std::move(series));
  }
  return out;
}

}  // namespace thalweg::page
