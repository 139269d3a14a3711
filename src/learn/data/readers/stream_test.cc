#include <gtest/gtest.h>

#include <cmath>

#include "data/test_files.h"

namespace thalweg {
namespace {

// The weight of a target with one feature, from a row without noise.
double weight(const Samples& samples, const std::vector<float>& x, std::size_t row) {
  return static_cast<double>(samples.values[row]) / x[row];
}

TEST(Stream, DriftTurnsWithItsPeriod) {
  const Dataset data = load_dataset("drift(100, rows=400, features=1, noise=0)", 1);
  EXPECT_EQ(data.train.size(), 400u);
  EXPECT_EQ(data.test.size(), 0u);
  const std::vector<float> x = inputs_of(data.train);
  double low = 1, high = -1;
  for (std::size_t row = 0; row < 100; ++row) {
    const double w = weight(data.train, x, row);
    EXPECT_NEAR(weight(data.train, x, row + 200), w, 1e-4);
    EXPECT_NEAR(weight(data.train, x, row + 50), -w, 1e-4);
    low = std::min(low, w);
    high = std::max(high, w);
  }
  EXPECT_LT(low, -0.99);
  EXPECT_GT(high, 0.99);
}

TEST(Stream, SwitchHasTwoTargets) {
  const Dataset data = load_dataset("switch(30, rows=60, features=1, noise=0)", 1);
  const std::vector<float> x = inputs_of(data.train);
  const double before = weight(data.train, x, 0), after = weight(data.train, x, 59);
  EXPECT_GT(std::fabs(before - after), 1e-3);
  for (std::size_t row = 0; row < 60; ++row) {
    EXPECT_NEAR(weight(data.train, x, row), row < 30 ? before : after, 1e-4) << row;
  }
}

TEST(Stream, NoiseHasItsDeviation) {
  const Dataset clean = load_dataset("switch(0, rows=20000, noise=0)", 1);
  const Dataset noisy = load_dataset("switch(0, rows=20000, noise=0.5)", 1);
  EXPECT_EQ(inputs_of(clean.train), inputs_of(noisy.train));
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < 20000; ++i) {
    const double noise = static_cast<double>(noisy.train.values[i]) - clean.train.values[i];
    sum += noise;
    squares += noise * noise;
  }
  EXPECT_NEAR(sum / 20000, 0, 0.02);
  EXPECT_NEAR(std::sqrt(squares / 20000), 0.5, 0.01);
}

TEST(Stream, IsAFunctionOfItsOwnSeed) {
  const std::string text = "drift(100, rows=50, seed=3)";
  const Dataset one = load_dataset(text, 1);
  EXPECT_EQ(one.train.values, load_dataset(text, 2).train.values);
  EXPECT_NE(one.train.values, load_dataset("drift(100, rows=50, seed=4)", 1).train.values);
  const Dataset all = load_all(text, one.encoding);
  EXPECT_EQ(all.train.size(), 0u);
  EXPECT_EQ(all.test.values, one.train.values);
}

TEST(Stream, RefusesWhatIsTooLarge) {
  error_of(Code::usage, [] { load_dataset("drift(100, rows=4000000000, features=1000)", 1); });
  error_of(Code::usage, [] { load_dataset("drift(rows=10)", 1); });
  error_of(Code::usage, [] { load_dataset("switch(10, rows=0)", 1); });
}

}  // namespace
}  // namespace thalweg
