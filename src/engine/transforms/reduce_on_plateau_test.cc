#include "transforms/reduce_on_plateau.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace thalweg {
namespace {

using Mode = PlateauOptions::Mode;
using Threshold = PlateauOptions::Threshold;

// The rates after each metric.
std::vector<double> rates(const PlateauOptions& options, const std::vector<double>& metrics,
                          double rate = 1.0) {
  Plateau plateau{.options = options, .rate = rate};
  std::vector<double> out;
  for (const double metric : metrics) {
    const bool cut = plateau.observe(metric);
    EXPECT_EQ(cut, plateau.rate != (out.empty() ? rate : out.back()));
    out.push_back(plateau.rate);
  }
  return out;
}

// The number of the evaluation that cuts first when the metric stays as it is.
std::size_t first_cut(const PlateauOptions& options) {
  const std::vector<double> all = rates(options, std::vector<double>(100, 1.0));
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] != 1.0) return i + 1;
  }
  return 0;
}

void expect_rates(const std::vector<double>& got, const std::vector<double>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_DOUBLE_EQ(got[i], want[i]) << i;
}

// pytorch#2545, pytorch#119763, pytorch#11305, keras#3991, aprender#2135
TEST(PlateauA12, AConstantMetricCutsInTheOrderOfTheTable) {
  const std::vector<double> constant(10, 5.0);
  expect_rates(rates({.patience = 2}, constant, 0.1), {.1, .1, .1, .01, .01, .01, .001, .001, .001, .0001});
  expect_rates(rates({.patience = 2, .cooldown = 1}, constant, 0.1),
               {.1, .1, .1, .01, .01, .01, .01, .001, .001, .001});
}

TEST(PlateauA12, TheFirstValueIsAnImprovementWhateverItIs) {
  for (const double first : {0.0, -5.0, 1e300, HUGE_VAL, -HUGE_VAL}) {
    for (const Mode mode : {Mode::min, Mode::max}) {
      Plateau plateau{.options = {.mode = mode}};
      plateau.observe(first);
      EXPECT_EQ(plateau.best, first);
      EXPECT_EQ(plateau.bad, 0u);
    }
  }
}

TEST(PlateauA12, NanNeverImproves) {
  Plateau plateau{.options = {.patience = 1}};
  plateau.observe(NAN);
  EXPECT_TRUE(std::isnan(plateau.best));
  EXPECT_EQ(plateau.bad, 1u);
  plateau.observe(3.0);  // the first value
  EXPECT_EQ(plateau.best, 3.0);
  plateau.observe(NAN);
  EXPECT_FALSE(plateau.rate < 1.0);
  EXPECT_TRUE(plateau.observe(NAN));
  EXPECT_EQ(plateau.best, 3.0);
}

TEST(Plateau, ThePatienceIsReachedOrPassed) {
  EXPECT_EQ(first_cut({.patience = 10}), 12u);                   // PyTorch
  EXPECT_EQ(first_cut({.patience = 10, .reached = true}), 11u);  // Keras, optax
  EXPECT_EQ(first_cut({.patience = 0}), 2u);
  EXPECT_EQ(first_cut({.patience = 0, .reached = true}), 2u);  // the first value never is bad
}

// Keras counts down first and looks at the rest then, so that a cooldown of 1 is none.
TEST(Plateau, TheLastEvaluationOfACooldownMayCount) {
  const std::vector<double> constant(8, 1.0);
  const PlateauOptions none{.factor = 0.5, .patience = 2, .reached = true};
  PlateauOptions keras = none;
  keras.cooldown = 1;
  keras.cooling_ends = true;
  expect_rates(rates(none, constant), {1, 1, .5, .5, .25, .25, .125, .125});
  expect_rates(rates(keras, constant), {1, 1, .5, .5, .25, .25, .125, .125});
  keras.cooldown = 2;
  expect_rates(rates(keras, constant), {1, 1, .5, .5, .5, .25, .25, .25});
  keras.cooling_ends = false;
  expect_rates(rates(keras, constant), {1, 1, .5, .5, .5, .5, .25, .25});
}

TEST(Plateau, AnImprovementWithinACooldownIsRemembered) {
  Plateau plateau{.options = {.patience = 0, .cooldown = 2}};
  for (const double metric : {5.0, 5.0, 3.0}) plateau.observe(metric);
  EXPECT_EQ(plateau.best, 3.0);
  EXPECT_EQ(plateau.cooling, 1u);
  EXPECT_EQ(plateau.bad, 0u);
}

TEST(Plateau, AThresholdIsAShareOfTheSizeOrAbsoluteOrPyTorchs) {
  struct Row {
    Threshold threshold_mode;
    Mode mode;
    double best, improves, does_not;
  };
  const Row rows[] = {
      {Threshold::relative, Mode::min, 10, 8.9, 9.1},
      {Threshold::relative, Mode::max, 10, 11.1, 10.9},
      {Threshold::relative, Mode::min, -10, -11.1, -10.9},
      {Threshold::relative, Mode::max, -10, -8.9, -9.1},
      {Threshold::absolute, Mode::min, -10, -10.11, -10.09},
      {Threshold::absolute, Mode::max, 10, 10.11, 10.09},
      {Threshold::torch, Mode::min, 10, 8.9, 9.1},
      {Threshold::torch, Mode::max, 10, 11.1, 10.9},
      {Threshold::torch, Mode::min, -10, -9.1, -8.9},
      {Threshold::torch, Mode::max, -10, -10.9, -11.1},
  };
  for (const Row& row : rows) {
    const PlateauOptions options{.threshold = 0.1, .threshold_mode = row.threshold_mode, .mode = row.mode};
    Plateau better{.options = options, .best = row.best}, not_better = better;
    better.observe(row.improves);
    not_better.observe(row.does_not);
    EXPECT_EQ(better.best, row.improves);
    EXPECT_EQ(not_better.best, row.best);
  }
}

TEST(Plateau, TheFloorAndEpsEndTheFall) {
  const std::vector<double> constant(6, 1.0);
  expect_rates(rates({.factor = 0.5, .patience = 0, .floor = 0.2}, constant), {1, .5, .25, .2, .2, .2});
  expect_rates(rates({.factor = 0.5, .patience = 0, .eps = 0.1}, constant), {1, .5, .25, .125, .125, .125});
}

TEST(Plateau, ItsNumbersAreAllThereIs) {
  Plateau one{.options = {.factor = 0.5, .patience = 1, .cooldown = 1}};
  for (int i = 0; i < 40; ++i) {
    Plateau copy{
        .options = one.options, .rate = one.rate, .best = one.best, .bad = one.bad, .cooling = one.cooling};
    const double metric = std::sin(0.7 * i);
    EXPECT_EQ(one.observe(metric), copy.observe(metric));
    EXPECT_EQ(one.rate, copy.rate);
    EXPECT_EQ(one.bad, copy.bad);
  }
}

}  // namespace
}  // namespace thalweg
