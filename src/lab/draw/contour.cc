#include "draw/contour.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>

namespace thalweg::page {
namespace {

// The grid with a ring of points around it that are below every level, so that every outline closes.
class Field {
 public:
  Field(const std::vector<double>& values, std::size_t columns, std::size_t rows, double level)
      : values_(values), columns_(columns), rows_(rows), level_(level) {}

  std::size_t width() const { return columns_ + 2; }
  std::size_t height() const { return rows_ + 2; }

  bool in_grid(std::size_t x, std::size_t y) const { return x > 0 && y > 0 && x <= columns_ && y <= rows_; }
  double value(std::size_t x, std::size_t y) const {
    return in_grid(x, y) ? values_[(y - 1) * columns_ + x - 1] : -INFINITY;
  }
  bool above(std::size_t x, std::size_t y) const { return value(x, y) >= level_; }

  // Whether the middle of the cell with this lower left corner counts as above.
  bool middle_above(std::size_t x, std::size_t y) const {
    const double mean = (value(x, y) + value(x + 1, y) + value(x, y + 1) + value(x + 1, y + 1)) / 4;
    return mean >= level_;
  }

  // Where the level lies between two neighbours, in cells of the grid without the ring.
  Place crossing(std::size_t x, std::size_t y, bool upwards) const {
    const std::size_t x2 = upwards ? x : x + 1, y2 = upwards ? y + 1 : y;
    double part = 0.5;
    if (!in_grid(x, y)) {
      part = 1;
    } else if (!in_grid(x2, y2)) {
      part = 0;
    } else if (std::isfinite(value(x, y)) && std::isfinite(value(x2, y2))) {
      part = (level_ - value(x, y)) / (value(x2, y2) - value(x, y));
    }
    const double at_x = static_cast<double>(x) - 1, at_y = static_cast<double>(y) - 1;
    return upwards ? Place{at_x, at_y + part} : Place{at_x + part, at_y};
  }

 private:
  const std::vector<double>& values_;
  std::size_t columns_, rows_;
  double level_;
};

// An edge of the padded grid by its first point and direction.
using Edge = std::uint64_t;
Edge edge(const Field& field, std::size_t x, std::size_t y, bool upwards) {
  return 2 * (std::uint64_t{y} * field.width() + x) + (upwards ? 1 : 0);
}
Place place(const Field& field, Edge e) {
  const std::uint64_t point = e / 2;
  return field.crossing(static_cast<std::size_t>(point % field.width()),
                        static_cast<std::size_t>(point / field.width()), e % 2 == 1);
}

// From the edge by which an outline enters a cell to that by which it leaves it. Every edge that is crossed
// is entered once, since the part above the level stays on the same hand.
using Links = std::map<Edge, Edge>;

// The outline through one cell. Its sides in order around it: bottom, right, top, left; corner i begins side
// i.
void link_cell(const Field& field, std::size_t x, std::size_t y, Links& links) {
  const std::array<bool, 4> above = {field.above(x, y), field.above(x + 1, y), field.above(x + 1, y + 1),
                                     field.above(x, y + 1)};
  const std::array<Edge, 4> sides = {edge(field, x, y, false), edge(field, x + 1, y, true),
                                     edge(field, x, y + 1, false), edge(field, x, y, true)};
  std::array<std::size_t, 4> starts{}, ends{};
  std::size_t n = 0, m = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const bool next = above[(i + 1) % 4];
    if (above[i] && !next) starts[n++] = i;
    if (!above[i] && next) ends[m++] = i;
  }
  if (n == 1) links[sides[starts[0]]] = sides[ends[0]];
  if (n < 2) return;
  // Crosswise: an outline goes around a corner below the level, or around one above it.
  const bool around_below = field.middle_above(x, y);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::size_t start = starts[i];
    links[sides[start]] = sides[(start + (around_below ? 1 : 3)) % 4];
  }
}

double distance_to_line(const Place& p, const Place& a, const Place& b) {
  const double x = b.x - a.x, y = b.y - a.y, length = std::hypot(x, y);
  if (length == 0) return std::hypot(p.x - a.x, p.y - a.y);
  return std::abs((p.x - a.x) * y - (p.y - a.y) * x) / length;
}

// Douglas and Peucker 1973, without recursion.
Outline simplified(const Outline& line, double tolerance) {
  if (line.size() < 4 || tolerance <= 0) return line;
  std::vector<bool> kept(line.size());
  kept.front() = kept.back() = true;
  std::vector<std::pair<std::size_t, std::size_t>> spans = {{0, line.size() - 1}};
  while (!spans.empty()) {
    const auto [first, last] = spans.back();
    spans.pop_back();
    double worst = tolerance;
    std::size_t split = 0;
    for (std::size_t i = first + 1; i < last; ++i) {
      const double distance = distance_to_line(line[i], line[first], line[last]);
      if (distance > worst) worst = distance, split = i;
    }
    if (split == 0) continue;
    kept[split] = true;
    spans.push_back({first, split});
    spans.push_back({split, last});
  }
  Outline out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (kept[i]) out.push_back(line[i]);
  }
  return out;
}

}  // namespace

std::vector<Outline> outlines(const std::vector<double>& values, std::size_t columns, std::size_t rows,
                              double level, double tolerance) {
  const Field field(values, columns, rows, level);
  Links links;
  for (std::size_t y = 0; y + 1 < field.height(); ++y) {
    for (std::size_t x = 0; x + 1 < field.width(); ++x) link_cell(field, x, y, links);
  }
  std::vector<Outline> found;
  while (!links.empty()) {
    Outline line;
    for (auto at = links.begin(); at != links.end();) {
      const Place point = place(field, at->first);
      if (line.empty() || !(line.back() == point)) line.push_back(point);
      const Edge next = at->second;
      links.erase(at);
      at = links.find(next);
    }
    while (line.size() > 1 && line.front() == line.back()) line.pop_back();
    line = simplified(line, tolerance);
    if (line.size() > 2) found.push_back(std::move(line));
  }
  return found;
}

}  // namespace thalweg::page
