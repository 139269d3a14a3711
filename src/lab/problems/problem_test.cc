// Laws of every listed problem, of which only its Spec is known here.
#include "thalweg/lab/problem.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/test_folder.h"
#include "params/test_params.h"
#include "problems/problem.h"

namespace thalweg {
namespace {

// Every problem as it is, and in other dimensions where it has them.
std::vector<Problem> everything() {
  std::vector<Problem> out;
  for (const Spec* spec : problem_specs()) {
    const std::string name(spec->name);
    out.emplace_back(name);
    const auto dimension = spec->find("dimension");
    if (!dimension) continue;
    if (spec->options[*dimension].range.contains(1)) out.emplace_back(name + "(dimension=1)");
    out.emplace_back(name + "(dimension=7)");
  }
  out.emplace_back("quadratic(condition=1e6, dimension=5)");
  return out;
}

// Points around the start and around the first minimum, none on a kink.
std::vector<Point> samples(const Problem& problem) {
  std::vector<Point> out;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::span<const double> centre = seed % 2 == 0 ? problem.start() : problem.minima().front();
    Point x(centre.begin(), centre.end());
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += sample_number(seed, i);
    out.push_back(x);
  }
  return out;
}

Point gradient(const Problem& problem, std::span<const double> x) {
  Point out(x.size());
  problem.gradient(x, out);
  return out;
}

// Of fourth order: (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12 h.
double central_difference(const Problem& problem, Point x, std::size_t i) {
  const double at = x[i], h = 2e-4;
  const auto f = [&](double moved) {
    x[i] = at + moved;
    return problem.value(x);
  };
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}

TEST(Problems, GradientsAreThoseOfCentralDifferences) {
  for (const Problem& problem : everything()) {
    for (const Point& x : samples(problem)) {
      const Point got = gradient(problem, x);
      const double scale = std::max(1.0, std::abs(problem.value(x)));
      for (std::size_t i = 0; i < x.size(); ++i) {
        EXPECT_NEAR(got[i], central_difference(problem, x, i), 1e-8 * scale + 1e-8 * std::abs(got[i]))
            << problem.text() << " coordinate " << i;
      }
    }
  }
}

// At the edge of the region the gradient of a minimum may point inwards.
bool holds_minimum(const Problem& problem, const Point& x, std::size_t i, double slope) {
  if (!problem.high().empty() && x[i] == problem.high()[i] && slope < 0) return true;
  if (!problem.low().empty() && x[i] == problem.low()[i] && slope > 0) return true;
  return std::abs(slope) < 1e-10;
}

TEST(Problems, EachKnownMinimumIsOne) {
  for (const Problem& problem : everything()) {
    SCOPED_TRACE(problem.text());
    ASSERT_FALSE(problem.minima().empty());
    for (const Point& x : problem.minima()) {
      EXPECT_NEAR(problem.value(x), problem.minimum(), 1e-14 * std::max(1.0, std::abs(problem.minimum())));
      EXPECT_EQ(problem.distance(x), 0);
      const Point slopes = gradient(problem, x);
      for (std::size_t i = 0; i < x.size(); ++i)
        EXPECT_TRUE(holds_minimum(problem, x, i, slopes[i])) << slopes[i];
    }
  }
}

bool inside(const Problem& problem, const Point& x) {
  for (std::size_t i = 0; i < x.size() && !problem.low().empty(); ++i) {
    if (x[i] < problem.low()[i] || x[i] > problem.high()[i]) return false;
  }
  return true;
}

TEST(Problems, NothingInTheRegionIsLowerThanTheMinimum) {
  for (const Problem& problem : everything()) {
    for (const Point& x : samples(problem)) {
      if (!inside(problem, x)) continue;
      EXPECT_GT(problem.value(x), problem.minimum()) << problem.text();
    }
  }
}

TEST(Problems, TheStartIsInTheRegionAndFarFromAnyMinimum) {
  for (const Problem& problem : everything()) {
    SCOPED_TRACE(problem.text());
    const Point start(problem.start().begin(), problem.start().end());
    ASSERT_EQ(start.size(), problem.dimension());
    EXPECT_TRUE(inside(problem, start));
    EXPECT_GT(problem.distance(start), 0.1);
    EXPECT_GT(problem.value(start), problem.minimum() + 1e-3);
    double squares = 0;
    for (const double slope : gradient(problem, start)) squares += slope * slope;
    EXPECT_GT(std::sqrt(squares), 1e-3);
  }
}

TEST(Problems, TextsAreCanonical) {
  for (const Problem& problem : everything()) {
    EXPECT_EQ(Problem(problem.text()).text(), problem.text());
    EXPECT_EQ(Problem(problem.text(true)).text(true), problem.text(true));
  }
  EXPECT_EQ(Problem("quadratic(condition=100)").text(), "quadratic(100)");
  EXPECT_EQ(Problem("sphere").text(true), "sphere(2)");
}

// Values worked out by hand.
TEST(Problems, ValuesOfTheLiterature) {
  const auto value = [](const char* text, const Point& x) { return Problem(text).value(x); };
  EXPECT_DOUBLE_EQ(value("rosenbrock", {-1.2, 1}), 24.2);
  EXPECT_DOUBLE_EQ(value("rosenbrock(dimension=4)", {-1.2, 1, -1.2, 1}), 532.4);
  EXPECT_DOUBLE_EQ(value("beale", {1, 1}), 14.203125);
  EXPECT_DOUBLE_EQ(value("himmelblau", {0, 0}), 170);
  EXPECT_DOUBLE_EQ(value("quadratic(100, dimension=3)", {2, 2, 2}), 2 * (1 + 10 + 100));
  EXPECT_DOUBLE_EQ(value("rastrigin(3)", {0.5, 1, 0}), 20 + 0.25 + 1);
}

TEST(Problems, NearestMinimumCounts) {
  const Problem problem("himmelblau");
  EXPECT_DOUBLE_EQ(problem.distance(Point{3, 3}), 1);
  EXPECT_NEAR(problem.distance(Point{-2.8, 3.1}), std::hypot(0.0051180869527448, 0.0313125182505729), 1e-12);
}

TEST(Problems, CoordinatesAreCalledAsFormulasDo) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(Problem("sphere(1)").names(), Names{"x"});
  EXPECT_EQ(Problem("booth").names(), (Names{"x", "y"}));
  EXPECT_EQ(Problem("sphere(3)").names(), (Names{"x1", "x2", "x3"}));
  EXPECT_EQ(Problem("linear_regression").names(), (Names{"a", "b"}));
}

