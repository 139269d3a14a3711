#include "draw/chart.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <regex>
#include <set>

namespace thalweg::page {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::size_t times(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

Chart chart(std::vector<Point> points) {
  return {.id = "loss",
          .title = "Loss",
          .x_name = "update",
          .y_name = "loss",
          .x_least = {0, 0},
          .series = {{"train", "train", Marker::circle, std::move(points)}}};
}

// Where markers stand across the paper.
std::vector<double> across(const std::string& svg) {
  std::vector<double> out;
  const std::regex mark("<path class=\"mark\" transform=\"translate\\(([0-9.]+)");
  for (std::sregex_iterator i(svg.begin(), svg.end(), mark), end; i != end; ++i)
    out.push_back(std::stod((*i)[1]));
  return out;
}

Axis axis(double lo, double hi) { return linear_axis(lo, hi, 6, Fit::data); }

TEST(Thin, KeepsFirstLowestHighestAndLastOfEachColumn) {
  std::vector<Point> points;
  for (int i = 0; i < 1000; ++i) points.push_back({static_cast<double>(i), std::sin(i * 0.1)});
  points[523].y = 100;
  points[777].y = -100;
  const std::vector<Point> kept = thin(points, axis(0, 999), 20);
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
  const std::vector<Point> kept = thin({{0, 1}, {5, 2}, {10, 1}}, axis(0, 10), 100);
  EXPECT_EQ(kept.size(), 3u);
}

TEST(Thin, KeepsOnePointOfAGap) {
  const std::vector<Point> kept = thin({{0, 1}, {1, NAN}, {2, INFINITY}, {3, 2}}, axis(0, 3), 1);
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
  EXPECT_TRUE(has(svg,
                  "train: 0.5000 at update 1, 0.2500 at update 2; lowest 0.2500 at update 2, highest 0.5000 "
                  "at update 1."));
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
  std::map<double, double> begins;  // of the rows
  while (std::regex_search(rest, found, std::regex("class=\"legend\" x=\"([-0-9.]+)\" y=\"([0-9.]+)\""))) {
    EXPECT_GE(std::stod(found[1]), 0);
    lowest = std::max(lowest, std::stod(found[2]));
    begins.emplace(std::stod(found[2]), std::stod(found[1]));
    rest = found.suffix();
  }
  ASSERT_TRUE(std::regex_search(svg, found, std::regex("data-y=\"[0-9.]+ ([0-9.]+) ")));
  EXPECT_GT(std::stod(found[1]), lowest);  // the curves begin below
  ASSERT_GT(begins.size(), 1u);
  for (const auto& [y, x] : begins) EXPECT_EQ(x, begins.begin()->second) << "the row at " << y;
  many.legend = false;
  EXPECT_FALSE(has(draw(many), "class=\"legend\""));
}

TEST(Draw, TellsItsScalesToScripts) {
  const std::string svg = draw(chart({{0, 1}, {10, 2}}));
  EXPECT_TRUE(has(svg, "data-x=\"66 546 0 10 whole\" data-y=\"276 40 1 2 linear\""));
  EXPECT_TRUE(has(svg, "data-x-name=\"update\" data-y-name=\"loss\" data-unit=\"\""));
  EXPECT_TRUE(has(svg, "<g class=\"line train\" data-name=\"train\">"));
}

TEST(Draw, WhatIsBelowTheRangeLeavesThePicture) {
  Chart low = chart({{1, 0}, {2, 90}, {3, 100}});
  low.y_least = 80;
  const std::string svg = draw(low);
  EXPECT_TRUE(has(svg, "clip-path=\"url(#loss-plot)\""));
  EXPECT_TRUE(has(svg, ">80</text>"));
  EXPECT_FALSE(has(svg, ">60</text>"));
}

TEST(Draw, TheLastLabelOfTheXAxisStaysOnThePaper) {
  const std::string svg = draw(chart({{0, 1}, {1000, 2}}));
  std::smatch found;
  ASSERT_TRUE(std::regex_search(svg, found, std::regex("class=\"x\" x=\"([0-9.]+)\" y=\"[0-9.]+\">1,000<")));
  EXPECT_NEAR(std::stod(found[1]), 534.5, 1e-9);  // 5 letters of 10.2 end at 560
}

TEST(Draw, AnXAxisMayBeLogarithmic) {
  Chart rates = chart({{1e-5, 1}, {1, 2}});
  rates.across = Across::log;
  EXPECT_TRUE(has(draw(rates), "data-x=\"66 546 1e-05 1 log\""));
  rates.series[0].points = {{0, 1}, {1e-3, 1}, {1e-2, 3}, {1e-1, NAN}, {1, 2}};
  const std::vector<double> x = across(draw(rates));
  ASSERT_EQ(x.size(), 3u);  // neither a gap nor what is not positive has a place
  EXPECT_NEAR((x[1] - x[0]) * 3, x[2] - x[0], 0.05);
  rates.series[0].points = {{-1, 1}, {0, 2}};
  EXPECT_FALSE(has_points(rates));
}

TEST(Draw, PlacesPointsEvenlyOnALinearAxis) {
  Chart even = chart({{0, 1}, {5, 2}, {10, 3}});
  even.across = Across::linear;
  const std::vector<double> x = across(draw(even));
  ASSERT_EQ(x.size(), 3u);
  EXPECT_NEAR((x[1] - x[0]) * 2, x[2] - x[0], 0.05);
}

TEST(Draw, PointsOfALogAxisAreNotThinnedAsIfItWereLinear) {
  std::vector<Point> points;
  for (int i = 0; i <= 60; ++i) points.push_back({std::pow(10, -6 + i / 10.0), std::sin(i)});
  Chart rates = chart(points);
  rates.across = Across::log;
  EXPECT_GE(times(draw(rates), "L"), 60u);
}

TEST(Draw, WhatIsAboveTheMostLeavesThePicture) {
  Chart range = chart({{1, 1}, {2, 2}, {3, 1000}});
  EXPECT_FALSE(has(draw(range), "clip-path"));
  range.y_most = 4;
  const std::string svg = draw(range);
  EXPECT_TRUE(has(svg, "clip-path=\"url(#loss-plot)\""));
  EXPECT_TRUE(has(svg, " 1 4 linear\""));
  EXPECT_TRUE(has(svg, "highest 1,000 at update 3"));
}

TEST(Draw, SeriesDifferInMoreThanColour) {
  const std::string_view style = kChartCss.text;
  std::set<std::string> dashes;
  for (std::size_t i = 0; i < 8; ++i) {
    const std::size_t from = style.find("." + look_of(i) + " { --line");
    dashes.emplace(style.substr(style.find(';', from), style.find('}', from) - style.find(';', from)));
  }
  EXPECT_EQ(dashes.size(), 8u);
  EXPECT_EQ(look_of(8), look_of(0));
  EXPECT_NE(marker_of(8), marker_of(0));
}

TEST(Draw, WordsDoNotCoverEachOther) {
  Chart said = chart({{0, 1}, {5, 2}, {10, 3}});
  said.series[0].labels.assign(40, {{5, 2}, "the same place"});
  const std::string svg = draw(said);
  EXPECT_EQ(times(svg, "class=\"dot\""), 40u);
  const std::size_t words = times(svg, ">the same place</text>");
  EXPECT_GE(words, 2u);
  EXPECT_LE(words, 12u);
}

TEST(Draw, MarksAndNotesAreSaid) {
  Chart tried = chart({{1, 3}, {2, 1}});
  tried.marks = {{2, "here"}, {7, "outside"}};
  tried.series[0].notes = {"first <note>", ""};
  tried.series[0].line = false;
  const std::string svg = draw(tried);
  EXPECT_TRUE(has(svg, ">here</text>"));
  EXPECT_FALSE(has(svg, ">outside</text>"));
  EXPECT_TRUE(has(svg, "update 1\ntrain 3.000\nfirst &lt;note&gt;"));
  tried.series.push_back({"other", "s1", Marker::square, {{2, 2}}, false});
  EXPECT_TRUE(has(draw(tried), "<title>update 2\ntrain 1.000\nother 2.000</title>"));
}

TEST(Draw, AFileOfItsOwnBringsItsStyle) {
  const std::string svg = standalone(chart({{1, 3}, {2, 1}}));
  for (const char* part :
       {"<svg xmlns=", "<style>", "prefers-color-scheme", "class=\"ground\"", " width=\"560\" height=\""})
    EXPECT_TRUE(has(svg, part)) << part;
  EXPECT_FALSE(has(draw(chart({{1, 3}})), "<style>"));
}

TEST(Draw, AListNamesSeriesOfSeveralCharts) {
  const std::string list = legend({{"a", "s0", Marker::none, {}}, {"<b>", "s1", Marker::circle, {}}});
  EXPECT_EQ(times(list, "<li>"), 2u);
  EXPECT_EQ(times(list, "class=\"mark\""), 1u);
  EXPECT_TRUE(has(list, "&lt;b&gt;"));
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
