#include "draw/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>

#include "base/utf8.h"
#include "draw/html.h"
#include "draw/number.h"
#include "draw/words.h"

namespace thalweg::page {
namespace {

// The margins hold the larger letters that the style sheet gives to narrow screens.
constexpr double kWidth = 560;
constexpr double kHeight = 330;  // with one row of the legend
constexpr double kLeft = 66;
constexpr double kRight = kWidth - 14;
constexpr double kTop = 40;
constexpr double kBottom = 54;
constexpr double kLetter = 10.2;     // width of one letter at most
constexpr double kSaidLetter = 7.9;  // of words in the plot
constexpr double kLine = 18;         // height of a line of them
constexpr double kLegendRow = 20;
constexpr double kAir = 5;  // around the plot, for lines and markers at its edge
constexpr int kTicks = 6;
constexpr std::size_t kLongestName = 200;
constexpr std::size_t kMostMarkers = 40;  // else there are kFewMarkers: more would hide the line
constexpr std::size_t kFewMarkers = 16;
constexpr std::size_t kMostColumns = 80;  // that tell their numbers
constexpr double kDecadesForLog = 1.5;
constexpr double kFar = 1000;  // heights of the plot beyond which all is the same

bool shown(const Point& point) { return drawable(point.x) && drawable(point.y); }

bool has_place(const Chart& chart, double x) {
  return drawable(x) && (chart.across != Across::log || x >= kSmallest);
}

// Whether something leaves the picture above or below.
bool is_cut(const Chart& chart) { return std::isfinite(chart.y_most) || std::isfinite(chart.y_least); }

struct Extent {
  Limits x, y;
};

std::optional<Extent> extent(const Chart& chart) {
  Extent found;
  if (chart.across != Across::log) found.x = chart.x_least;
  for (const Series& series : chart.series) {
    for (const Point& point : series.points) {
      if (!has_place(chart, point.x)) continue;
      found.x.add(point.x);
      if (drawable(point.y)) found.y.add(std::max(std::min(point.y, chart.y_most), chart.y_least));
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
  if (chart.across == Across::log) return log_axis(x.lo, x.hi);
  if (chart.across == Across::linear) return linear_axis(x.lo, x.hi, kTicks, Fit::ticks);
  return whole_axis(x.lo, x.hi, kTicks + 1);
}

double legend_width(const Series& series) {
  return kSwatch + 8 + kLetter * static_cast<double>(series.name.size()) + 12;
}

// Which series share a row of the legend: as many as fit. The first row leaves room for the axis's name.
std::vector<std::vector<const Series*>> legend_rows(const Chart& chart) {
  if (chart.series.size() < 2 || !chart.legend) return {};
  std::vector<std::vector<const Series*>> rows(1);
  double free = kRight - kLetter * static_cast<double>(chart.y_name.size());
  for (const Series& series : chart.series) {
    if (free < legend_width(series)) {
      rows.emplace_back();
      free = kRight;
    }
    free -= legend_width(series);
    rows.back().push_back(&series);
  }
  return rows;
}

// Numbers to places on the paper.
struct Frame {
  const Chart& chart;
  Axis x, y;
  double top = kTop, floor = kHeight - kBottom;

  // Whether a point of the chart has a place.
  bool shows(const Point& p) const {
    return has_place(chart, p.x) && drawable(p.y) && (!y.log || p.y >= kSmallest);
  }
  double at_x(double number) const { return kLeft + x.place(number) * (kRight - kLeft); }
  double at_y(double number) const {
    return floor - std::clamp(y.place(number), -kFar, kFar) * (floor - top);
  }
  std::string at(const Point& point) const { return place(at_x(point.x), at_y(point.y)); }
};

std::optional<Frame> frame_of(const Chart& chart) {
  const std::optional<Extent> data = extent(chart);
  if (!data) return std::nullopt;
  const std::size_t rows = std::max<std::size_t>(1, legend_rows(chart).size());
  const bool labelled =
      std::ranges::any_of(chart.series, [](const Series& series) { return !series.labels.empty(); });
  const double more = kLegendRow * static_cast<double>(rows - 1) + (labelled ? kLine : 0);
  return Frame{chart, x_axis(chart, data->x), y_axis(chart, data->y), kTop + more, kHeight - kBottom + more};
}

std::string draw_grid(const Frame& frame) {
  const Chart& chart = frame.chart;
  std::string out;
  for (const double tick : frame.y.minor) out += horizontal("minor", frame.at_y(tick), kLeft, kRight);
  if (chart.across == Across::log) {
    for (const double tick : frame.x.minor)
      out += vertical("minor", frame.at_x(tick), frame.top, frame.floor);
  }
  for (const double tick : frame.y.ticks) {
    out += horizontal("grid", frame.at_y(tick), kLeft, kRight);
    out += text("y", kLeft - 9, frame.at_y(tick) + 5, frame.y.label(tick) + chart.y_unit);
  }
  for (const double tick : frame.x.ticks) {
    out += vertical("axis", frame.at_x(tick), frame.floor, frame.floor + 5);
    const std::string label = frame.x.label(tick);  // on the paper as a whole, in larger letters too
    const double last = kWidth - kLetter * static_cast<double>(label.size()) / 2;
    out += text("x", std::min(frame.at_x(tick), last), frame.floor + 22, label);
  }
  out += horizontal("axis", frame.floor, kLeft, kRight);
  out += text("x name", (kLeft + kRight) / 2, frame.floor + 44, axis_name(chart.x_name, frame.x));
  return "<g class=\"scale\">" + out + text("name", 0, 16, axis_name(chart.y_name, frame.y)) + "</g>";
}

std::string draw_line(const std::vector<Point>& points, const Frame& frame) {
  std::string d;
  bool begun = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool point = frame.shows(points[i]);
    if (point) d += (begun ? "L" : "M") + frame.at(points[i]);
    // A point alone between gaps is a dot: a line of no length with round ends.
    const bool alone = point && !begun && (i + 1 == points.size() || !frame.shows(points[i + 1]));
    if (alone) d += "h0";
    begun = point;
  }
  return d.empty() ? "" : "<path d=\"" + d + "\"/>";
}

// Markers at even distances in the list, the last point always among them; all where there is no line.
std::string draw_markers(const Series& series, const Frame& frame) {
  std::vector<std::size_t> points;
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    if (frame.shows(series.points[i])) points.push_back(i);
  }
  const bool alone = points.size() == 1;
  const Marker marker = alone && series.marker == Marker::none ? Marker::circle : series.marker;
  const bool all = points.size() <= kMostMarkers || !series.line;
  const std::size_t stride = all ? 1 : points.size() / kFewMarkers;
  std::string out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if ((points.size() - 1 - i) % stride != 0) continue;
    const Point& point = series.points[points[i]];
    out += mark(marker, frame.at_x(point.x), frame.at_y(point.y),
                points[i] < series.notes.size() ? series.notes[points[i]] : "");
  }
  return out;
}

std::string draw_series(const Series& series, const Frame& frame) {
  const int columns = static_cast<int>(kRight - kLeft);
  const std::string line = series.line ? draw_line(thin(series.points, frame.x, columns), frame) : "";
  const bool cut = is_cut(frame.chart);
  return fmt::format("<g class=\"line {}\" data-name=\"{}\"{}>{}{}</g>", escape(series.look),
                     escape(series.name), cut ? " clip-path=\"url(#" + frame.chart.id + "-plot)\"" : "", line,
                     draw_markers(series, frame));
}

// In the upper right corner; all rows begin where the widest does.
std::string draw_legend(const Chart& chart) {
  std::string out;
  double y = 11, widest = 0;
  for (const std::vector<const Series*>& row : legend_rows(chart)) {
    double width = 0;
    for (const Series* series : row) widest = std::max(widest, width += legend_width(*series));
  }
  for (const std::vector<const Series*>& row : legend_rows(chart)) {
    double x = std::max(0.0, kRight + 12 - widest);
    for (const Series* series : row) {
      out += swatch(*series, x, y) + text("legend", x + kSwatch + 8, y + 5, series->name);
      x += legend_width(*series);
    }
    y += kLegendRow;
  }
  return out;
}

// What words keep off: the lines and dots of all series.
WordPlaces word_places(const Frame& frame) {
  WordPlaces out({kLeft, frame.top - 22 - kLine, kWidth, frame.floor}, kSaidLetter, kLine);
  for (const Series& series : frame.chart.series) {
    std::vector<Point> line;
    for (const Point& p : thin(series.points, frame.x, static_cast<int>(kRight - kLeft)))
      line.push_back(frame.shows(p) ? Point{frame.at_x(p.x), frame.at_y(p.y)} : Point{p.x, NAN});
    if (series.line) out.avoid(std::move(line));
    for (const Label& label : series.labels) {
      if (!frame.shows(label.at)) continue;
      const double x = frame.at_x(label.at.x), y = frame.at_y(label.at.y);
      out.avoid(Box{x - 4, y - 4, x + 4, y + 4});
    }
  }
  return out;
}

std::string draw_words(const std::string& words, double x, double y, WordPlaces& places) {
  const std::optional<Beside> beside = words.empty() ? std::nullopt : places.take({x, y}, words);
  return beside ? text(beside->right ? "said" : "said y", beside->x, beside->y, words) : "";
}

std::string draw_labels(const Frame& frame) {
  std::string out;
  WordPlaces places = word_places(frame);
  for (const Series& series : frame.chart.series) {
    for (const Label& label : series.labels) {
      if (!frame.shows(label.at)) continue;
      const double x = frame.at_x(label.at.x), y = frame.at_y(label.at.y);
      out += fmt::format(
          "<g class=\"label {}\" transform=\"translate({})\"><circle class=\"dot\" r=\"4\"/>{}</g>",
          escape(series.look), place(x, y), draw_words(label.text, x, y, places));
    }
  }
  return out;
}

std::string draw_span(const Frame& frame) {
  const double lo = std::max(frame.chart.span.lo, frame.x.lo), hi = std::min(frame.chart.span.hi, frame.x.hi);
  if (!(lo < hi)) return "";
  return rect("span", {frame.at_x(lo), frame.top}, {frame.at_x(hi), frame.floor});
}

// Words stand on the side that has more room.
std::string draw_marks(const Frame& frame) {
  std::string out;
  for (const Mark& mark : frame.chart.marks) {
    if (!(mark.x >= frame.x.lo && mark.x <= frame.x.hi)) continue;
    const double x = frame.at_x(mark.x);
    const bool left = x > (kLeft + kRight) / 2;
    out += fmt::format("<g class=\"upright\" transform=\"translate({})\"><path d=\"M0 {}V{}\"/>{}</g>",
                       place(x, 0), frame.top, frame.floor,
                       text(left ? "said y" : "said", left ? -6 : 6, frame.top + 14, mark.text));
  }
  return out;
}

// A number of the x axis in words.
std::string across(const Chart& chart, double x) {
  return chart.x_name + " " + (chart.across == Across::whole ? count(x) : significant(x, 4));
}

// Where numbers are told: the places of all series, thinned out evenly.
std::vector<double> told_places(const Frame& frame) {
  std::set<double> places;
  for (const Series& series : frame.chart.series) {
    const std::size_t n = series.points.size(),
                      stride = std::max<std::size_t>(1, (n + kMostColumns - 1) / kMostColumns);
    for (std::size_t i = 0; i < n; ++i) {
      const double x = series.points[i].x;
      if ((n - 1 - i) % stride == 0 && has_place(frame.chart, x)) places.insert(x);
    }
  }
  return {places.begin(), places.end()};
}

// What all series say at x: a line its latest point, markers alone only one that stands there.
std::string told(const Chart& chart, double x) {
  std::string out = across(chart, x);
  for (const Series& series : chart.series) {
    const auto after = std::ranges::upper_bound(series.points, x, {}, &Point::x);
    if (after == series.points.begin()) continue;
    const Point& latest = *(after - 1);
    if (!series.line && latest.x != x) continue;
    out += "\n" + series.name + " " +
           (drawable(latest.y) ? significant(latest.y, 4) + chart.y_unit : "not finite");
    const auto i = static_cast<std::size_t>(after - 1 - series.points.begin());
    if (i < series.notes.size() && latest.x == x && !series.notes[i].empty()) out += "\n" + series.notes[i];
  }
  return out;
}

// Bands without colour whose <title> the browser shows as a tooltip.
std::string draw_bands(const Frame& frame) {
  const std::vector<double> places = told_places(frame);
  std::string out;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const double here = frame.at_x(places[i]);
    const double left = i == 0 ? kLeft : (frame.at_x(places[i - 1]) + here) / 2;
    const double right = i + 1 == places.size() ? kRight : (frame.at_x(places[i + 1]) + here) / 2;
    out += rect("", {left, frame.top}, {right, frame.floor}, told(frame.chart, places[i]));
  }
  return "<g class=\"bands\">" + out + "</g>";
}