class PointsOfAFile : public ::testing::Test {
 protected:
  Problem problem(const std::string& bytes, const std::string& more = "") const {
    folder_.write("points.csv", bytes);
    return Problem("linear_regression(data=\"" + (folder_.path() / "points.csv").string() + "\"" + more +
                   ")");
  }
  TestFolder folder_;
};

// By hand: the line 2 u + 1 with errors 1, -2 and 1 at u = 0, 1, 2, that change neither slope nor intercept.
TEST_F(PointsOfAFile, AreTheSamplesOfALine) {
  const Problem line = problem("u,t\n0,2\n1,1\n2,6\n");
  EXPECT_EQ(line.samples(), 3u);
  EXPECT_EQ(line.names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(Point(line.start().begin(), line.start().end()), (Point{0, 0}));
  ASSERT_EQ(line.minima().size(), 1u);
  EXPECT_NEAR(line.minima()[0][0], 2, 1e-14);
  EXPECT_NEAR(line.minima()[0][1], 1, 1e-14);
  EXPECT_NEAR(line.minimum(), 1, 1e-14);
  EXPECT_DOUBLE_EQ(line.value(Point{0, 0}), (4 + 1 + 36) / 6.0);
  const Point slopes = gradient(line, Point{0, 0});
  EXPECT_DOUBLE_EQ(slopes[0], -13 / 3.0);
  EXPECT_DOUBLE_EQ(slopes[1], -3);
  EXPECT_EQ(Problem(line.text()).text(), line.text());
}

TEST_F(PointsOfAFile, MayHaveSeveralInputsAndAnyTarget) {
  const Problem plane = problem("t;u;v\n1;0;0\n3;1;0\n-2;0;1\n0;1;1\n", ", target=t");
  EXPECT_EQ(plane.names(), (std::vector<std::string>{"a1", "a2", "b"}));
  ASSERT_EQ(plane.minima().size(), 1u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(plane.minima()[0][i], (Point{2, -3, 1})[i], 1e-13);
  EXPECT_NEAR(plane.minimum(), 0, 1e-25);
  EXPECT_EQ(problem("1,2\n2,3\n3,5\n").dimension(), 2u);  // a column that counts the rows is one all the same
  EXPECT_EQ(problem("id,y\n1,2\n2,3\n3,5\n").dimension(), 2u);
}

TEST_F(PointsOfAFile, WithoutASingleBestLineHaveNoKnownMinimum) {
  for (const char* bytes : {"u,t\n1,2\n", "u,t\n1,2\n1,3\n", "u,v,t\n1,2,3\n2,4,5\n3,6,1\n4,8,2\n"}) {
    EXPECT_TRUE(problem(bytes).minima().empty()) << bytes;
    EXPECT_TRUE(std::isnan(problem(bytes).minimum())) << bytes;
  }
}

TEST(Problems, WrongTextsAndPointsAreNamed) {
  expect_contains(usage_error([] { Problem("rosenbrok"); }), "did you mean `rosenbrock`?");
  expect_contains(usage_error([] { Problem("booth | beale"); }), "more than one problem");
  expect_contains(usage_error([] { Problem("sphere(dimension=0)"); }), "`dimension`");
  expect_contains(usage_error([] { Problem("booth").value(Point{1, 2, 3}); }), "3 numbers; want 2");
}

}  // namespace
}  // namespace thalweg
