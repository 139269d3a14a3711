#include <algorithm>
#include <cmath>

#include "landscape/picture.h"

namespace thalweg::page {
namespace {

constexpr std::size_t kMostLevels = 15;
constexpr double kSpanForLog = 30;  // of all values over the lowest tenth

std::vector<double> finite_values(const Surface& surface) {
  std::vector<double> out;
  std::ranges::copy_if(surface.values, std::back_inserter(out), drawable);
  std::ranges::sort(out);
  return out;
}

// 1, 3, 10 or 1, 2, 5, 10, as many as fit.
std::vector<double> log_levels(double lowest, double span) {
  const double first = std::floor(std::log10(lowest)), last = std::ceil(std::log10(span));
  std::vector<double> out;
  for (const std::vector<double>& steps : {std::vector<double>{1, 2, 5}, {1, 3}, {1}}) {
    out.clear();
    for (double decade = first; decade <= last; ++decade) {
      for (const double step : steps) {
        const double level = step * std::pow(10, decade);
        if (level >= lowest && level < span) out.push_back(level);
      }
    }
    if (out.size() <= kMostLevels) return out;
  }
  const std::size_t stride = (out.size() + kMostLevels - 1) / kMostLevels;
  std::vector<double> fewer;
  for (std::size_t i = 0; i < out.size(); i += stride) fewer.push_back(out[i]);
  return fewer;
}

}  // namespace

double Levels::height(double value) const {
  if (!log) return value;
  return std::isnan(value) ? value : std::log10(std::max(value - floor, lowest / 10));
}

Levels levels_of(const Landscape& landscape) {
  const std::vector<double> values = finite_values(landscape.surface);
  Levels out;
  if (values.empty() || is_curve(landscape)) return out;
  const bool known = std::isfinite(landscape.least) && landscape.least <= values.front();
  // Losses that are positive and span much are read from 0.
  const bool from_zero = !known && values.front() > 0 && values.back() > kSpanForLog * values.front();
  out.floor = known ? landscape.least : from_zero ? 0 : values.front();
  const double span = values.back() - out.floor;
  if (!(span > 0)) return out;
  const auto above_floor = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))] - out.floor;
  };
  out.log = from_zero || span > kSpanForLog * above_floor(0.1);
  if (!out.log) {
    const int most = static_cast<int>(kMostLevels);
    out.values = linear_axis(values.front(), values.back(), most, Fit::data).ticks;
    return out;
  }
  out.lowest = std::max(above_floor(from_zero ? 0 : 0.004), span * 1e-9);
  for (const double level : log_levels(out.lowest, span)) out.values.push_back(out.floor + level);
  return out;
}

}  // namespace thalweg::page
