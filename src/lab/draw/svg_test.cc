#include "draw/svg.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <regex>

namespace thalweg::page {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::size_t times(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

Chart chart(std::vector<Point> points) {
  Chart made;
  made.id = "loss";
  made.title = "Loss";
  made.x_name = "update";
  made.y_name = "loss";
  made.series = {{"train", "train", Marker::circle, std::move(points)}};
  return made;
}

TEST(Thin, KeepsFirstLowestHighestAndLastOfEachColumn) {
  std::vector<Point> points;
  for (int i = 0; i < 1000; ++i) points.push_back({static_cast<double>(i), std::sin(i * 0.1)});
  points[523].y = 100;
  points[777].y = -100;
  const std::vector<Point> kept = thin(points, 0, 999, 20);
  EXPECT_LE(kept.size(), 21u * 4);
  const auto holds = [&](double x) {
    return std::any_of(kept.begin(), kept.end(), [&](const Point& point) { return point.x == x; });
  };
  EXPECT_TRUE(holds(0));
  EXPECT_TRUE(holds(523));
  EXPECT_TRUE(holds(777));
  EXPECT_TRUE(holds(999));
  EXPECT_TRUE(
      std::is_sorted(kept.begin(), kept.end(), [](const Point& a, const Point& b) { return a.x < b.x; }));
}

TEST(Thin, LeavesFewPointsAsTheyAre) {
  const std::vector<Point> kept = thin({{0, 1}, {5, 2}, {10, 1}}, 0, 10, 100);
  EXPECT_EQ(kept.size(), 3u);
}

TEST(Thin, KeepsOnePointOfAGap) {
  const std::vector<Point> kept = thin({{0, 1}, {1, NAN}, {2, INFINITY}, {3, 2}}, 0, 3, 1);
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_TRUE(std::isnan(kept[1].y));
}

TEST(Draw, BreaksTheLineAtAGapAndDotsALonelyPoint) {
  const std::string svg = draw(chart({{0, 1}, {1, 2}, {2, NAN}, {3, 1}, {4, NAN}, {5, 1}, {6, 3}}));
  const std::size_t from = svg.find("<g class=\"line train\" data-name=\"train\"><path d=\"");
  ASSERT_NE(from, std::string::npos);
  const std::string line = svg.substr(from, svg.find("/>", from) - from);
  EXPECT_EQ(times(line, "M"), 3u);
  EXPECT_EQ(times(line, "L"), 2u);
  EXPECT_EQ(times(line, "h0"), 1u);
  EXPECT_TRUE(has(svg, "update 2\ntrain not finite"));
}

TEST(Draw, NamesItself) {
  const std::string svg = draw(chart({{1, 0.5}, {2, 0.25}}));
  EXPECT_TRUE(has(svg, "role=\"img\" aria-labelledby=\"loss-title loss-desc\""));
  EXPECT_TRUE(has(svg, "<title id=\"loss-title\">Loss</title>"));
  EXPECT_TRUE(has(svg, "train: 0.5000 at update 1, 0.2500 at update 2; lowest 0.2500, highest 0.5000."));
}

TEST(Draw, ChoosesTheScale) {
  Chart spread = chart({{1, 3}, {2, 0.02}});
  spread.scale = Scale::automatic;
  EXPECT_TRUE(has(draw(spread), "loss (log scale)"));
  spread.series[0].points[1].y = 1;
  EXPECT_FALSE(has(draw(spread), "log scale"));
  spread.scale = Scale::log;
  EXPECT_TRUE(has(draw(spread), "log scale"));
  spread.series[0].points[1].y = 0;
  EXPECT_FALSE(has(draw(spread), "log scale"));
}

TEST(Draw, LegendNamesSeriesWhereThereAreSeveral) {
  Chart two = chart({{1, 3}, {2, 1}});
  EXPECT_FALSE(has(draw(two), "class=\"legend\""));
  two.series.push_back({"held-out", "held-out", Marker::square, {{2, 2}}});
  EXPECT_EQ(times(draw(two), "class=\"legend\""), 2u);
}

TEST(Draw, CoordinatesAreFiniteAndShort) {
  const double huge = std::numeric_limits<double>::max();
  const std::vector<std::vector<Point>> cases = {{{7, 0.25}},
                                                 {{0, 0}},
                                                 {{1, huge}, {2, 1}},
                                                 {{1, 1e300}, {2, -1e300}},
                                                 {{0, 1e-320}, {1e19, 1e-5}},
                                                 {{1, 1.0 / 3}, {2, 2.0 / 3}, {3, 1e9}}};
  for (const std::vector<Point>& points : cases) {
    for (const Scale scale : {Scale::linear, Scale::log, Scale::automatic}) {
      Chart drawn = chart(points);
      drawn.scale = scale;
      const std::string svg = draw(drawn);
      const std::string marks =
          std::regex_replace(svg, std::regex("<(title|desc|text)[^>]*>[^<]*<| data-[xy]=\"[^\"]*\""), "");
      EXPECT_FALSE(std::regex_search(marks, std::regex("nan|inf|[0-9]\\.[0-9]{3}|[0-9]{6}"))) << marks;
    }
  }
}

TEST(Draw, NothingToDrawIsSaid) {
  EXPECT_FALSE(has_points(chart({})));
  EXPECT_FALSE(has_points(chart({{1, NAN}})));
  EXPECT_TRUE(has(draw(chart({})), "no numbers yet"));
}

TEST(Draw, ManyPointsMakeASmallDrawing) {
  std::vector<Point> points;
  for (int i = 0; i < 2000; ++i) points.push_back({static_cast<double>(i), 1 + std::sin(i * 12.9898)});
  EXPECT_LT(draw(chart(points)).size(), 60000u);
}

TEST(Draw, LegendTakesAsManyRowsAsItNeeds) {
  Chart many = chart({{1, 3}, {2, 1}});
  for (int i = 0; i < 7; ++i) many.series.push_back({"a rather long name", "s1", Marker::none, {{2, 2}}});
  const std::string svg = draw(many);
  EXPECT_EQ(times(svg, "class=\"legend\""), 8u);
  std::smatch found;
  std::string rest = svg;
  double lowest = 0;
  while (std::regex_search(rest, found, std::regex("class=\"legend\" x=\"([-0-9.]+)\" y=\"([0-9.]+)\""))) {
    EXPECT_GE(std::stod(found[1]), 0);
    lowest = std::max(lowest, std::stod(found[2]));
    rest = found.suffix();
  }
  ASSERT_TRUE(std::regex_search(svg, found, std::regex("data-y=\"[0-9.]+ ([0-9.]+) ")));
  EXPECT_GT(std::stod(found[1]), lowest);  // the curves begin below
  many.legend = false;
  EXPECT_FALSE(has(draw(many), "class=\"legend\""));
}

TEST(Draw, TellsItsScalesToScripts) {
  const std::string svg = draw(chart({{0, 1}, {10, 2}}));
  EXPECT_TRUE(has(svg, "data-x=\"66 546 0 10 linear\" data-y=\"276 40 1 2 linear\""));
  EXPECT_TRUE(has(svg, "data-x-name=\"update\" data-y-name=\"loss\" data-unit=\"\""));
  EXPECT_TRUE(has(svg, "<g class=\"line train\" data-name=\"train\">"));
}

TEST(Draw, AnXAxisMayBeLogarithmic) {
  Chart rates = chart({{1e-5, 1}, {1, 2}});
  rates.x_log = true;
  EXPECT_TRUE(has(draw(rates), "data-x=\"66 546 1e-05 1 log\""));
  rates.series[0].points[0].x = 0;
  EXPECT_TRUE(has(draw(rates), " linear\""));
}

TEST(Draw, EscapesNames) {
  Chart hostile = chart({{1, 2}});
  hostile.title = "</title><script>";
  hostile.series[0].name = "<b>";
  const std::string svg = draw(hostile);
  EXPECT_FALSE(has(svg, "<script"));
  EXPECT_FALSE(has(svg, "<b>"));
}

}  // namespace
}  // namespace thalweg::page
