#include "draw/sweep.h"

#include <gtest/gtest.h>

#include <cmath>
#include <regex>

namespace thalweg::page {
namespace {

Sweep example() {
  return {.id = "s",
          .title = "Title",
          .x_name = "rate",
          .y_name = "loss",
          .series = {{"a", Look::first, true, true, {{1e-3, 1}, {1e-2, 3}, {1e-1, NAN}, {1, 2}}}},
          .marks = {{1e-2, "here"}}};
}

std::vector<double> xs(const std::string& svg) {
  std::vector<double> out;
  const std::regex circle("<circle class=\"dot\" cx=\"([0-9.]+)\"");
  for (std::sregex_iterator i(svg.begin(), svg.end(), circle), end; i != end; ++i)
    out.push_back(std::stod((*i)[1]));
  return out;
}

TEST(Sweep, PlacesPointsByTheirLogarithm) {
  const std::vector<double> x = xs(draw(example()));
  ASSERT_EQ(x.size(), 3u);  // a gap is no point
  EXPECT_NEAR((x[1] - x[0]) * 3, x[2] - x[0], 0.05);
}

TEST(Sweep, PlacesPointsEvenlyOnALinearAxis) {
  Sweep sweep = example();
  sweep.log_x = false;
  sweep.series[0].points = {{0, 1}, {5, 2}, {10, 3}};
  const std::vector<double> x = xs(draw(sweep));
  ASSERT_EQ(x.size(), 3u);
  EXPECT_NEAR((x[1] - x[0]) * 2, x[2] - x[0], 0.05);
}

TEST(Sweep, IsAFileOfItsOwnWhenAlone) {
  EXPECT_NE(draw(example(), true).find("xmlns="), std::string::npos);
  EXPECT_EQ(draw(example()).find("xmlns="), std::string::npos);
  EXPECT_NE(draw(example()).find("<style>"), std::string::npos);
}

TEST(Sweep, SaysWhatItShows) {
  const std::string svg = draw(example());
  EXPECT_NE(svg.find("lowest 1.000 at rate 0.00100"), std::string::npos) << svg.substr(0, 400);
  EXPECT_NE(svg.find(">here</text>"), std::string::npos);
  Sweep empty = example();
  empty.series[0].points = {{-1, 1}, {0, 2}};
  EXPECT_NE(draw(empty).find("no numbers"), std::string::npos);
}

TEST(Sweep, EscapesWhatItIsGiven) {
  Sweep sweep = example();
  sweep.series.push_back(sweep.series[0]);
  sweep.series[0].name = "<script>";
  EXPECT_EQ(draw(sweep).find("<script>"), std::string::npos);
  EXPECT_EQ(finder_page("<b>", "&", "").find("<b>&"), std::string::npos);
}

}  // namespace
}  // namespace thalweg::page
