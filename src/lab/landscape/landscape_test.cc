#include "thalweg/lab/landscape.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/test_error.h"
#include "thalweg/chain.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

using Chains = std::vector<std::string>;

Landscape drawn(const char* problem, const Chains& chains, const FunctionLandscapeOptions& options = {}) {
  return function_landscape(Problem(problem), chains, options);
}

bool holds(const PlaneRange& range, const PlanePoint& p) {
  return p.x >= range.x_low && p.x <= range.x_high && p.y >= range.y_low && p.y <= range.y_high;
}

TEST(FunctionLandscape, TheGridHoldsTheFunction) {
  FunctionLandscapeOptions options;
  options.range = PlaneRange{-2, 2, -1, 3};
  options.points = 5;
  const Landscape landscape = drawn("rosenbrock", {}, options);
  ASSERT_EQ(landscape.surface.columns, 5u);
  ASSERT_EQ(landscape.surface.values.size(), 25u);
  EXPECT_EQ(landscape.surface.values[0], 9 + 100 * 25);  // (-2, -1)
  EXPECT_EQ(landscape.surface.values[4], 1 + 100 * 25);  // (2, -1)
  EXPECT_EQ(landscape.surface.values[13], 0);            // (1, 1)
  EXPECT_EQ(landscape.surface.values[22], 1 + 100 * 9);  // (0, 3)
}

TEST(FunctionLandscape, PathsAreDescents) {
  const Landscape landscape =
      drawn("rosenbrock", {"gd(lr=1e-3)", "adam(lr=0.05)"}, {.descend = {.updates = 30}});
  ASSERT_EQ(landscape.paths.size(), 2u);
  const Descent descent = descend(Problem("rosenbrock"), Chain("adam(lr=0.05)"), {.updates = 30});
  const SurfacePath& path = landscape.paths[1];
  EXPECT_EQ(path.name, "adam(lr=0.05)");
  EXPECT_EQ(path.optimizer, descent.optimizer);
  EXPECT_EQ(path.losses, descent.losses);
  EXPECT_EQ(path.distances, descent.distances);
  ASSERT_EQ(path.points.size(), 31u);
  EXPECT_EQ(path.points[30].x, descent.path[60]);
  EXPECT_EQ(path.points[30].y, descent.path[61]);
}

TEST(FunctionLandscape, TheRangeHoldsStartMinimaAndPaths) {
  for (const char* problem :
       {"rosenbrock", "himmelblau", "beale", "booth", "linear_regression", "styblinski_tang"}) {
    const Landscape landscape = drawn(problem, {"adam(lr=0.05)"}, {.points = 2});
    for (const PlanePoint& minimum : landscape.minima)
      EXPECT_TRUE(holds(landscape.surface.range, minimum)) << problem;
    for (const PlanePoint& point : landscape.paths[0].points)
      EXPECT_TRUE(holds(landscape.surface.range, point)) << problem;
  }
}

TEST(FunctionLandscape, WhatDivergesEndsAndDoesNotStretchThePicture) {
  const Landscape landscape = drawn("rosenbrock", {"gd(lr=1)", "gd(lr=1e-3)"}, {.points = 2});
  EXPECT_TRUE(landscape.paths[0].diverged);
  EXPECT_LT(landscape.paths[0].losses.size(), 20u);
  EXPECT_FALSE(landscape.paths[1].diverged);
  EXPECT_LT(landscape.surface.range.x_high - landscape.surface.range.x_low, 12);
}

TEST(FunctionLandscape, EveryChainWithEveryBatch) {
  const Landscape landscape = drawn("linear_regression", {"sgd(lr=0.1)"}, {.batches = {1, 0}, .points = 2});
  ASSERT_EQ(landscape.paths.size(), 2u);
  EXPECT_EQ(landscape.paths[0].name, "sgd(lr=0.1), batch 1");
  EXPECT_EQ(landscape.paths[1].name, "sgd(lr=0.1), full batch");
  // The full batch falls at every step; single samples do not.
  const auto falls = [](const SurfacePath& path) {
    for (std::size_t k = 1; k < path.losses.size(); ++k) {
      if (path.losses[k] > path.losses[k - 1]) return false;
    }
    return true;
  };
  EXPECT_FALSE(falls(landscape.paths[0]));
  EXPECT_TRUE(falls(landscape.paths[1]));
  expect_contains(landscape.subtitle, "64 samples");
}

