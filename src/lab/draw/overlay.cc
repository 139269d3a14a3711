#include "draw/overlay.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "draw/drawing.h"
#include "draw/html.h"
#include "draw/number.h"

namespace thalweg::page {
namespace {

constexpr double kWidth = 560;
constexpr double kHeight = 330;
constexpr double kLeft = 70;
constexpr double kRight = 16;
constexpr double kTop = 40;
constexpr double kBottom = 54;
constexpr double kLetter = 9.4;      // width of one letter at most, on narrow screens
constexpr double kLine = 18;         // height of a line of words
constexpr double kRow = 22;          // of the legend of a file of its own
constexpr std::size_t kColours = 8;  // in the style sheet
constexpr int kTicks = 6;
constexpr std::array<std::string_view, 4> kDashes = {"", "9 4", "3 3", "12 4 3 4"};

// Colours after Okabe and Ito (2008), darkened or lightened to 3:1 or more against the paper.
constexpr std::string_view kStyle = R"css(
.overlay { --c0: #0072b2; --c1: #d55e00; --c2: #00795a; --c3: #b04f87; --c4: #946400; --c5: #3a86b8;
  --c6: #15191e; --c7: #7a5fb0; --paper-of: #ffffff; --soft-of: #56606b; --ink-of: #15191e;
  --grid-of: #e3e7ec; }
@media screen and (prefers-color-scheme: dark) {
  .overlay { --c0: #56b4e9; --c1: #f08a3c; --c2: #2bbf95; --c3: #dd8fbb; --c4: #e6b800; --c5: #8fd0ff;
    --c6: #e6e9ed; --c7: #b7a1ff; --paper-of: #12161b; --soft-of: #9da8b4; --ink-of: #e6e9ed;
    --grid-of: #29313a; }
}
.overlay .c0 { --c: var(--c0); } .overlay .c1 { --c: var(--c1); } .overlay .c2 { --c: var(--c2); }
.overlay .c3 { --c: var(--c3); } .overlay .c4 { --c: var(--c4); } .overlay .c5 { --c: var(--c5); }
.overlay .c6 { --c: var(--c6); } .overlay .c7 { --c: var(--c7); }
.overlay .curve path { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round;
  stroke-linecap: butt; }
.overlay .mark { fill: var(--c); stroke: var(--paper-of); stroke-width: 1; }
.overlay .dot { fill: var(--paper-of); stroke: var(--c); stroke-width: 2; }
.overlay text { fill: var(--soft-of); font-size: 13.5px; font-variant-numeric: tabular-nums; }
.overlay text.said { fill: var(--ink-of); font-size: 12.5px; paint-order: stroke; stroke: var(--paper-of);
  stroke-width: 4px; stroke-linejoin: round; }
.overlay .x { text-anchor: middle; } .overlay .y { text-anchor: end; } .overlay .end { text-anchor: end; }
.overlay .grid { fill: none; stroke: var(--grid-of); } .overlay .axis { fill: none; stroke: var(--soft-of); }
.overlay .range { stroke: var(--c); stroke-width: 6; stroke-opacity: .35; }
.overlay .middle { stroke: var(--c); stroke-width: 3; }
.names { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 22px; margin: 0 0 14px; padding: 0;
  font-size: 14px; }
.names li { display: flex; align-items: center; gap: 8px; overflow-wrap: anywhere; }
.names svg { width: 34px; height: 12px; flex: none; }
figure .names + svg { margin-top: 0; }
@media (max-width: 720px) {
  .overlay text { font-size: 17.5px; }
  .overlay text.said { font-size: 16.5px; }
  .overlay .curve path { stroke-width: 2.6; }
}
@media print { .overlay text { font-size: 15px; } }
)css";

struct Frame {
  Axis x, y;

  double at_x(double number) const { return kLeft + x.place(number) * (kWidth - kLeft - kRight); }
  double at_y(double number) const {
    return kHeight - kBottom - y.place(number) * (kHeight - kTop - kBottom);
  }
};

bool shown(const Overlay& o, const Point& p) {
  return drawable(p.x) && drawable(p.y) && (!o.log_x || p.x >= kSmallest);
}

// The limits of what can be drawn; false when that is nothing.
bool limits(const Overlay& o, Point& lo, Point& hi) {
  lo = {INFINITY, INFINITY};
  hi = {-INFINITY, -INFINITY};
  for (const Curve& curve : o.curves) {
    for (const Point& p : curve.points) {
      if (!shown(o, p)) continue;
      lo = {std::min(lo.x, p.x), std::min(lo.y, p.y)};
      hi = {std::max(hi.x, p.x), std::max(hi.y, p.y)};
    }
  }
  return lo.x <= hi.x;
}

Frame frame_of(const Overlay& o, Point lo, Point hi) {
  if (o.from_zero && !o.log_y) lo.y = std::min(lo.y, 0.0);
  const bool log_y = o.log_y && lo.y >= kSmallest;
  return {o.log_x ? log_axis(lo.x, hi.x) : whole_axis(lo.x, hi.x, kTicks),
          log_y ? log_axis(lo.y, hi.y) : linear_axis(lo.y, hi.y, kTicks, Fit::ticks)};
}

std::string draw_grid(const Overlay& o, const Frame& frame) {
  const double floor = kHeight - kBottom, right = kWidth - kRight;
  std::string out;
  for (const double tick : frame.y.ticks) {
    const double y = frame.at_y(tick);
    out += fmt::format("<path class=\"grid\" d=\"M{} {}H{}\"/>", kLeft, coordinate(y), right);
    out += text("y", kLeft - 9, y + 5, frame.y.label(tick) + o.y_unit);
  }
  for (const double tick : frame.x.ticks) {
    const double x = frame.at_x(tick);
    out += fmt::format("<path class=\"axis\" d=\"M{} {}V{}\"/>", coordinate(x), floor, floor + 5);
    out += text("x", x, floor + 22, frame.x.label(tick));
  }
  out += fmt::format("<path class=\"axis\" d=\"M{} {}H{}\"/>", kLeft, floor, right);
  out += text("x", (kLeft + right) / 2, kHeight - 10, axis_name(o.x_name, frame.x));
  return out + text("name", 0, 16, axis_name(o.y_name, frame.y));
}

// Circle, square, diamond, triangle in turn.
std::string marker(std::size_t number, double x, double y) {
  constexpr std::array<std::string_view, 4> kShapes = {"m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
                                                       "m-3.5 -3.5h7v7h-7z", "m0 -5l5 5l-5 5l-5 -5z",
                                                       "m0 -4.5l5 8.5h-10z"};
  return fmt::format("<path class=\"mark\" style=\"fill:var(--c)\" d=\"M{} {}{}\"/>", coordinate(x),
                     coordinate(y), kShapes[number / 2 % kShapes.size()]);
}

std::string dash(std::size_t number) {
  const std::string_view pattern = kDashes[number % kDashes.size()];
  return pattern.empty() ? "" : fmt::format(" stroke-dasharray=\"{}\"", pattern);
}

std::string draw_curve(const Overlay& o, const Frame& frame, std::size_t number) {
  const Curve& curve = o.curves[number];
  std::string path, marks;
  bool begun = false;
  for (const Point& p : curve.points) {
    if (!shown(o, p) || (frame.y.log && p.y < kSmallest)) {
      begun = false;
      continue;
    }
    const double x = frame.at_x(p.x), y = frame.at_y(p.y);
    path += fmt::format("{}{} {}", begun ? "L" : "M", coordinate(x), coordinate(y));
    if (curve.marked || curve.points.size() == 1) marks += marker(number, x, y);
    begun = true;
  }
  return fmt::format("<g class=\"curve c{}\"><title>{}</title><path{} d=\"{}\"/>{}</g>", number % kColours,
                     escape(curve.name), dash(number), path, marks);
}

struct Box {
  double left, top, right, bottom;
  bool meets(const Box& b) const {
    return left < b.right && b.left < right && top < b.bottom && b.top < bottom;
  }
};

// Above the place or below it, to the right or to the left: the first that covers no other words.
bool place_words(const Label& label, double x, double y, std::vector<Box>& taken, std::string& out) {
  const double width = kLetter * static_cast<double>(label.text.size());
  for (const double dy : {-10.0, 20.0, -28.0, 38.0, -46.0, 56.0}) {
    for (const bool right : {true, false}) {
      const double left = right ? x + 4 : x - 4 - width;
      const Box box{left, y + dy - kLine + 4, left + width, y + dy + 4};
      if (box.left < kLeft || box.right > kWidth || box.top < kTop - 20 || box.bottom > kHeight - kBottom)
        continue;
      if (std::any_of(taken.begin(), taken.end(), [&](const Box& b) { return b.meets(box); })) continue;
      taken.push_back(box);
      out += text(right ? "said" : "said end", right ? x + 4 : x - 4, y + dy, label.text);
      return true;
    }
  }
  return false;
}

std::string draw_labels(const Overlay& o, const Frame& frame) {
  std::string dots, words;
  std::vector<Box> taken;
  for (std::size_t i = 0; i < o.curves.size(); ++i) {
    for (const Label& label : o.curves[i].labels) {
      if (!shown(o, label.at) || (frame.y.log && label.at.y < kSmallest)) continue;
      const double x = frame.at_x(label.at.x), y = frame.at_y(label.at.y);
      dots += fmt::format(
          "<g class=\"c{}\"><circle class=\"dot\" cx=\"{}\" cy=\"{}\" "
          "r=\"3.5\"><title>{}</title></circle></g>",
          i % kColours, coordinate(x), coordinate(y), escape(o.curves[i].name + ": " + label.text));
      place_words(label, x, y, taken, words);
    }
  }
  return dots + words;
}

std::string contents(const Overlay& o) {
  Point lo, hi;
  if (!limits(o, lo, hi)) return text("x", kWidth / 2, kHeight / 2, "no numbers yet");
  const Frame frame = frame_of(o, lo, hi);
  std::string out = draw_grid(o, frame);
  for (std::size_t i = 0; i < o.curves.size(); ++i) out += draw_curve(o, frame, i);
  return out + draw_labels(o, frame);
}

// What those hear who do not see it.
std::string description(const Overlay& o) {
  std::string out;
  for (const Curve& curve : o.curves) {
    std::vector<Point> seen;
    std::copy_if(curve.points.begin(), curve.points.end(), std::back_inserter(seen),
                 [&](const Point& p) { return shown(o, p); });
    if (seen.empty()) continue;
    out += fmt::format("{}: {}{} at {}, {}{} at {}. ", curve.name, significant(seen.front().y, 4), o.y_unit,
                       significant(seen.front().x, 4), significant(seen.back().y, 4), o.y_unit,
                       significant(seen.back().x, 4));
  }
  return out.empty() ? "No numbers yet." : out;
}

std::string opening(const Overlay& o, double height, std::string_view more) {
  return fmt::format(
      "<svg{} class=\"overlay\" viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{}-title "
      "{}-desc\"><title "
      "id=\"{}-title\">{}</title><desc id=\"{}-desc\">{}</desc>",
      more, kWidth, height, o.id, o.id, o.id, escape(o.title), o.id, escape(description(o)));
}

std::string swatch(std::size_t number, double x, double y, bool marked) {
  return fmt::format("<g class=\"curve c{}\"><path{} d=\"M{} {}h34\"/>{}</g>", number % kColours,
                     dash(number), coordinate(x), coordinate(y), marked ? marker(number, x + 17, y) : "");
}

}  // namespace

std::string draw(const Overlay& overlay) {
  return opening(overlay, kHeight, "") + contents(overlay) + "</svg>";
}

std::string overlay_legend(const std::vector<std::string>& names, bool marked) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += fmt::format(
        "<li><svg class=\"overlay\" viewBox=\"0 0 34 12\" "
        "aria-hidden=\"true\">{}</svg><code>{}</code></li>\n",
        swatch(i, 0, 6, marked), escape(names[i]));
  }
  return "<ul class=\"names\">\n" + out + "</ul>\n";
}

std::string_view overlay_style() { return kStyle; }

std::string standalone(const Overlay& overlay) {
  const double height = kHeight + 10 + kRow * static_cast<double>(overlay.curves.size());
  std::string out =
      opening(overlay, height, " xmlns=\"http://www.w3.org/2000/svg\" font-family=\"system-ui, sans-serif\"");
  out += fmt::format("<style>{}</style><rect width=\"{}\" height=\"{}\" style=\"fill:var(--paper-of)\"/>",
                     kStyle, kWidth, height);
  out += contents(overlay);
  for (std::size_t i = 0; i < overlay.curves.size(); ++i) {
    const double y = kHeight + kRow * (static_cast<double>(i) + 0.5);
    out += swatch(i, kLeft, y, overlay.curves[i].marked) +
           text("said", kLeft + 44, y + 5, overlay.curves[i].name);
  }
  return out + "</svg>\n";
}

}  // namespace thalweg::page
