#include "draw/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

#include "draw/drawing.h"
#include "draw/html.h"
#include "draw/number.h"

namespace thalweg::page {
namespace {

// The margins hold the larger letters that the style sheet gives to narrow screens.
constexpr double kWidth = 560;
constexpr double kHeight = 330;
constexpr double kLeft = 66;
constexpr double kRight = 14;
constexpr double kTop = 40;
constexpr double kBottom = 54;
constexpr double kLetter = 10.2;  // width of one letter at most
constexpr double kSwatch = 26;
constexpr double kLegendRow = 20;
constexpr int kTicks = 6;
constexpr std::size_t kMostMarkers = 40;  // else there are kFewMarkers: more would hide the line
constexpr std::size_t kFewMarkers = 16;
constexpr std::size_t kMostColumns = 80;  // that tell their numbers
constexpr double kDecadesForLog = 1.5;

bool shown(const Point& point) { return drawable(point.x) && drawable(point.y); }

struct Extent {
  Limits x, y;
};

std::optional<Extent> extent(const Chart& chart) {
  Extent found;
  if (!chart.x_log) found.x = {chart.x_lo, chart.x_hi};
  for (const Series& series : chart.series) {
    for (const Point& point : series.points) {
      if (drawable(point.x)) found.x.add(point.x);
      if (shown(point)) found.y.add(point.y);
    }
  }
  if (found.y.lo > found.y.hi) return std::nullopt;
  return found;
}

Axis y_axis(const Chart& chart, Limits y) {
  const bool positive = y.lo >= kSmallest;
  const bool spread = positive && std::log10(y.hi) - std::log10(y.lo) >= kDecadesForLog;
  const bool log = chart.scale == Scale::log ? positive : chart.scale == Scale::automatic && spread;
  if (log) return log_axis(y.lo, y.hi);
  if (chart.from_zero) y.add(0);
  return linear_axis(y.lo, y.hi, kTicks, Fit::ticks);
}

Axis x_axis(const Chart& chart, const Limits& x) {
  const bool log = chart.x_log && x.lo >= kSmallest && x.hi <= kLargest;
  return log ? log_axis(x.lo, x.hi) : whole_axis(x.lo, x.hi, kTicks + 1);
}

// Numbers to places on the paper.
struct Frame {
  Axis x, y;
  double top = kTop;

  double at_x(double number) const { return kLeft + x.place(number) * (kWidth - kLeft - kRight); }
  double at_y(double number) const { return kHeight - kBottom - y.place(number) * (kHeight - top - kBottom); }
  std::string at(const Point& point) const {
    return coordinate(at_x(point.x)) + " " + coordinate(at_y(point.y));
  }
};

std::string horizontal(std::string_view look, double y) {
  return fmt::format("<path class=\"{}\" d=\"M{} {}H{}\"/>", look, kLeft, coordinate(y), kWidth - kRight);
}

std::string vertical(std::string_view look, double x, double from, double to) {
  return fmt::format("<path class=\"{}\" d=\"M{} {}V{}\"/>", look, coordinate(x), coordinate(from),
                     coordinate(to));
}

std::string draw_grid(const Chart& chart, const Frame& frame) {
  const double floor = kHeight - kBottom;
  std::string out;
  for (const double tick : frame.y.minor) out += horizontal("minor", frame.at_y(tick));
  for (const double tick : frame.y.ticks) {
    out += horizontal("grid", frame.at_y(tick));
    out += text("y", kLeft - 9, frame.at_y(tick) + 5, frame.y.label(tick) + chart.y_unit);
  }
  for (const double tick : frame.x.ticks) {
    out += vertical("axis", frame.at_x(tick), floor, floor + 5);
    out += text("x", frame.at_x(tick), floor + 22, frame.x.label(tick));
  }
  out += horizontal("axis", floor);
  out += text("x name", (kLeft + kWidth - kRight) / 2, kHeight - 10, axis_name(chart.x_name, frame.x));
  return "<g class=\"scale\">" + out + text("name", 0, 16, axis_name(chart.y_name, frame.y)) + "</g>";
}

std::string mark(Marker marker, double x, double y) {
  if (marker == Marker::square) {
    return fmt::format("<rect x=\"{}\" y=\"{}\" width=\"7\" height=\"7\"/>", coordinate(x - 3.5),
                       coordinate(y - 3.5));
  }
  return fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"3.5\"/>", coordinate(x), coordinate(y));
}

std::string draw_line(const std::vector<Point>& points, const Frame& frame) {
  std::string path;
  bool begun = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool point = shown(points[i]);
    if (point) path += (begun ? "L" : "M") + frame.at(points[i]);
    // A point alone between gaps is a dot: a line of no length with round ends.
    const bool alone = point && !begun && (i + 1 == points.size() || !shown(points[i + 1]));
    if (alone) path += "h0";
    begun = point;
  }
  return path.empty() ? "" : "<path d=\"" + path + "\"/>";
}