TEST(FunctionLandscape, EpochsGiveEveryBatchTheSameData) {
  const Landscape landscape =
      drawn("linear_regression", {"sgd(lr=linear(0.1))"}, {.batches = {1, 24, 0}, .epochs = 3, .points = 2});
  ASSERT_EQ(landscape.paths.size(), 3u);
  EXPECT_TRUE(landscape.by_epochs);
  const std::uint64_t per_epoch[] = {64, 3, 1};  // of 64 samples
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(landscape.paths[i].per_epoch, per_epoch[i]);
    EXPECT_EQ(landscape.paths[i].points.size(), 3 * per_epoch[i] + 1);
    EXPECT_EQ(landscape.paths[i].rates.front(), 0.1);  // schedules are as long as their own path
    EXPECT_EQ(landscape.paths[i].rates.size(), 3 * per_epoch[i]);
  }
  expect_contains(landscape.subtitle, "3 passes over the samples");
  const std::string page = landscape_html(landscape);
  for (const char* part : {"data-x-name=\"epoch\"", "data-x-name=\"update\"", "\"unit\": \"epoch\"",
                           "Learning rates", ">epochs</label>"})
    expect_contains(page, part);
  EXPECT_FALSE(drawn("linear_regression", {"sgd(lr=0.1)"}, {.batches = {1}, .points = 2}).by_epochs);
}

TEST(FunctionLandscape, RatesThatAreConstantHaveNoCurve) {
  const Landscape constant = drawn("booth", {"gd(lr=0.01)"}, {.points = 2});
  EXPECT_EQ(landscape_html(constant).find("Learning rates"), std::string::npos);
  expect_contains(landscape_html(drawn("booth", {"gd(lr=cosine(0.01))"}, {.points = 2})), "Learning rates");
}

TEST(FunctionLandscape, FormulasHaveNoKnownMinima) {
  const Landscape landscape = drawn("x^2 + log(y)", {"gd(lr=0.01)"}, {.points = 11});
  EXPECT_TRUE(landscape.minima.empty());
  EXPECT_TRUE(std::isnan(landscape.least));
  EXPECT_TRUE(landscape.paths[0].distances.empty());
  for (const char* part : {"\"least\": null", "\"distances\": null", "\"schema\": 1"}) {
    expect_contains(landscape_json(landscape), part);
  }
}

TEST(FunctionLandscape, AFunctionOfOneNumberIsACurve) {
  const Landscape landscape = drawn("x^2", {"gd(lr=0.1)"}, {.descend = {.updates = 5}, .points = 11});
  EXPECT_EQ(landscape.surface.columns, 11u);
  EXPECT_EQ(landscape.surface.rows, 1u);
  ASSERT_EQ(landscape.surface.values.size(), 11u);
  EXPECT_EQ(landscape.x_name, "x");
  const double low = landscape.surface.range.x_low;
  EXPECT_DOUBLE_EQ(landscape.surface.values[0], low * low);
  for (std::size_t k = 0; k < 6; ++k) {
    const PlanePoint& point = landscape.paths[0].points[k];
    EXPECT_NEAR(point.x, -1.2 * std::pow(0.8, k), 1e-15);
    EXPECT_EQ(point.y, landscape.paths[0].losses[k]);
    EXPECT_TRUE(holds(landscape.surface.range, point)) << k;
  }
  expect_contains(landscape_svg(landscape), "class=\"curve\"");
  const std::string page = landscape_html(landscape);
  EXPECT_EQ(page.find("three dimensions needs"), std::string::npos);
  expect_contains(page, "\"surface\": null");
  EXPECT_EQ(drawn("sphere(1)", {"gd(lr=0.1)"}, {.points = 3}).minima.size(), 1u);
}

TEST(FunctionLandscape, RefusesWhatCannotBeDrawn) {
  const auto refused = [](const char* problem, const FunctionLandscapeOptions& options) {
    return usage_error([&] { drawn(problem, {"gd(lr=0.1)"}, options); });
  };
  expect_contains(refused("colville", {}), "one or two numbers");
  expect_contains(refused("sphere(3)", {}), "two numbers");
  expect_contains(refused("booth", {.range = PlaneRange{1, 1, 0, 1}}), "the range is empty");
  expect_contains(refused("booth", {.range = PlaneRange{-1e308, 1e308, 0, 1}}), "not finite");
  expect_contains(refused("booth", {.points = 1}), "2 to 1000");
  expect_contains(refused("booth", {.epochs = 2}), "epochs without batches");
  expect_contains(refused("booth", {.descend = {.start = {1, 2, 3}}}), "dimension");
  EXPECT_THROW(drawn("log(x)", {"gd(lr=0.1)"}, {.descend = {.start = {-1}}}), Error);
}

}  // namespace
}  // namespace thalweg
