#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/utf8.h"
#include "draw/chart.h"
#include "draw/contour.h"
#include "draw/html.h"
#include "draw/labels.h"
#include "draw/number.h"
#include "landscape/picture.h"

namespace thalweg::page {
namespace {

constexpr int kTicks = 7;
constexpr double kTolerance = 0.25;  // of outlines, in units of the paper
constexpr double kBetweenDots = 4;   // steps nearer than this have no dot
constexpr std::size_t kMostPoints = 800;
constexpr double kFar = 5000;             // from the middle of the paper
constexpr double kRow = 24;               // of the legend
constexpr std::size_t kMostLetters = 48;  // of a line of the legend, of the larger ones of narrow screens
constexpr std::size_t kLeastName = 16;    // of them for a name

constexpr Point kCorner{Frame::kLeft, Frame::kTop};  // of the plot

double plot_width() { return Frame::kWidth - Frame::kLeft - Frame::kRight; }
double plot_height() { return Frame::kHeight - Frame::kTop - Frame::kBottom; }

std::string at(const Point& p) { return place(p.x, p.y); }

// Cells of the grid to the paper.
Point on_paper(const Surface& surface, const Place& cell) {
  const double columns = static_cast<double>(surface.columns - 1);
  const double rows = static_cast<double>(surface.rows - 1);
  return {Frame::kLeft + cell.x / columns * plot_width(),
          Frame::kHeight - Frame::kBottom - cell.y / rows * plot_height()};
}

// Relative moves in tenths of a unit: half as long as places.
std::string closed_path(const Surface& surface, const std::vector<Outline>& lines) {
  std::string out;
  for (const Outline& line : lines) {
    long x = 0, y = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const Point p = on_paper(surface, line[i]);
      const long to_x = std::lround(10 * p.x), to_y = std::lround(10 * p.y);
      if (i > 0 && to_x == x && to_y == y) continue;
      out += fmt::format("{}{} {}", i == 0 ? "M" : "l", coordinate(static_cast<double>(to_x - x) / 10),
                         coordinate(static_cast<double>(to_y - y) / 10));
      x = to_x, y = to_y;
    }
    out += "z";
  }
  return out;
}

std::vector<Outline> outlines_at(const Surface& surface, const std::vector<double>& heights, double level) {
  const double cell = plot_width() / static_cast<double>(surface.columns - 1);
  return outlines(heights, surface.columns, surface.rows, level, kTolerance / cell);
}

// "0.05" and "50": levels are round numbers, or nearly.
std::string level_name(double level) {
  std::string text = significant(level, 3);
  if (text.find('.') == std::string::npos || text.find("\u00d7") != std::string::npos) return text;
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

// A label on the longest outline, away from the edge and from other labels; none where there is no room.
void place_label(const Surface& surface, const std::vector<Outline>& lines, std::string text,
                 std::vector<Label>& labels) {
  const auto longest = std::ranges::max_element(lines, {}, std::ranges::size);
  if (longest == lines.end()) return;
  const auto free = [&](const Point& p) {
    const bool clear = p.x > Frame::kLeft + 30 && p.x < Frame::kWidth - Frame::kRight - 30 &&
                       p.y > Frame::kTop + 20 && p.y < Frame::kHeight - Frame::kBottom - 16;
    return clear && std::ranges::none_of(labels, [&](const Label& other) {
             return std::abs(other.at.x - p.x) < 64 && std::abs(other.at.y - p.y) < 30;
           });
  };
  for (std::size_t i = 0; i < longest->size(); ++i) {
    const Point p = on_paper(surface, (*longest)[(i + longest->size() / 5) % longest->size()]);
    if (!free(p)) continue;
    labels.push_back({p, std::move(text)});
    return;
  }
}

// What labels keep away from, as labels without text.
std::vector<Label> marked_places(const Landscape& landscape) {
  const Frame frame(landscape.surface.range);
  std::vector<Label> out;
  for (const PlanePoint& minimum : landscape.minima) out.push_back({frame.at(minimum), ""});
  if (!landscape.paths.empty()) out.push_back({frame.at(landscape.paths.front().points.front()), ""});
  return out;
}

std::string draw_levels(const Landscape& landscape, const Levels& levels) {
  const Surface& surface = landscape.surface;
  std::vector<double> heights, holes;
  for (const double value : surface.values) {
    heights.push_back(levels.height(value));
    holes.push_back(std::isnan(value) ? 1 : 0);
  }
  std::string out = "<g class=\"levels\">";
  std::vector<Label> labels = marked_places(landscape);
  for (std::size_t i = 0; i < levels.values.size(); ++i) {
    const std::vector<Outline> lines = outlines_at(surface, heights, levels.height(levels.values[i]));
    if (lines.empty()) continue;
    out += "<path d=\"" + closed_path(surface, lines) + "\"/>";
    if (i % 2 == 0) place_label(surface, lines, level_name(levels.values[i]), labels);
  }
  out += "</g>";
  const std::vector<Outline> undefined = outlines_at(surface, holes, 0.5);
  if (!undefined.empty()) {
    out += "<path class=\"hole\" d=\"" + closed_path(surface, undefined) +
           "\"><title>not defined here</title></path>";
  }
  out += "<g class=\"level-names\">";
  for (const Label& label : labels) {
    if (label.text.empty()) continue;
    out += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>", coordinate(label.at.x),
                       coordinate(label.at.y + 4), escape(label.text));
  }
  return out + "</g>";
}

// Of a function of one number; what is not finite parts it.
std::string draw_curve(const Landscape& landscape, const Frame& frame) {
  const Surface& surface = landscape.surface;
  const double last = static_cast<double>(surface.columns - 1);
  std::string line;
  bool pen = false;
  for (std::size_t i = 0; i < surface.columns; ++i) {
    const double x = std::lerp(surface.range.x_low, surface.range.x_high, static_cast<double>(i) / last);
    const bool drawn = drawable(surface.values[i]);
    if (drawn) line += (pen ? "L" : "M") + at(frame.at({x, surface.values[i]}));
    pen = drawn;
  }
  return path("curve", line);
}

std::string draw_axes(const Landscape& landscape, const Frame& frame) {
  const double floor = Frame::kHeight - Frame::kBottom;
  std::string out;
  for (const double tick : frame.x.ticks) {
    const double x = Frame::kLeft + frame.x.place(tick) * plot_width();
    out += vertical("axis", x, floor, floor + 5);
    out += text("x", x, floor + 22, frame.x.label(tick));
  }
  for (const double tick : frame.y.ticks) {
    const double y = floor - frame.y.place(tick) * plot_height();
    out += horizontal("axis", y, Frame::kLeft - 5, Frame::kLeft);
    out += text("y", Frame::kLeft - 9, y + 5, frame.y.label(tick));
  }
  out += rect("axis", kCorner, {kCorner.x + plot_width(), floor});
  out += text("x name", Frame::kLeft + plot_width() / 2, Frame::kHeight - 10,
              axis_name(landscape.x_name, frame.x));
  return out + text("name", 0, 16, axis_name(landscape.y_name, frame.y));
}

// The line of a path and a dot for each step that has room.
std::string draw_path(const SurfacePath& path, const Frame& frame, std::size_t i) {
  std::string line, dots;
  Point last{INFINITY, INFINITY};
  for (const std::size_t k : drawn_points(path)) {
    const Point p = frame.at(path.points[k]);
    line += (line.empty() ? "M" : "L") + at(p);
    if (std::hypot(p.x - last.x, p.y - last.y) < kBetweenDots) continue;
    dots += "M" + at(p) + "h0";
    last = p;
  }
  return fmt::format("<g class=\"way {}\" data-path=\"{}\">{}{}{}</g>", look_of(i), i,
                     page::path("halo", line), page::path("track", line), page::path("dots", dots));
}

// Where the script of the page moves it when there is no end to be seen.
std::string draw_end(const SurfacePath& path, const Landscape& landscape, const Frame& frame, std::size_t i) {
  const Point p = frame.at(path.points.back());
  const bool seen = inside(landscape.surface.range, path.points.back());
  return fmt::format("<g class=\"head {}\" data-path=\"{}\"{}>{}</g>", look_of(i), i,
                     seen ? "" : " visibility=\"hidden\"", mark(marker_of(i), p.x, p.y));
}

std::string cross(const Point& p) {
  return fmt::format("M{} {}l10 10m0-10l-10 10", coordinate(p.x - 5), coordinate(p.y - 5));
}

std::string draw_marks(const Landscape& landscape, const Frame& frame) {
  std::string out = "<g class=\"marks\">";
  for (const PlanePoint& minimum : landscape.minima) {
    if (!inside(landscape.surface.range, minimum)) continue;
    const std::string d = cross(frame.at(minimum));
    out += fmt::format("<path class=\"halo\" d=\"{}\"/><path d=\"{}\"><title>minimum</title></path>", d, d);
  }
  if (last_time(landscape) > 0 && inside(landscape.surface.range, landscape.paths.front().points.front())) {
    const Point p = frame.at(landscape.paths.front().points.front());
    out += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"5\"><title>start</title></circle>", coordinate(p.x),
                       coordinate(p.y));
    const bool right = p.x > Frame::kWidth - 90;
    out += text(right ? "y" : "", p.x + (right ? -10 : 10), p.y - 9, "start");
  }
  return out + "</g>";
}

