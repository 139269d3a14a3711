#include "experiments/statistics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "experiments/samples.h"

namespace thalweg::experiments {
namespace {

TEST(ClaimStatistics, MeanAndDeviation) {
  const std::vector<double> numbers = {2, 4, 4, 4, 5, 5, 7, 9};
  EXPECT_DOUBLE_EQ(mean(numbers), 5);
  EXPECT_DOUBLE_EQ(deviation(numbers), std::sqrt(32.0 / 7));
  EXPECT_EQ(deviation(std::vector<double>{3}), 0);
  EXPECT_TRUE(std::isinf(deviation(std::vector<double>{1, INFINITY})));
}

TEST(ClaimStatistics, PowerIsThatOfAPowerLaw) {
  std::vector<double> x, y;
  for (double one = 1; one <= 64; one *= 2) {
    x.push_back(one);
    y.push_back(3 * std::pow(one, -1.5));
  }
  EXPECT_NEAR(power(x, y), -1.5, 1e-12);
}

TEST(ClaimStatistics, RisesCountsWhatGoesUp) {
  EXPECT_DOUBLE_EQ(rises(std::vector<double>{1, 2, 2, 1, 3}), 0.5);
  EXPECT_DOUBLE_EQ(rises(std::vector<double>{1}), 0);
}

TEST(ClaimStatistics, MiddlesGoByColumns) {
  EXPECT_EQ(middles({{1, 9}, {3, 7}, {2, 8}}), (std::vector<double>{2, 8}));
}

TEST(ClaimSamples, ArePickedRepeatedAndParted) {
  const Dataset data = load_dataset("digits", 1);
  const std::vector<std::uint32_t> rows = {5, 2};
  const std::vector<float> factors = {2, 1};
  const Samples two = multiplied(data.train.subset(rows), factors);
  std::vector<float> got(128), want(128);
  two.gather(std::vector<std::uint32_t>{0, 1}, got);
  data.train.gather(rows, want);
  for (std::size_t i = 0; i < 128; ++i) EXPECT_EQ(got[i], want[i] * (i < 64 ? 2 : 1));
  EXPECT_EQ(two.labels, (std::vector<std::int32_t>{data.train.labels[5], data.train.labels[2]}));

  const Dataset grown = repeated(data, 3000);
  EXPECT_EQ(grown.train.size(), 3000u);
  EXPECT_EQ(grown.train.labels[data.train.size() + 7], data.train.labels[7]);

  const Dataset few = fewer(data, 100, 1);
  EXPECT_EQ(few.train.size(), 100u);
  EXPECT_EQ(few.test.size(), 1697u);
  std::vector<int> seen(1797);
  for (const Samples* part : {&few.train, &few.test}) {
    for (const std::uint32_t row : part->rows) ++seen[row];
  }
  EXPECT_EQ(seen, std::vector<int>(1797, 1));
  EXPECT_EQ(half(few.test, 0).size() + half(few.test, 1).size(), 1697u);
}

}  // namespace
}  // namespace thalweg::experiments
