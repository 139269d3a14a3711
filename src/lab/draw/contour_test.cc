#include "draw/contour.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace thalweg::page {
namespace {

std::vector<double> grid(std::size_t columns, std::size_t rows,
                         const std::function<double(double x, double y)>& f) {
  std::vector<double> out;
  for (std::size_t y = 0; y < rows; ++y) {
    for (std::size_t x = 0; x < columns; ++x)
      out.push_back(f(static_cast<double>(x), static_cast<double>(y)));
  }
  return out;
}

// Signed: outer outlines and holes cancel.
double area(const std::vector<Outline>& lines) {
  double twice = 0;
  for (const Outline& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const Place &a = line[i], &b = line[(i + 1) % line.size()];
      twice += a.x * b.y - b.x * a.y;
    }
  }
  return std::abs(twice) / 2;
}

TEST(Contour, ACircleIsWhereItBelongs) {
  const auto lines =
      outlines(grid(81, 81, [](double x, double y) { return -std::hypot(x - 40, y - 40); }), 81, 81, -30);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NEAR(area(lines), 900 * M_PI, 2);
  for (const Place& p : lines[0]) EXPECT_NEAR(std::hypot(p.x - 40, p.y - 40), 30, 0.01);
}

TEST(Contour, ARingHasTwoOutlines) {
  const auto ring = [](double x, double y) { return -std::abs(std::hypot(x - 40, y - 40) - 25); };
  const auto lines = outlines(grid(81, 81, ring), 81, 81, -5);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NEAR(area(lines), (900 - 400) * M_PI, 6);
}

// A slope is cut straight and exactly, and closes along the edge of the grid.
TEST(Contour, ASlopeFollowsTheEdge) {
  const auto lines = outlines(grid(11, 6, [](double x, double) { return x; }), 11, 6, 3.25);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NEAR(area(lines), (10 - 3.25) * 5, 1e-12);
}

TEST(Contour, AllOrNothing) {
  const auto flat = grid(4, 3, [](double, double) { return 1.0; });
  const auto all = outlines(flat, 4, 3, 0);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_NEAR(area(all), 3 * 2, 1e-12);
  EXPECT_TRUE(outlines(flat, 4, 3, 2).empty());
  EXPECT_TRUE(outlines(grid(3, 3, [](double, double) { return NAN; }), 3, 3, 0).empty());
}

// Corners crosswise: their mean decides whether the two upper ones are one part.
TEST(Contour, SaddlesAreDecidedByTheirMean) {
  const std::vector<double> low = {1, 0, 0, 1}, high = {1, 0.4, 0.4, 1};
  EXPECT_EQ(outlines(low, 2, 2, 0.6).size(), 2u);
  EXPECT_EQ(outlines(high, 2, 2, 0.6).size(), 1u);
}

TEST(Contour, HolesAreWhereItIsNotDefined) {
  const auto roots = grid(21, 21, [](double x, double) { return std::sqrt(x - 10) + 1; });
  EXPECT_NEAR(area(outlines(roots, 21, 21, 0.5)), 10.5 * 20, 1e-9);
  const auto poles = grid(21, 21, [](double x, double) { return x == 10 ? INFINITY : 0.0; });
  EXPECT_NEAR(area(outlines(poles, 21, 21, 1e6)), 20, 1e-9);
}

TEST(Contour, SimplifiedOutlinesStayNear) {
  const auto f = grid(101, 101, [](double x, double y) { return std::sin(x / 9) * std::cos(y / 7); });
  const auto fine = outlines(f, 101, 101, 0.3), coarse = outlines(f, 101, 101, 0.3, 0.1);
  ASSERT_EQ(fine.size(), coarse.size());
  std::size_t before = 0, after = 0;
  for (std::size_t i = 0; i < fine.size(); ++i) before += fine[i].size(), after += coarse[i].size();
  EXPECT_LT(2 * after, before);
  EXPECT_NEAR(area(coarse), area(fine), 0.01 * area(fine));
}

}  // namespace
}  // namespace thalweg::page