// After how many updates, where paths differ in that.
std::string end_of(const Landscape& landscape, const SurfacePath& path) {
  const auto last = [](const SurfacePath& one) { return updates_at(one, one.points.size() - 1); };
  const bool same =
      std::ranges::all_of(landscape.paths, [&](const SurfacePath& one) { return last(one) == last(path); });
  return ": loss " + significant(path.losses.back(), 3) + (same ? "" : " after " + count(last(path)));
}

std::string result_of(const Landscape& landscape, const SurfacePath& path) {
  const std::string remark = path_remark(landscape, path), end = end_of(landscape, path);
  return remark.empty() ? end : end + ", " + remark;
}

// A line for each path; one that is too long leaves out the remark, then parts of the name that others have
// too.
std::string draw_legend(const Landscape& landscape) {
  std::vector<std::string> names;
  for (const SurfacePath& path : landscape.paths) names.push_back(path.name);
  std::string out;
  double y = Frame::kHeight + 12;
  for (std::size_t i = 0; i < names.size(); ++i, y += kRow) {
    const std::string whole = names[i] + result_of(landscape, landscape.paths[i]);
    const std::string end = end_of(landscape, landscape.paths[i]);
    const std::size_t room = kMostLetters - std::min(kMostLetters - kLeastName, characters(end));
    const std::string line = characters(whole) <= kMostLetters ? whole : told_apart(names, room)[i] + end;
    out += swatch(path_series(landscape, i), Frame::kLeft, y);
    out += fmt::format("<text class=\"legend\" x=\"{}\" y=\"{}\">{}<title>{}</title></text>",
                       Frame::kLeft + 48, coordinate(y + 5), escape(shown(line)), escape(shown(whole)));
  }
  return out;
}

