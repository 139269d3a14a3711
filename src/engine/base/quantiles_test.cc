#include "thalweg/quantiles.h"

#include <gtest/gtest.h>

#include <limits>

namespace thalweg {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Quantiles, TheMedianIsTheMiddle) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 8}), 3);
  EXPECT_EQ(median({1, kInfinity, kInfinity}), kInfinity);
  EXPECT_EQ(median({7}), 7);
}

TEST(Quantiles, QuartilesInterpolate) {
  const Median five = quartiles({5, 1, 4, 2, 3});
  EXPECT_EQ(five.low, 2);
  EXPECT_EQ(five.value, 3);
  EXPECT_EQ(five.high, 4);
  const Median four = quartiles({1, 2, 4, 8});
  EXPECT_EQ(four.low, 1.75);
  EXPECT_EQ(four.value, 3);
  EXPECT_EQ(four.high, 5);
  EXPECT_EQ(quartiles({7}).high, 7);
  EXPECT_EQ(quartiles({1, kInfinity, kInfinity}).value, kInfinity);
  EXPECT_EQ(quartiles({kInfinity, kInfinity}).low, kInfinity);
}

TEST(Quantiles, IntervalIsOfOrderStatistics) {
  std::vector<double> samples;
  for (int i = 15; i >= 1; --i) samples.push_back(i);
  const Median fifteen = median_of(samples);  // 4th and 12th: 96.5 %
  EXPECT_EQ(fifteen.value, 8.0);
  EXPECT_EQ(fifteen.low, 4.0);
  EXPECT_EQ(fifteen.high, 12.0);
  const Median six = median_of({6, 5, 4, 3, 2, 1});  // the extremes: 96.9 %
  EXPECT_EQ(six.value, 3.5);
  EXPECT_EQ(six.low, 1.0);
  EXPECT_EQ(six.high, 6.0);
  const Median one = median_of({7});
  EXPECT_EQ(one.low, 7.0);
  EXPECT_EQ(one.high, 7.0);
}

}  // namespace
}  // namespace thalweg
