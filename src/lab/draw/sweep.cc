#include "draw/sweep.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "draw/drawing.h"
#include "draw/html.h"
#include "draw/number.h"

namespace thalweg::page {
namespace {

// The margins hold the larger letters that the style sheet gives to narrow screens.
constexpr double kWidth = 560;
constexpr double kHeight = 360;
constexpr double kLeft = 70;
constexpr double kRight = 18;
constexpr double kTop = 70;
constexpr double kBottom = 54;
constexpr double kLetter = 9.2;  // width of one letter at most
constexpr double kSwatch = 26;
constexpr int kTicks = 6;

// Colours are those of Okabe and Ito (2008), each with 3:1 or more against its paper.
constexpr std::string_view kStyle = R"css(
.sweep{--first:#0072b2;--second:#b84f00;--third:#00795a;--faint:#7b8794;--ink:#15191e;--soft:#56606b;
--grid:#e3e7ec;--minor:#f1f3f6;--paper:#fff;--span:rgba(0,114,178,.09);
font:13.5px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
@media screen and (prefers-color-scheme:dark){.sweep{--first:#56b4e9;--second:#e69f00;--third:#2fc597;
--faint:#77838f;--ink:#e6e9ed;--soft:#9da8b4;--grid:#29313a;--minor:#1c222a;--paper:#12161b;
--span:rgba(86,180,233,.13)}}
.sweep text{fill:var(--soft)}.sweep text.said{fill:var(--ink);font-weight:600}.sweep text.legend{fill:var(--ink)}
.sweep .x{text-anchor:middle}.sweep .y{text-anchor:end}
.sweep path{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.sweep path.grid{stroke:var(--grid);stroke-width:1}.sweep path.minor{stroke:var(--minor);stroke-width:1}
.sweep path.axis{stroke:var(--soft);stroke-width:1}
.sweep path.mark{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:2 4}
.sweep .span{fill:var(--span)}.sweep .sheet{fill:var(--paper)}
.sweep .first path{stroke:var(--first)}.sweep .second path{stroke:var(--second);stroke-dasharray:7 5}
.sweep .third path{stroke:var(--third);stroke-dasharray:2 5}.sweep .faint path{stroke:var(--faint);stroke-width:1.1}
.sweep .dot{stroke:var(--paper);stroke-width:1}.sweep .first .dot{fill:var(--first)}
.sweep .second .dot{fill:var(--second)}.sweep .third .dot{fill:var(--third)}.sweep .faint .dot{fill:var(--faint)}
)css";

constexpr std::array<std::string_view, 4> kLooks = {"first", "second", "third", "faint"};

std::string_view look_name(Look look) { return kLooks[static_cast<std::size_t>(look)]; }

bool on_axis(double number, bool log) { return drawable(number) && (!log || number >= kSmallest); }

// Numbers to places on the paper.
struct Frame {
  const Sweep& sweep;
  Axis x, y;

  bool shows(const Point& p) const { return on_axis(p.x, sweep.log_x) && on_axis(p.y, sweep.log_y); }
  double at_x(double number) const { return kLeft + x.place(number) * (kWidth - kLeft - kRight); }
  double at_y(double number) const {
    return kHeight - kBottom - std::min(1.0, y.place(number)) * (kHeight - kTop - kBottom);
  }
};

std::optional<Frame> frame_of(const Sweep& sweep) {
  Limits x, y;
  const double most = std::isnan(sweep.y_most) ? INFINITY : sweep.y_most;
  for (const SweepSeries& series : sweep.series) {
    for (const Point& p : series.points) {
      if (!on_axis(p.x, sweep.log_x) || !on_axis(p.y, sweep.log_y)) continue;
      x.add(p.x);
      y.add(std::min(p.y, most));
    }
  }
  if (x.lo > x.hi) return std::nullopt;
  if (sweep.from_zero && !sweep.log_y) y.add(0);
  return Frame{sweep, sweep.log_x ? log_axis(x.lo, x.hi) : linear_axis(x.lo, x.hi, kTicks, Fit::ticks),
               sweep.log_y ? log_axis(y.lo, y.hi) : linear_axis(y.lo, y.hi, kTicks, Fit::ticks)};
}

std::string words(std::string_view look, double x, double y, std::string_view text) {
  return fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>", look, coordinate(x), coordinate(y),
                     escape(text));
}

std::string stroke(std::string_view look, std::string_view path) {
  return fmt::format("<path class=\"{}\" d=\"{}\"/>", look, path);
}

std::string across(const Frame& frame, std::string_view look, double tick) {
  return stroke(look, fmt::format("M{} {}H{}", kLeft, coordinate(frame.at_y(tick)), kWidth - kRight));
}

std::string down(std::string_view look, double x, double from, double to) {
  return stroke(look, fmt::format("M{} {}V{}", coordinate(x), coordinate(from), coordinate(to)));
}

std::string draw_grid(const Frame& frame) {
  const double floor = kHeight - kBottom;
  std::string out;
  for (const double tick : frame.y.minor) out += across(frame, "minor", tick);
  for (const double tick : frame.x.minor) out += down("minor", frame.at_x(tick), kTop, floor);
  for (const double tick : frame.y.ticks) {
    out += across(frame, "grid", tick);
    out += words("y", kLeft - 9, frame.at_y(tick) + 5, frame.y.label(tick) + frame.sweep.y_unit);
  }
  for (const double tick : frame.x.ticks) {
    out += down("axis", frame.at_x(tick), floor, floor + 5);
    out += words("x", frame.at_x(tick), floor + 22, frame.x.label(tick));
  }
  out += stroke("axis", fmt::format("M{} {}H{}", kLeft, floor, kWidth - kRight));
  out += words("x", (kLeft + kWidth - kRight) / 2, kHeight - 10, axis_name(frame.sweep.x_name, frame.x));
  return out + words("name", 0, kTop - 14, axis_name(frame.sweep.y_name, frame.y));
}

std::string dot(Look look, double x, double y, const std::string& note) {
  const std::string title = note.empty() ? "" : "<title>" + escape(note) + "</title>";
  if (look == Look::second) {
    return fmt::format("<rect class=\"dot\" x=\"{}\" y=\"{}\" width=\"9\" height=\"9\">{}</rect>",
                       coordinate(x - 4.5), coordinate(y - 4.5), title);
  }
  if (look == Look::third) {
    return fmt::format("<polygon class=\"dot\" points=\"{},{} {},{} {},{}\">{}</polygon>", coordinate(x),
                       coordinate(y - 5.5), coordinate(x + 5.5), coordinate(y + 4), coordinate(x - 5.5),
                       coordinate(y + 4), title);
  }
  return fmt::format("<circle class=\"dot\" cx=\"{}\" cy=\"{}\" r=\"4.5\">{}</circle>", coordinate(x),
                     coordinate(y), title);
}

std::string draw_series(const Frame& frame, const SweepSeries& series) {
  std::string path, dots;
  bool begun = false;
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    const Point& p = series.points[i];
    if (!frame.shows(p)) {
      begun = false;
      continue;
    }
    const double x = frame.at_x(p.x);
    const double y = frame.at_y(p.y);
    path += (begun ? "L" : "M") + coordinate(x) + " " + coordinate(y);
    begun = true;
    if (series.markers) dots += dot(series.look, x, y, i < series.notes.size() ? series.notes[i] : "");
  }
  return fmt::format("<g class=\"{}\">{}{}</g>", look_name(series.look),
                     series.line ? "<path d=\"" + path + "\"/>" : "", dots);
}

// From the left, one row.
std::string draw_legend(const Sweep& sweep) {
  if (sweep.series.size() < 2) return "";
  std::string out;
  double x = 0;
  for (const SweepSeries& series : sweep.series) {
    const std::string line =
        series.line ? fmt::format("<path d=\"M{} 15h{}\"/>", coordinate(x), kSwatch) : "";
    const std::string point = series.markers ? dot(series.look, x + kSwatch / 2, 15, "") : "";
    out += fmt::format("<g class=\"{}\">{}{}</g>", look_name(series.look), line, point);
    out += words("legend", x + kSwatch + 8, 20, series.name);
    x += kSwatch + 8 + kLetter * static_cast<double>(series.name.size()) + 14;
  }
  return out;
}

std::string draw_span(const Frame& frame) {
  const double lo = std::max(frame.sweep.lo, frame.x.lo);
  const double hi = std::min(frame.sweep.hi, frame.x.hi);
  if (!(lo < hi)) return "";
  return fmt::format("<rect class=\"span\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
                     coordinate(frame.at_x(lo)), kTop, coordinate(frame.at_x(hi) - frame.at_x(lo)),
                     kHeight - kTop - kBottom);
}

// A label stands on the side that has more room.
std::string draw_marks(const Frame& frame) {
  std::string out;
  for (const Mark& mark : frame.sweep.marks) {
    if (!(mark.x >= frame.x.lo && mark.x <= frame.x.hi)) continue;
    const double x = frame.at_x(mark.x);
    out += down("mark", x, kTop, kHeight - kBottom);
    const bool left = x > (kLeft + kWidth - kRight) / 2;
    out += words(left ? "said y" : "said", left ? x - 6 : x + 6, kTop + 14, mark.label);
  }
  return out;
}

// A sentence about each series, for those who do not see it.
std::string describe(const Sweep& sweep) {
  std::string out;
  for (const SweepSeries& series : sweep.series) {
    const Point* least = nullptr;
    const Point* most = nullptr;
    for (const Point& p : series.points) {
      if (!on_axis(p.x, sweep.log_x) || !on_axis(p.y, sweep.log_y)) continue;
      if (least == nullptr || p.y < least->y) least = &p;
      if (most == nullptr || p.y > most->y) most = &p;
    }
    if (least == nullptr) continue;
    const auto say = [&](const Point& p) {
      return significant(p.y, 4) + sweep.y_unit + " at " + sweep.x_name + " " + significant(p.x, 3);
    };
    out += series.name + ": lowest " + say(*least) + ", highest " + say(*most) + ". ";
  }
  for (const Mark& mark : sweep.marks) out += mark.label + ". ";
  return out.empty() ? "No numbers." : out;
}

}  // namespace