std::string description(const Landscape& landscape) {
  std::string out = landscape.subtitle;
  for (const SurfacePath& path : landscape.paths) out += " " + path.name + result_of(landscape, path) + ".";
  return out;
}

}  // namespace

Frame::Frame(const PlaneRange& range)
    : x(linear_axis(range.x_low, range.x_high, kTicks, Fit::data)),
      y(linear_axis(range.y_low, range.y_high, kTicks, Fit::data)) {}

Point Frame::at(const PlanePoint& point) const {
  constexpr double kMost = 1e150;  // their product with the paper is finite
  const Point middle{kLeft + plot_width() / 2, kTop + plot_height() / 2};
  const auto share = [&](const Axis& axis, double number) {
    return std::clamp(axis.place(std::clamp(number, -kMost, kMost)) - 0.5, -kMost, kMost);
  };
  const double dx = share(x, point.x) * plot_width(), dy = -share(y, point.y) * plot_height();
  const double factor = std::min(1.0, kFar / std::max(std::abs(dx), std::abs(dy)));
  return {middle.x + dx * factor, middle.y + dy * factor};
}

bool inside(const PlaneRange& range, const PlanePoint& p) {
  return p.x >= range.x_low && p.x <= range.x_high && p.y >= range.y_low && p.y <= range.y_high;
}

std::vector<std::size_t> drawn_points(const SurfacePath& path) {
  const std::size_t n = path.points.size(), stride = (n + kMostPoints - 1) / kMostPoints;
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < n; i += stride) out.push_back(i);
  if (out.back() != n - 1) out.push_back(n - 1);
  return out;
}

std::uint64_t updates_at(const SurfacePath& path, std::size_t point) {
  return path.updates.empty() ? point : path.updates[point];
}

std::string path_remark(const Landscape& landscape, const SurfacePath& path) {
  const auto say = [&](std::size_t k) { return count(updates_at(path, k)); };
  if (path.diverged) return "diverges after update " + say(path.points.size() - 1);
  for (std::size_t k = 0; k < path.points.size(); ++k) {
    if (!inside(landscape.surface.range, path.points[k])) return "leaves the picture at update " + say(k);
  }
  return "";
}

std::string contour_svg(const Landscape& landscape, const Levels& levels, std::string_view id, bool alone) {
  const Frame frame(landscape.surface.range);
  const double height =
      Frame::kHeight +
      (alone && !landscape.paths.empty() ? 10 + kRow * static_cast<double>(landscape.paths.size()) : 0);
  std::string out = fmt::format(
      "<svg class=\"landscape\" viewBox=\"0 0 {0} {1}\"{2} role=\"img\" aria-labelledby=\"{5}-title "
      "{5}-desc\"><title id=\"{5}-title\">{3}</title><desc id=\"{5}-desc\">{4}</desc>",
      Frame::kWidth, height,
      alone ? fmt::format(" xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\"", Frame::kWidth,
                          height)
            : "",
      escape(landscape.title), escape(description(landscape)), id);
  if (alone) {
    out += fmt::format("<style>{}{}</style><rect class=\"ground\" width=\"100%\" height=\"100%\"/>",
                       kChartCss.text, kLandscapeCss.text);
  }
  out += fmt::format("<clipPath id=\"{}-plot\">", id) +
         rect("", kCorner, {kCorner.x + plot_width(), kCorner.y + plot_height()}) + "</clipPath>";
  const bool curve = is_curve(landscape);
  out += (curve ? "" : draw_levels(landscape, levels)) + draw_axes(landscape, frame);
  out += fmt::format("<g clip-path=\"url(#{}-plot)\">", id) + (curve ? draw_curve(landscape, frame) : "");
  for (std::size_t i = 0; i < landscape.paths.size(); ++i) out += draw_path(landscape.paths[i], frame, i);
  out += "</g>" + draw_marks(landscape, frame);
  for (std::size_t i = 0; i < landscape.paths.size(); ++i) {
    out += draw_end(landscape.paths[i], landscape, frame, i);
  }
  return out + (alone ? draw_legend(landscape) : "") + "</svg>";
}

}  // namespace thalweg::page