// Markers at even distances in the list, the last point always among them.
std::string draw_markers(const Series& series, const Frame& frame) {
  std::vector<Point> points;
  std::copy_if(series.points.begin(), series.points.end(), std::back_inserter(points), shown);
  if (points.size() != 1 && series.marker == Marker::none) return "";
  const std::size_t stride = points.size() <= kMostMarkers ? 1 : points.size() / kFewMarkers;
  std::string out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if ((points.size() - 1 - i) % stride != 0) continue;
    out += mark(series.marker, frame.at_x(points[i].x), frame.at_y(points[i].y));
  }
  return out;
}

std::string draw_series(const Series& series, const Frame& frame) {
  const int columns = static_cast<int>(kWidth - kLeft - kRight);
  const std::string line = draw_line(thin(series.points, frame.x.lo, frame.x.hi, columns), frame);
  return fmt::format("<g class=\"line {}\" data-name=\"{}\">{}{}</g>", escape(series.look),
                     escape(series.name), line, draw_markers(series, frame));
}

double legend_width(const Series& series) {
  return kSwatch + 8 + kLetter * static_cast<double>(series.name.size()) + 12;
}

// Which series share a row of the legend: as many as fit. The first row leaves room for the axis's name.
std::vector<std::vector<const Series*>> legend_rows(const Chart& chart) {
  if (chart.series.size() < 2 || !chart.legend) return {};
  std::vector<std::vector<const Series*>> rows(1);
  double free = kWidth - kRight - kLetter * static_cast<double>(chart.y_name.size());
  for (const Series& series : chart.series) {
    if (free < legend_width(series)) {
      rows.emplace_back();
      free = kWidth - kRight;
    }
    free -= legend_width(series);
    rows.back().push_back(&series);
  }
  return rows;
}

double top_of(const Chart& chart) {
  const std::size_t rows = std::max<std::size_t>(1, legend_rows(chart).size());
  return kTop + kLegendRow * static_cast<double>(rows - 1);
}

// In the upper right corner.
std::string draw_legend(const Chart& chart) {
  std::string out;
  double y = 11;
  for (const std::vector<const Series*>& row : legend_rows(chart)) {
    double x = kWidth - kRight + 12;
    for (const Series* series : row) x -= legend_width(*series);
    for (const Series* series : row) {
      const std::string point =
          series->marker == Marker::none ? "" : mark(series->marker, x + kSwatch / 2, y);
      out += fmt::format("<g class=\"line {}\"><path d=\"M{} {}h{}\"/>{}</g>", escape(series->look),
                         coordinate(x), coordinate(y), kSwatch, point);
      out += text("legend", x + kSwatch + 8, y + 5, series->name);
      x += legend_width(*series);
    }
    y += kLegendRow;
  }
  return out;
}

// Where numbers are told: the places of the series with most points, thinned out evenly.
std::vector<double> told_places(const Chart& chart) {
  std::set<double> places;
  for (const Series& series : chart.series) {
    const std::size_t stride =
        std::max<std::size_t>(1, (series.points.size() + kMostColumns - 1) / kMostColumns);
    for (std::size_t i = 0; i < series.points.size(); ++i) {
      const bool told = (series.points.size() - 1 - i) % stride == 0 && drawable(series.points[i].x);
      if (told) places.insert(series.points[i].x);
    }
  }
  return {places.begin(), places.end()};
}

std::string told(const Chart& chart, double x) {
  std::string out = chart.x_name + " " + count(x);
  for (const Series& series : chart.series) {
    const auto after = std::upper_bound(series.points.begin(), series.points.end(), x,
                                        [](double place, const Point& point) { return place < point.x; });
    if (after == series.points.begin()) continue;
    const Point& latest = *(after - 1);
    out += "\n" + series.name + " " +
           (drawable(latest.y) ? significant(latest.y, 4) + chart.y_unit : "not finite");
  }
  return out;
}

