#include "page/heat.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "draw/drawing.h"
#include "draw/html.h"
#include "draw/number.h"

namespace thalweg::page {
namespace {

constexpr double kWidth = 560, kHeight = 220, kLeft = 66, kRight = 14, kTop = 28, kBottom = 50;
constexpr int kMostOctaves = 40;  // below the highest; what is smaller falls into the lowest row
constexpr std::array<double, 5> kShares = {0.002, 0.02, 0.06, 0.12, 0.25};  // from which a step begins

struct Rows {
  int lo = 0, hi = 0;  // octaves, hi excluded
};

Rows rows_of(const HeatMap& map) {
  Rows rows{INT16_MAX, INT16_MIN};
  for (const Octaves& column : map.columns) {
    if (column.counts.empty()) continue;
    rows.lo = std::min(rows.lo, column.from);
    rows.hi = std::max(rows.hi, column.from + static_cast<int>(column.counts.size()));
  }
  rows.lo = std::max(rows.lo, rows.hi - kMostOctaves);
  return rows;
}

// Shares of the rows in one column.
std::vector<double> shares(const Octaves& column, const Rows& rows) {
  std::vector<double> out(static_cast<std::size_t>(rows.hi - rows.lo));
  const double all = std::accumulate(column.counts.begin(), column.counts.end(), 0.0);
  for (std::size_t i = 0; i < column.counts.size() && all > 0; ++i) {
    const int row = std::max(0, column.from + static_cast<int>(i) - rows.lo);
    out[static_cast<std::size_t>(row)] += column.counts[i] / all;
  }
  return out;
}

int step_of(double share) {
  return static_cast<int>(std::upper_bound(kShares.begin(), kShares.end(), share) - kShares.begin());
}

struct Paper {
  Rows rows;
  double lo = 0, hi = 1;  // updates

  double x(double update) const { return kLeft + (update - lo) / (hi - lo) * (kWidth - kLeft - kRight); }
  double y(double octave) const {
    return kHeight - kBottom - (octave - rows.lo) / (rows.hi - rows.lo) * (kHeight - kTop - kBottom);
  }
};

// Cells of one column that lie on each other and are as dark are one piece.
void add_column(const std::vector<double>& column, double left, double right, const Paper& paper,
                std::array<std::string, kShares.size()>& paths) {
  for (std::size_t i = 0, end; i < column.size(); i = end) {
    const int step = step_of(column[i]);
    for (end = i + 1; end < column.size() && step_of(column[end]) == step;) ++end;
    if (step == 0) continue;
    const double low = paper.y(paper.rows.lo + static_cast<double>(i));
    const double high = paper.y(paper.rows.lo + static_cast<double>(end));
    paths[static_cast<std::size_t>(step - 1)] +=
        fmt::format("M{} {}H{}V{}H{}z", coordinate(left), coordinate(low), coordinate(right),
                    coordinate(high), coordinate(left));
  }
}

std::string cells(const HeatMap& map, const Paper& paper) {
  std::array<std::string, kShares.size()> paths;
  const std::vector<double>& at = map.updates;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const double left = i == 0 ? paper.lo : (at[i - 1] + at[i]) / 2;
    const double right = i + 1 == at.size() ? paper.hi : (at[i] + at[i + 1]) / 2;
    add_column(shares(map.columns[i], paper.rows), paper.x(left), paper.x(right), paper, paths);
  }
  std::string out;
  for (std::size_t step = 0; step < paths.size(); ++step)
    out += fmt::format("<path class=\"heat h{}\" d=\"{}\"/>", step + 1, paths[step]);
  return out;
}

// Decades on the y axis, updates on the x axis.
std::string scales(const HeatMap& map, const Paper& paper) {
  std::string out;
  const double decades = (paper.rows.hi - paper.rows.lo) * std::log10(2.0);
  const int stride = std::max(1, static_cast<int>(std::ceil(decades / 5)));
  const int first = static_cast<int>(std::ceil(paper.rows.lo * std::log10(2.0)));
  const int last = static_cast<int>(std::floor(paper.rows.hi * std::log10(2.0)));
  for (int power = first; power <= last; power += stride) {
    const double y = paper.y(power / std::log10(2.0));
    out += fmt::format("<path class=\"axis\" d=\"M{} {}h5\"/>", kLeft - 5, coordinate(y));
    out += text("y", kLeft - 9, y + 5, power_of_ten(power));
  }
  const Axis axis = whole_axis(paper.lo, paper.hi, 6);
  for (const double tick : axis.ticks) {
    out += text("x", paper.x(tick), kHeight - kBottom + 20, axis.label(tick));
  }
  out += text("x name", (kLeft + kWidth - kRight) / 2, kHeight - 8, "update");
  return out + text("name", 0, 16, map.y_name);
}

// Where the middle of the first and the last column lies, for those who do not see them.
std::string describe(const HeatMap& map, const Paper& paper) {
  const auto middle = [&](const Octaves& column) {
    const std::vector<double> part = shares(column, paper.rows);
    double sum = 0;
    std::size_t i = 0;
    while (i + 1 < part.size() && (sum += part[i]) < 0.5) ++i;
    return significant(std::exp2(paper.rows.lo + static_cast<double>(i) + 0.5), 2);
  };
  return fmt::format("Typical magnitude {} at update {}, {} at update {}.", middle(map.columns.front()),
                     count(map.updates.front()), middle(map.columns.back()), count(map.updates.back()));
}

}  // namespace

std::string draw(const HeatMap& map) {
  Paper paper{rows_of(map)};
  if (paper.rows.lo >= paper.rows.hi) return "";
  paper.lo = map.updates.front();
  paper.hi = std::max(map.updates.back(), paper.lo + 1);
  return fmt::format(
      "<svg viewBox=\"0 0 {0} {1}\" role=\"img\" aria-labelledby=\"{2}-title {2}-desc\"><title "
      "id=\"{2}-title\">{3}</title><desc id=\"{2}-desc\">{4}</desc>{5}<path class=\"axis\" d=\"M{6} "
      "{7}H{8}\"/>{9}</svg>",
      kWidth, kHeight, escape(map.id), escape(map.title), escape(describe(map, paper)), cells(map, paper),
      kLeft, kHeight - kBottom, kWidth - kRight, scales(map, paper));
}

}  // namespace thalweg::page