// A sentence about each series and each mark, for those who do not see them.
std::string describe(const Frame& frame) {
  const Chart& chart = frame.chart;
  std::string out;
  const auto say = [&](const Point& p) {
    return significant(p.y, 4) + chart.y_unit + " at " + across(chart, p.x);
  };
  for (const Series& series : chart.series) {
    std::vector<Point> seen;
    std::ranges::copy_if(series.points, std::back_inserter(seen),
                         [&](const Point& p) { return frame.shows(p); });
    if (seen.empty()) continue;
    const auto [least, most] = std::ranges::minmax_element(seen, {}, &Point::y);
    out += fmt::format("{}: {}, {}; lowest {}, highest {}. ", series.name, say(seen.front()),
                       say(seen.back()), say(*least), say(*most));
  }
  for (const Mark& mark : chart.marks) out += mark.text + ". ";
  return out;
}

// An axis for the script of charts: where it lies on the paper, its numbers there, its kind.
std::string scale_data(const char* name, double from, double to, const Axis& axis, bool whole) {
  return fmt::format(" data-{}=\"{} {:.9g} {:.9g} {}\"", name, place(from, to), axis.lo, axis.hi,
                     axis.log ? "log"
                     : whole  ? "whole"
                              : "linear");
}

std::string data_of(const Frame& frame) {
  const Chart& chart = frame.chart;
  return scale_data("x", kLeft, kRight, frame.x, chart.across == Across::whole) +
         scale_data("y", frame.floor, frame.top, frame.y, false) +
         fmt::format(" data-x-name=\"{}\" data-y-name=\"{}\" data-unit=\"{}\"", escape(chart.x_name),
                     escape(chart.y_name), escape(chart.y_unit));
}