// Bands without colour whose <title> the browser shows as a tooltip.
std::string draw_bands(const Chart& chart, const Frame& frame) {
  const std::vector<double> places = told_places(chart);
  std::string out;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const double here = frame.at_x(places[i]);
    const double left = i == 0 ? kLeft : (frame.at_x(places[i - 1]) + here) / 2;
    const double right = i + 1 == places.size() ? kWidth - kRight : (frame.at_x(places[i + 1]) + here) / 2;
    out += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}</title></rect>",
                       coordinate(left), frame.top, coordinate(right - left), kHeight - frame.top - kBottom,
                       escape(told(chart, places[i])));
  }
  return "<g class=\"bands\">" + out + "</g>";
}

// One sentence about a series, for those who do not see it.
std::string describe(const Chart& chart, const Series& series) {
  Limits y;
  std::vector<Point> seen;
  for (const Point& point : series.points) {
    if (!shown(point)) continue;
    seen.push_back(point);
    y.add(point.y);
  }
  if (seen.empty()) return "";
  const auto say = [&](double number) { return significant(number, 4) + chart.y_unit; };
  return fmt::format("{}: {} at {} {}, {} at {} {}; lowest {}, highest {}. ", series.name,
                     say(seen.front().y), chart.x_name, count(seen.front().x), say(seen.back().y),
                     chart.x_name, count(seen.back().x), say(y.lo), say(y.hi));
}

// An axis for the script of charts: where it lies on the paper, its numbers there, its kind.
std::string scale_data(const char* name, double from, double to, const Axis& axis) {
  return fmt::format(" data-{}=\"{} {} {:.9g} {:.9g} {}\"", name, coordinate(from), coordinate(to), axis.lo,
                     axis.hi, axis.log ? "log" : "linear");
}

std::string data_of(const Chart& chart, const Frame& frame) {
  return scale_data("x", kLeft, kWidth - kRight, frame.x) +
         scale_data("y", kHeight - kBottom, frame.top, frame.y) +
         fmt::format(" data-x-name=\"{}\" data-y-name=\"{}\" data-unit=\"{}\"", escape(chart.x_name),
                     escape(chart.y_name), escape(chart.y_unit));
}

}  // namespace

bool has_points(const Chart& chart) { return extent(chart).has_value(); }

std::string draw(const Chart& chart) {
  const std::optional<Extent> data = extent(chart);
  Frame frame;
  if (data) frame = {x_axis(chart, data->x), y_axis(chart, data->y), top_of(chart)};
  std::string out = fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{}-title {}-desc\"{}><title "
      "id=\"{}-title\">{}</title>",
      kWidth, kHeight, chart.id, chart.id, data ? data_of(chart, frame) : "", chart.id, escape(chart.title));
  std::string words;
  for (const Series& series : chart.series) words += describe(chart, series);
  if (words.empty()) words = "No numbers yet.";
  out += fmt::format("<desc id=\"{}-desc\">{}</desc>", chart.id, escape(words));
  if (!data) return out + text("x", kWidth / 2, kHeight / 2, "no numbers yet") + "</svg>";
  out += draw_grid(chart, frame);
  for (const Series& series : chart.series) out += draw_series(series, frame);
  return out + draw_legend(chart) + draw_bands(chart, frame) + "</svg>";
}

std::vector<Point> thin(const std::vector<Point>& points, double lo, double hi, int columns) {
  std::vector<Point> out;
  const auto column_of = [&](const Point& point) {
    return static_cast<std::int64_t>(std::floor((point.x - lo) / (hi - lo) * columns));
  };
  for (std::size_t i = 0; i < points.size();) {
    if (!shown(points[i])) {
      if (out.empty() || shown(out.back())) out.push_back({points[i].x, NAN});
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    while (end < points.size() && shown(points[end]) && column_of(points[end]) == column_of(points[i])) ++end;
    const auto [least, most] = std::minmax_element(points.begin() + i, points.begin() + end,
                                                   [](const Point& a, const Point& b) { return a.y < b.y; });
    const std::set<std::size_t> kept = {i, static_cast<std::size_t>(least - points.begin()),
                                        static_cast<std::size_t>(most - points.begin()), end - 1};
    for (const std::size_t k : kept) out.push_back(points[k]);
    i = end;
  }
  return out;
}

}  // namespace thalweg::page
