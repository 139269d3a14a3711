#include <cmath>
#include <map>

#include "base/test_error.h"
#include "run/test_run.h"
#include "thalweg/checkpoint.h"
#include "thalweg/lab/landscape.h"
#include "thalweg/module.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

class RunLandscapeTest : public RunTest {
 protected:
  void train(RunConfig config) {
    Training run = Training::create(config, path());
    for (Report report; run.next(report);) continue;
    train_ = run.finish().train;
  }

  Evaluation train_;
};

using Plane = RunLandscapeOptions::Plane;

std::map<std::string, std::string> everything(const fs::path& run) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(run)) {
    if (entry.is_regular_file()) found[entry.path().string()] = read_text_file(entry.path());
  }
  return found;
}

TEST_F(RunLandscapeTest, TheMiddleIsTheTrainedLossAndNothingIsTouched) {
  train(small());
  const auto before = everything(path());
  const Landscape landscape = run_landscape(path(), {.points = 3});
  EXPECT_EQ(everything(path()), before);
  ASSERT_EQ(landscape.surface.values.size(), 9u);
  EXPECT_NEAR(landscape.surface.values[4], train_.loss, 1e-6);
  EXPECT_EQ(landscape.paths[0].losses[0], landscape.surface.values[4]);
  for (const std::size_t i : {0, 2, 6, 8}) EXPECT_GT(landscape.surface.values[i], train_.loss);
  EXPECT_EQ(landscape.surface.range.x_low, -1);
  expect_contains(landscape.subtitle, "all 1438 training samples");
}

TEST_F(RunLandscapeTest, TermsOfTheLossCount) {
  RunConfig config = small();
  config.loss = "cross_entropy | l2(0.1)";
  train(config);
  Module model("dense(10)", {64});
  load_parameters(checkpoint(46), model.params());
  const double penalty = Loss(config.loss).penalty(model.params());
  ASSERT_GT(penalty, 0.01);
  EXPECT_NEAR(run_landscape(path(), {.points = 3}).surface.values[4], train_.loss + penalty, 1e-6);
}

TEST_F(RunLandscapeTest, SameBitsForAnyNumberOfThreads) {
  train(small());
  const RunLandscapeOptions options{.seed = 5, .points = 5, .samples = 200};
  RunLandscapeOptions many = options, other = options;
  many.threads = 3;
  other.seed = 6;
  const auto values = run_landscape(path(), options).surface.values;
  EXPECT_EQ(run_landscape(path(), many).surface.values, values);
  EXPECT_NE(run_landscape(path(), other).surface.values, values);
  expect_contains(run_landscape(path(), options).subtitle, "200 of 1438 training samples, drawn with seed 5");
}

// A step of radius r along a direction moves each unit's weights by r times their norm: at most by the
// triangle inequality the loss of a linear model at radius 0 is continuous, and biases stay.
TEST_F(RunLandscapeTest, NearTheMiddleTheLossIsNearTheTrainedOne) {
  train(small());
  const Landscape landscape = run_landscape(path(), {.radius = 1e-4, .points = 3});
  for (const double value : landscape.surface.values) EXPECT_NEAR(value, train_.loss, 1e-3);
}

TEST_F(RunLandscapeTest, ThePlaneHoldsThePathOfTheCheckpoints) {
  RunConfig config = small();
  config.keeping.checkpoint_every = "10";
  train(config);
  const Landscape landscape = run_landscape(path(), {.plane = Plane::path, .points = 5});
  const SurfacePath& way = landscape.paths.at(0);
  EXPECT_EQ(way.updates, (std::vector<std::uint64_t>{0, 10, 20, 30, 40, 46}));
  EXPECT_EQ(way.points.back().x, 0);
  EXPECT_EQ(way.points.back().y, 0);
  EXPECT_LT(way.points.front().x, 0);  // from left to right
  EXPECT_NEAR(way.losses.back(), train_.loss, 1e-6);
  EXPECT_GT(way.losses.front(), 2);  // log(10) and more of initial weights
  for (const PlanePoint& p : way.points) {
    EXPECT_TRUE(p.x >= landscape.surface.range.x_low && p.x <= landscape.surface.range.x_high);
    EXPECT_TRUE(p.y >= landscape.surface.range.y_low && p.y <= landscape.surface.range.y_high);
  }
  // No projection is longer than the difference itself.
  Module first("dense(10)", {64}), last("dense(10)", {64});
  first.initialise(config.seed);
  load_parameters(checkpoint(46), last.params());
  double squares = 0;
  for (std::size_t i = 0; i < first.params().size(); ++i) {
    const auto a = first.params()[i].value<float>(), b = last.params()[i].value<float>();
    for (std::size_t k = 0; k < a.size(); ++k) squares += (a[k] - b[k]) * (a[k] - b[k]);
  }
  const double projected = std::hypot(way.points.front().x, way.points.front().y);
  EXPECT_LT(projected, std::sqrt(squares) * (1 + 1e-6));
  EXPECT_GT(projected, 0.9 * std::sqrt(squares));
}

TEST_F(RunLandscapeTest, RefusesWhatIsNoRun) {
  EXPECT_THROW(run_landscape(path("none")), Error);
  train(small());
  expect_contains(usage_error([&] { run_landscape(path(), {.radius = 0}); }), "radius");
  expect_contains(usage_error([&] { run_landscape(path(), {.points = 1}); }), "2 to 1000");
}

}  // namespace
}  // namespace thalweg