std::string plot_clip(const Frame& frame) {
  if (!is_cut(frame.chart)) return "";
  return "<clipPath id=\"" + frame.chart.id + "-plot\">" +
         rect("", {kLeft - kAir, frame.top - kAir}, {kRight + kAir, frame.floor + kAir}) + "</clipPath>";
}

// Names come from files and arguments; tooltips have lines of their own.
Chart readable(Chart chart) {
  for (std::string* name : {&chart.title, &chart.x_name, &chart.y_name})
    *name = thalweg::shown(*name, kLongestName);
  for (Series& series : chart.series) series.name = thalweg::shown(series.name, kLongestName);
  for (Mark& mark : chart.marks) mark.text = thalweg::shown(mark.text, kLongestName);
  return chart;
}

// `head` are attributes, `first` what lies under all else.
std::string drawn(const Chart& given, std::string_view head, std::string_view first) {
  const Chart chart = readable(given);
  const std::optional<Frame> frame = frame_of(chart);
  const double height = frame ? frame->floor + kBottom : kHeight;
  std::string out = fmt::format(
      "<svg{0} class=\"chart\" viewBox=\"0 0 {1} {2}\" role=\"img\" aria-labelledby=\"{3}-title "
      "{3}-desc\"{4}>"
      "<title id=\"{3}-title\">{5}</title><desc id=\"{3}-desc\">{6}</desc>{7}",
      fmt::format(fmt::runtime(head), kWidth, height), kWidth, height, chart.id, frame ? data_of(*frame) : "",
      escape(chart.title), frame ? escape(describe(*frame)) : "No numbers yet.", first);
  if (!frame) return out + text("x", kWidth / 2, kHeight / 2, "no numbers yet") + "</svg>";
  out += plot_clip(*frame) + draw_span(*frame) + draw_grid(*frame);
  for (const Series& series : chart.series) out += draw_series(series, *frame);
  return out + draw_labels(*frame) + draw_marks(*frame) + draw_legend(chart) + draw_bands(*frame) + "</svg>";
}

}  // namespace

