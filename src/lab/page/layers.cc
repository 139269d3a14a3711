#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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

// The largest parameters, in the order of the model.
std::vector<std::size_t> largest(const std::vector<LayerDetail>& layers, std::size_t most) {
  std::vector<std::size_t> order(layers.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return layers[a].size > layers[b].size; });
  order.resize(std::min(order.size(), most));
  std::sort(order.begin(), order.end());
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
  Chart chart;
  chart.id = "ratio";
  chart.title = "Update ratio";
  chart.x_name = "update";
  chart.y_name = "update / weight";
  chart.scale = Scale::log;
  const std::vector<std::size_t> shown = largest(layers, kMostLines);
  for (std::size_t i = 0; i < shown.size(); ++i) chart.series.push_back(ratios(details, shown[i], i));
  chart.x_least = {0, details.back().update};
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
  Chart chart;
  chart.id = "time";
  chart.title = "Time per step";
  chart.x_name = "update";
  chart.y_name = "ms";
  chart.x_least = {0, data.details.back().update};
  chart.scale = Scale::automatic;  // the first update takes many times as long as others
  double total = 0, weight = 0, before = 0;
  const auto add = [&](std::string name, std::size_t look, double Detail::*part) {
    Series series{std::move(name), look_of(look), Marker::none, {}};
    for (const Detail& detail : data.details) series.points.push_back({detail.update, detail.*part * 1e3});
    chart.series.push_back(std::move(series));
  };
  add("data", 0, &Detail::data);
  add("forward", 1, &Detail::forward);
  add("backward", 2, &Detail::backward);
  add("update", 3, &Detail::step);
  double sums[4] = {};
  for (const Detail& detail : data.details) {
    weight = detail.update - before;
    before = detail.update;
    const double parts[] = {detail.data, detail.forward, detail.backward, detail.step};
    for (std::size_t i = 0; i < 4; ++i) {
      const double spent = std::isfinite(parts[i]) ? parts[i] * weight : 0;
      sums[i] += spent;
      total += spent;
    }
  }
  if (!(total > 0)) return "";
  std::vector<Tile> shares;
  const char* names[] = {"Loading data", "Forward pass", "Backward pass", "Optimizer's update"};
  for (std::size_t i = 0; i < 4; ++i) {
    shares.push_back({names[i], percent(sums[i] / total),
                      significant(sums[i] / data.details.back().update * 1e3, 3) + " ms per step",
                      look_of(i)});
  }
  const std::string body =
      tiles(shares, "shares") + charts(figure(chart, "Averages between the measured updates."));
  return section("time", "Where the time goes", body);
}

}  // namespace thalweg::page