std::string draw(const Sweep& sweep, bool alone) {
  const std::string size = fmt::format("viewBox=\"0 0 {} {}\"", kWidth, kHeight);
  std::string out = fmt::format(
      "<svg {}{} class=\"sweep\" role=\"img\" aria-labelledby=\"{}-title {}-desc\"><title id=\"{}-title\">{}"
      "</title><desc id=\"{}-desc\">{}</desc><style>{}</style>",
      alone ? "xmlns=\"http://www.w3.org/2000/svg\" " : "", size, sweep.id, sweep.id, sweep.id,
      escape(sweep.title), sweep.id, escape(describe(sweep)), kStyle);
  if (alone) out += "<rect class=\"sheet\" width=\"100%\" height=\"100%\"/>";
  const std::optional<Frame> frame = frame_of(sweep);
  if (!frame) return out + words("x", kWidth / 2, kHeight / 2, "no numbers") + "</svg>";
  out += draw_span(*frame) + draw_grid(*frame);
  for (const SweepSeries& series : sweep.series) out += draw_series(*frame, series);
  return out + draw_marks(*frame) + draw_legend(sweep) + "</svg>";
}

std::string figure(const Sweep& sweep, std::string_view caption) {
  return fmt::format("<figure><figcaption><h3>{}</h3><p>{}</p></figcaption>{}</figure>\n",
                     escape(sweep.title), escape(caption), draw(sweep));
}

std::string finder_page(std::string_view title, std::string_view lead, std::string_view body) {
  return document(title, fmt::format("<header>\n<p class=\"brand\"><b>Thalweg</b></p>\n<h1>{}</h1>\n"
                                     "<p class=\"lead\">{}</p>\n</header>\n<main>\n{}</main>\n<footer><p>One "
                                     "file: it opens from disk and asks nothing of anybody.</p></footer>\n",
                                     escape(title), escape(lead), body));
}

}  // namespace thalweg::page