bool has_points(const Series& series) {
  return std::ranges::any_of(series.points, [](const Point& p) { return std::isfinite(p.y); });
}

bool has_points(const Chart& chart) { return extent(chart).has_value(); }

std::string draw(const Chart& chart) { return drawn(chart, "", ""); }

std::string standalone(const Chart& chart) {
  return drawn(chart, " xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\"",
               fmt::format("<style>{}</style><rect class=\"ground\" width=\"100%\" height=\"100%\"/>",
                           kChartCss.text)) +
         "\n";
}

std::string figure(const Chart& chart, std::string_view caption) {
  return has_points(chart) ? figure(chart.title, caption, draw(chart)) : "";
}

std::string swatch(const Series& series, double x, double y) {
  const std::string line = series.line ? fmt::format("<path d=\"M{}h{}\"/>", place(x, y), kSwatch) : "";
  return fmt::format("<g class=\"line {}\">{}{}</g>", escape(series.look), line,
                     mark(series.marker, x + kSwatch / 2, y));
}

std::string legend(const std::vector<Series>& series) {
  std::string out;
  for (const Series& one : series) {
    out += fmt::format("<li><svg viewBox=\"0 0 {} 12\" aria-hidden=\"true\">{}</svg>{}</li>\n", kSwatch,
                       swatch(one, 0, 6), escape(thalweg::shown(one.name, kLongestName)));
  }
  return "<ul class=\"names\">\n" + out + "</ul>\n";
}

std::vector<Point> thin(const std::vector<Point>& points, const Axis& axis, int columns) {
  std::vector<Point> out;
  const auto there = [&](const Point& p) { return shown(p) && (!axis.log || p.x >= kSmallest); };
  const auto column_of = [&](const Point& p) {
    return static_cast<std::int64_t>(std::floor(axis.place(p.x) * columns));
  };
  for (std::size_t i = 0; i < points.size();) {
    if (!there(points[i])) {
      if (out.empty() || there(out.back())) out.push_back({points[i].x, NAN});
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    while (end < points.size() && there(points[end]) && column_of(points[end]) == column_of(points[i])) ++end;
    const auto [least, most] =
        std::ranges::minmax_element(points.begin() + i, points.begin() + end, {}, &Point::y);
    const std::set<std::size_t> kept = {i, static_cast<std::size_t>(least - points.begin()),
                                        static_cast<std::size_t>(most - points.begin()), end - 1};
    for (const std::size_t k : kept) out.push_back(points[k]);
    i = end;
  }
  return out;
}

bool has_charts(std::string_view body) {
  return body.find("<svg") != body.npos && body.find(" data-x=\"") != body.npos;
}

}  // namespace thalweg::page
