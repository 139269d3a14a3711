#include "draw/drawing.h"

#include <fmt/format.h>

#include <array>

#include "base/utf8.h"
#include "draw/html.h"
#include "draw/number.h"

namespace thalweg::page {
namespace {

constexpr std::size_t kLooks = 8;  // in chart.css
constexpr std::size_t kLongestText = 200;
constexpr std::array<std::string_view, 6> kShapes = {"M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
                                                     "M-3.5-3.5h7v7h-7z",
                                                     "M0-5l4.6 8.2h-9.2z",
                                                     "M0-5l5 5l-5 5l-5-5z",
                                                     "M0-4.8l4.6 3.3l-1.8 5.4h-5.6l-1.8-5.4z",
                                                     "M0 5l4.6-8.2h-9.2z"};

std::string title_element(std::string_view title) {
  return title.empty() ? "" : "<title>" + escape(title) + "</title>";
}

}  // namespace

std::string look_of(std::size_t i) { return "s" + std::to_string(i % kLooks); }

Marker marker_of(std::size_t i) { return static_cast<Marker>(1 + i % kShapes.size()); }

std::string place(double x, double y) { return coordinate(x) + " " + coordinate(y); }

std::string mark(Marker marker, double x, double y, std::string_view title) {
  if (marker == Marker::none) return "";
  const std::string_view shape = kShapes[static_cast<std::size_t>(marker) - 1];
  return fmt::format("<path class=\"mark\" transform=\"translate({})\" d=\"{}\">{}</path>", place(x, y),
                     shape, title_element(title));
}

std::string text(std::string_view look, double x, double y, std::string_view words) {
  return fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>", look, coordinate(x), coordinate(y),
                     escape(shown(words, kLongestText)));
}

std::string path(std::string_view look, std::string_view d) {
  return fmt::format("<path class=\"{}\" d=\"{}\"/>", look, d);
}

std::string horizontal(std::string_view look, double y, double from, double to) {
  return path(look, fmt::format("M{} {}H{}", coordinate(from), coordinate(y), coordinate(to)));
}

std::string vertical(std::string_view look, double x, double from, double to) {
  return path(look, fmt::format("M{} {}V{}", coordinate(x), coordinate(from), coordinate(to)));
}

std::string rect(std::string_view look, const Point& from, const Point& to, std::string_view title) {
  return fmt::format("<rect{}{}{} x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}",
                     look.empty() ? "" : " class=\"", look, look.empty() ? "" : "\"", coordinate(from.x),
                     coordinate(from.y), coordinate(to.x - from.x), coordinate(to.y - from.y),
                     title.empty() ? "/>" : ">" + title_element(title) + "</rect>");
}

std::string axis_name(const std::string& name, const Axis& axis) {
  if (axis.log) return name + " (log scale)";
  return axis.exponent == 0 ? name : name + " (\u00d7" + power_of_ten(axis.exponent) + ")";
}

}  // namespace thalweg::page
