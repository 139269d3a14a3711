#include <gtest/gtest.h>

#include <vector>

#include "thalweg/lab/analyze.h"

namespace thalweg {
namespace {

TEST(MedianOf, IntervalIsOfOrderStatistics) {
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
