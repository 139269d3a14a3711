#include "device/reduce.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

namespace thalweg {
namespace {

TEST(Reduce, TheSumOfNothingIsZero) {
  EXPECT_EQ(tree_sum({}), 0.0);
  EXPECT_EQ(tree_sum(std::vector<double>{3.5}), 3.5);
}

TEST(Reduce, TheTreeIsTheFirstHalfRoundedUpPlusTheSecond) {
  const double a = 1e16, b = 1.0, c = -1e16, d = 1.0, e = 0.5;
  EXPECT_EQ(tree_sum(std::vector<double>{a, b, c}), (a + b) + c);
  EXPECT_EQ(tree_sum(std::vector<double>{a, b, c, d}), (a + b) + (c + d));
  EXPECT_EQ(tree_sum(std::vector<double>{a, b, c, d, e}), ((a + b) + c) + (d + e));
}

TEST(Reduce, ManyEqualPartsKeepTheirDigits) {
  // One after the other, 0.1 added a million times is off by 1e-6; a tree loses a few units in the last
  // place.
  EXPECT_NEAR(tree_sum(std::vector<double>(1000000, 0.1)), 100000.0, 1e-9);
}

TEST(Reduce, WholeNumbersAreExact) {
  std::vector<double> parts(12345);
  std::iota(parts.begin(), parts.end(), 1.0);
  EXPECT_EQ(tree_sum(parts), 12345.0 * 12346.0 / 2.0);
}

TEST(Reduce, WhatIsNotFiniteStays) {
  std::vector<double> parts(100, 1.0);
  parts[37] = INFINITY;
  EXPECT_EQ(tree_sum(parts), INFINITY);
  parts[99] = NAN;
  EXPECT_TRUE(std::isnan(tree_sum(parts)));
}

}  // namespace
}  // namespace thalweg
