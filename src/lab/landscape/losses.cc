#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "draw/drawing.h"
#include "draw/html.h"
#include "draw/number.h"
#include "landscape/picture.h"

namespace thalweg::page {
namespace {

constexpr double kDecadesForLog = 1.5;
constexpr int kTicks = 6;
constexpr int kColumns = 480;
constexpr double kMostAboveStart = 1000;

double plot_width() { return Frame::kWidth - Frame::kLeft - Frame::kRight; }
double plot_height() { return Frame::kHeight - Frame::kTop - Frame::kBottom; }

// Losses, or what they are above the minimum where that is known.
struct Curves {
  std::string name;
  std::vector<std::vector<Point>> lines;
  double last_update = 1;
  double low = INFINITY, high = -INFINITY;
};

// Far above all starts: where what diverges leaves the picture.
double ceiling(const Landscape& landscape, double least) {
  double most = 0;
  for (const SurfacePath& path : landscape.paths)
    most = std::max(most, std::abs(path.losses.front() - least));
  return most > 0 ? kMostAboveStart * most : INFINITY;
}

Curves curves_of(const Landscape& landscape) {
  const bool known = std::isfinite(landscape.least) && !landscape.minima.empty();
  Curves out{known ? "loss above the minimum" : "loss", {}};
  // What is less than rounding above the minimum is rounding.
  const double least = std::numeric_limits<double>::epsilon() * std::max(1e-4, std::abs(landscape.least));
  const double most = ceiling(landscape, known ? landscape.least : 0);
  for (const SurfacePath& path : landscape.paths) {
    std::vector<Point>& line = out.lines.emplace_back();
    bool below = true;
    for (std::size_t k = 0; k < path.losses.size(); ++k) {
      const double x = static_cast<double>(updates_at(path, k));
      double y = known ? path.losses[k] - landscape.least : path.losses[k];
      if (known && y < least) y = std::max(y, y > -1e3 * least ? least : y);
      if (y > most) y = below ? most : NAN;  // the line goes up to there
      below = y < most;
      line.push_back({x, drawable(y) ? y : NAN});
      out.last_update = std::max(out.last_update, x);
      if (!drawable(y)) continue;
      out.low = std::min(out.low, y);
      out.high = std::max(out.high, y);
    }
  }
  return out;
}

Axis y_axis(const Curves& curves) {
  const bool positive = curves.low >= kSmallest;
  const bool log = positive && std::log10(curves.high) - std::log10(curves.low) >= kDecadesForLog;
  return log ? log_axis(curves.low, curves.high) : linear_axis(curves.low, curves.high, kTicks, Fit::ticks);
}

struct Paper {
  Axis x, y;

  double at_x(double number) const { return Frame::kLeft + x.place(number) * plot_width(); }
  double at_y(double number) const {
    return Frame::kHeight - Frame::kBottom - y.place(number) * plot_height();
  }
};

std::string draw_grid(const Paper& paper, const std::string& name) {
  const double floor = Frame::kHeight - Frame::kBottom;
  std::string out;
  for (const double tick : paper.y.ticks) {
    out += fmt::format("<path class=\"grid\" d=\"M{} {}h{}\"/>", Frame::kLeft, coordinate(paper.at_y(tick)),
                       plot_width());
    out += text("y", Frame::kLeft - 9, paper.at_y(tick) + 5, paper.y.label(tick));
  }
  for (const double tick : paper.x.ticks) {
    out += fmt::format("<path class=\"axis\" d=\"M{} {}v5\"/>", coordinate(paper.at_x(tick)), floor);
    out += text("x", paper.at_x(tick), floor + 22, paper.x.label(tick));
  }
  out += fmt::format("<path class=\"axis\" d=\"M{} {}h{}\"/>", Frame::kLeft, floor, plot_width());
  out += text("x name", Frame::kLeft + plot_width() / 2, Frame::kHeight - 10, "update");
  const std::string scale = paper.y.log             ? " (log scale)"
                            : paper.y.exponent != 0 ? " (\u00d7" + power_of_ten(paper.y.exponent) + ")"
                                                    : "";
  return out + text("name", 0, 16, name + scale);
}

std::string draw_curve(const std::vector<Point>& line, const Paper& paper, std::size_t i) {
  std::string d;
  bool begun = false;
  for (const Point& p : thin(line, paper.x.lo, paper.x.hi, kColumns)) {
    const bool there = drawable(p.y) && (!paper.y.log || p.y > 0);
    if (there) d += (begun ? "L" : "M") + coordinate(paper.at_x(p.x)) + " " + coordinate(paper.at_y(p.y));
    begun = there;
  }
  return fmt::format(
      "<g class=\"way way-{}\"><path class=\"halo\" d=\"{}\"/><path class=\"track\" d=\"{}\"/></g>", i, d, d);
}

std::string draw_end(const std::vector<Point>& line, const Paper& paper, std::size_t i) {
  const auto last = std::find_if(line.rbegin(), line.rend(), [](const Point& p) { return drawable(p.y); });
  if (last == line.rend()) return "";
  return fmt::format("<g class=\"way way-{} head\">{}</g>", i,
                     symbol(i, paper.at_x(last->x), paper.at_y(last->y)));
}

}  // namespace

std::string losses_svg(const Landscape& landscape) {
  if (landscape.paths.empty()) return "";
  const Curves curves = curves_of(landscape);
  if (curves.low > curves.high) return "";
  const Paper paper{whole_axis(0, curves.last_update, kTicks), y_axis(curves)};
  std::string out = fmt::format(
      "<svg class=\"landscape\" id=\"losses\" viewBox=\"0 0 {} {}\" role=\"img\" "
      "aria-labelledby=\"losses-title\"><title id=\"losses-title\">{} of every path by updates; the table "
      "has the numbers</title>",
      Frame::kWidth, Frame::kHeight, curves.name);
  out += draw_grid(paper, curves.name);
  for (std::size_t i = 0; i < curves.lines.size(); ++i) out += draw_curve(curves.lines[i], paper, i);
  for (std::size_t i = 0; i < curves.lines.size(); ++i) out += draw_end(curves.lines[i], paper, i);
  out += fmt::format(
      "<path id=\"now\" class=\"now\" data-left=\"{}\" data-scale=\"{}\" d=\"M0 {}v{}\" "
      "visibility=\"hidden\"/>",
      coordinate(paper.at_x(0)), paper.at_x(1) - paper.at_x(0), Frame::kTop, plot_height());
  return out + "</svg>";
}

}  // namespace thalweg::page
