#include "draw/axis.h"

#include <gtest/gtest.h>

#include <cmath>

namespace thalweg::page {
namespace {

using Labels = std::vector<std::string>;

Labels labels(const Axis& axis) {
  Labels out;
  for (const double tick : axis.ticks) out.push_back(axis.label(tick));
  return out;
}

TEST(Axis, LinearTicksAreNiceAndHoldTheData) {
  const Axis axis = linear_axis(0.13, 2.31, 6, Fit::ticks);
  EXPECT_EQ(labels(axis), (Labels{"0.0", "0.5", "1.0", "1.5", "2.0", "2.5"}));
  EXPECT_EQ(axis.lo, 0);
  EXPECT_EQ(axis.hi, 2.5);
  EXPECT_EQ(axis.place(0), 0);
  EXPECT_EQ(axis.place(2.5), 1);
}

TEST(Axis, LimitsOnATickStayThere) {
  EXPECT_EQ(labels(linear_axis(0, 0.3, 6, Fit::ticks)),
            (Labels{"0.00", "0.05", "0.10", "0.15", "0.20", "0.25", "0.30"}));
  EXPECT_EQ(labels(linear_axis(-10, 10, 4, Fit::ticks)), (Labels{"−10", "−5", "0", "5", "10"}));
}

TEST(Axis, SmallAndLargeNumbersAreCountedInPowersOfTen) {
  const Axis small = linear_axis(0, 3e-4, 6, Fit::ticks);
  EXPECT_EQ(small.exponent, -4);
  EXPECT_EQ(labels(small).back(), "3.0");
  const Axis large = linear_axis(0, 4e8, 6, Fit::ticks);
  EXPECT_EQ(large.exponent, 8);
  EXPECT_EQ(labels(large), (Labels{"0", "1", "2", "3", "4"}));
}

TEST(Axis, OneNumberStillHasTwoTicks) {
  for (const double number : {0.0, 1.0, -3.0, 0.97, 1e-12, 1e299, -1e300}) {
    const Axis axis = linear_axis(number, number, 6, Fit::ticks);
    EXPECT_GE(axis.ticks.size(), 2u) << number;
    EXPECT_LE(axis.ticks.size(), 12u) << number;
    EXPECT_LE(axis.lo, number);
    EXPECT_GE(axis.hi, number);
    EXPECT_LT(axis.lo, axis.hi);
  }
}

TEST(Axis, NearlyEqualNumbersHaveShortLabels) {
  for (const std::string& label : labels(linear_axis(1, 1 + 1e-15, 6, Fit::ticks)))
    EXPECT_LE(label.size(), 8u);
}

TEST(Axis, AllOfTheRangeHasTicks) {
  const Axis axis = linear_axis(-kLargest, kLargest, 6, Fit::ticks);
  EXPECT_GE(axis.ticks.size(), 3u);
  for (const double tick : axis.ticks) EXPECT_TRUE(std::isfinite(axis.place(tick)));
}

TEST(Axis, UpdatesHaveWholeTicks) {
  EXPECT_EQ(labels(whole_axis(0, 690, 7)), (Labels{"0", "100", "200", "300", "400", "500", "600"}));
  EXPECT_EQ(labels(whole_axis(0, 3, 7)), (Labels{"0", "1", "2", "3"}));
  EXPECT_EQ(labels(whole_axis(12, 12, 7)), (Labels{"12"}));
  EXPECT_EQ(whole_axis(12, 12, 7).place(12), 0.5);
  EXPECT_EQ(labels(whole_axis(0, 400000, 4)), (Labels{"0", "100,000", "200,000", "300,000", "400,000"}));
}

TEST(Axis, LogTicks) {
  const Axis two = log_axis(0.031, 2.2);
  EXPECT_EQ(labels(two), (Labels{"0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5"}));
  const Axis three = log_axis(0.003, 2.9);
  EXPECT_EQ(labels(three), (Labels{"0.01", "0.1", "1"}));
  EXPECT_FALSE(three.minor.empty());
  const Axis many = log_axis(1e-9, 1e9);
  EXPECT_EQ(labels(many).front(), "10⁻⁹");
  EXPECT_LE(many.ticks.size(), 7u);
  EXPECT_TRUE(many.minor.empty());
}

TEST(Axis, LogLabelsOfSmallNumbers) {
  EXPECT_EQ(labels(log_axis(1.5e-5, 4e-5)), (Labels{"10⁻⁵", "2×10⁻⁵", "5×10⁻⁵"}));
}

TEST(Axis, LogAtTheEdges) {
  for (const auto& [lo, hi] :
       {std::pair{1.0, 1.0}, {2.0, 2.0}, {3.3, 3.3}, {kSmallest, kLargest}, {kLargest, kLargest}}) {
    const Axis axis = log_axis(lo, hi);
    EXPECT_GE(axis.ticks.size(), 2u) << lo;
    EXPECT_LE(axis.ticks.size(), 12u) << lo;
    EXPECT_LT(axis.lo, axis.hi) << lo;
    EXPECT_GE(axis.place(lo), -1e-9);
    EXPECT_LE(axis.place(hi), 1 + 1e-9);
  }
}

}  // namespace
}  // namespace thalweg::page
