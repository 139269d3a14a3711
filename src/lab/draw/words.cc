#include "draw/words.h"

#include <algorithm>
#include <cmath>

#include "draw/labels.h"

namespace thalweg::page {
namespace {

constexpr double kNear = 4;                // from the point to words beside it
constexpr double kFarther = 14;            // where the nearest places are taken
constexpr double kAbove = 8, kBelow = 20;  // from the point to the line that words stand on
constexpr double kStep = 18;               // to the next line
constexpr int kSteps = 2;  // lines to each side: what is farther seems to belong to something else

// Clips the part [from, to] of a line by a side of a box; false when nothing is left.
bool clip(double start, double change, double side, bool below, double& from, double& to) {
  const double room = below ? side - start : start - side, slope = below ? change : -change;
  if (slope == 0) return room >= 0;
  const double share = room / slope;
  (slope > 0 ? to : from) = slope > 0 ? std::min(to, share) : std::max(from, share);
  return from <= to;
}

}  // namespace

bool Box::meets(const Point& a, const Point& b) const {
  double from = 0, to = 1;
  const double dx = b.x - a.x, dy = b.y - a.y;
  return clip(a.x, dx, left, false, from, to) && clip(a.x, dx, right, true, from, to) &&
         clip(a.y, dy, top, false, from, to) && clip(a.y, dy, bottom, true, from, to);
}

bool WordPlaces::is_free(const Box& box) const {
  if (box.left < within_.left || box.right > within_.right || box.top < within_.top ||
      box.bottom > within_.bottom)
    return false;
  if (std::ranges::any_of(taken_, [&](const Box& other) { return other.meets(box); })) return false;
  return std::ranges::none_of(lines_, [&](const std::vector<Point>& line) {
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
      const bool there = std::isfinite(line[i].y) && std::isfinite(line[i + 1].y);
      if (there && box.meets(line[i], line[i + 1])) return true;
    }
    return false;
  });
}

std::optional<Beside> WordPlaces::take(const Point& at, std::string_view words) {
  const double width = letter_ * static_cast<double>(characters(words));
  for (int step = 0; step < kSteps; ++step) {
    for (const double away : {kNear, kFarther}) {
      for (const double dy : {-kAbove - kStep * step, kBelow + kStep * step}) {
        for (const bool right : {true, false}) {
          const double left = right ? at.x + away : at.x - away - width;
          const Box box{left, at.y + dy - line_ + 4, left + width, at.y + dy + 4};
          if (!is_free(box)) continue;
          taken_.push_back(box);
          return Beside{right ? away : -away, dy, right};
        }
      }
    }
  }
  return std::nullopt;
}

}  // namespace thalweg::page
