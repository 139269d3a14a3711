#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include "draw/chart.h"
#include "draw/html.h"
#include "draw/number.h"
#include "page/heat.h"
#include "page/parts.h"

namespace thalweg::page {
namespace {

constexpr std::size_t kMostLines = 8;  // as many looks as there are
constexpr std::size_t kMostMaps = 6;   // parameters whose histograms are shown

// The parts of a step.
struct Part {
  const char* name;
  const char* title;
  double Detail::*seconds;
};

constexpr Part kParts[] = {{"data", "Loading data", &Detail::data},
                           {"forward", "Forward pass", &Detail::forward},
                           {"backward", "Backward pass", &Detail::backward},
                           {"update", "Optimizer's update", &Detail::step}};

Chart over_updates(std::string id, std::string title, std::string y_name,
                   const std::vector<Detail>& details) {
  return {.id = std::move(id),
          .title = std::move(title),
          .x_name = "update",
          .y_name = std::move(y_name),
          .x_least = {0, details.back().update}};
}

// The largest parameters, in the order of the model.
std::vector<std::size_t> largest(const std::vector<LayerDetail>& layers, std::size_t most) {
  std::vector<std::size_t> order(layers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return layers[i].size; });
  order.resize(std::min(order.size(), most));
  std::ranges::sort(order);
  return order;
}

Series ratios(const std::vector<Detail>& details, std::size_t layer, std::size_t look) {
  Series series{details.front().layers[layer].name, look_of(look), Marker::none, {}};
  for (const Detail& detail : details) {
    if (layer >= detail.layers.size()) continue;
    const LayerDetail& at = detail.layers[layer];
    const double ratio = at.update_norm / at.value_norm;
    // Zero has no place on a scale of logarithms, and no number begins from zero weights.
    series.points.push_back({detail.update, ratio > 0 ? ratio : NAN});
  }
  return series;
}

std::string ratio_figure(const std::vector<Detail>& details) {
  const std::vector<LayerDetail>& layers = details.front().layers;
  Chart chart = over_updates("ratio", "Update ratio", "update / weight", details);
  chart.scale = Scale::log;
  const std::vector<std::size_t> shown = largest(layers, kMostLines);
  for (std::size_t i = 0; i < shown.size(); ++i) chart.series.push_back(ratios(details, shown[i], i));
  std::string caption = "Norm of the change made by an update, divided by the norm of the parameter.";
  if (shown.size() < layers.size())
    caption += fmt::format(" The {} largest of {} parameters.", shown.size(), layers.size());
  return figure(chart, caption);
}

std::string map_figure(const std::vector<Detail>& details, std::size_t layer, bool updates) {
  HeatMap map;
  const std::string& name = details.front().layers[layer].name;
  map.id = fmt::format("{}-{}", updates ? "updates" : "values", layer);
  map.title = name + (updates ? ": updates" : ": values");
  map.y_name = updates ? "magnitude of the change" : "magnitude of the value";
  for (const Detail& detail : details) {
    if (layer >= detail.layers.size()) continue;
    map.updates.push_back(detail.update);
    map.columns.push_back(updates ? detail.layers[layer].updates : detail.layers[layer].values);
  }
  return figure(map.title, count(details.front().layers[layer].size) + " values.", draw(map));
}

}  // namespace

std::string layers_section(const RunData& data) {
  if (data.details.empty() || data.details.front().layers.empty()) return "";
  std::string figures = ratio_figure(data.details), maps;
  for (const std::size_t layer : largest(data.details.front().layers, kMostMaps)) {
    for (const bool updates : {false, true}) maps += map_figure(data.details, layer, updates);
  }
  std::string body = charts(figures);
  if (!maps.empty()) {
    body +=
        "<p class=\"caption\">Histograms over time, by powers of two: the darker a cell, the larger the "
        "share of values "
        "of that magnitude.</p>\n" +
        charts(maps);
  }
  return section("layers", "Layers", body);
}

std::string time_section(const RunData& data) {
  if (data.details.empty()) return "";
  const double last = data.details.back().update;
  // The first update takes many times as long as others.
  Chart chart = over_updates("time", "Time per step", "ms", data.details);
  chart.scale = Scale::automatic;
  std::array<double, std::size(kParts)> sums{};
  for (std::size_t i = 0; i < sums.size(); ++i) {
    chart.series.push_back({.name = kParts[i].name, .look = look_of(i), .points = {}});
    double before = 0;
    for (const Detail& detail : data.details) {
      const double seconds = detail.*kParts[i].seconds;
      chart.series.back().points.push_back({detail.update, seconds * 1e3});
      if (std::isfinite(seconds)) sums[i] += seconds * (detail.update - before);
      before = detail.update;
    }
  }
  const double total = std::accumulate(sums.begin(), sums.end(), 0.0);
  if (!(total > 0)) return "";
  std::vector<Tile> shares;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    shares.push_back({kParts[i].title, percent(sums[i] / total),
                      significant(sums[i] / last * 1e3, 3) + " ms per step", look_of(i)});
  }
  return section("time", "Where the time goes",
                 tiles(shares, "shares") + charts(figure(chart, "Averages between the measured updates.")));
}

}  // namespace thalweg::page
