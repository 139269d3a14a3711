#include "draw/number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace thalweg::page {
namespace {

TEST(WrittenNumber, CoordinatesHaveTwoDecimalsAtMost) {
  EXPECT_EQ(coordinate(12.5), "12.5");
  EXPECT_EQ(coordinate(1.0 / 3), "0.33");
  EXPECT_EQ(coordinate(100), "100");
  EXPECT_EQ(coordinate(-0.001), "0");
}

TEST(WrittenNumber, FixedGroupsThousandsAndHasARealMinus) {
  EXPECT_EQ(fixed(1234567.891, 2), "1,234,567.89");
  EXPECT_EQ(fixed(999, 0), "999");
  EXPECT_EQ(fixed(-1000, 0), "−1,000");
  EXPECT_EQ(fixed(-0.0001, 2), "0.00");
  EXPECT_EQ(fixed(NAN, 2), kNone);
}

TEST(WrittenNumber, SignificantDigits) {
  EXPECT_EQ(significant(0.341234, 4), "0.3412");
  EXPECT_EQ(significant(2.3, 4), "2.300");
  EXPECT_EQ(significant(12340, 4), "12,340");
  EXPECT_EQ(significant(1.2e-5, 4), "1.2×10⁻⁵");
  EXPECT_EQ(significant(-9.99996e20, 4), "−1×10²¹");
  EXPECT_EQ(significant(0, 4), "0");
  EXPECT_EQ(significant(std::numeric_limits<double>::max(), 4), "1.798×10³⁰⁸");
  EXPECT_EQ(significant(INFINITY, 4), kNone);
}

TEST(WrittenNumber, PercentIsNeverRoundedUpToAll) {
  EXPECT_EQ(percent(0.9722), "97.2%");
  EXPECT_EQ(percent(0.99996), "99.99%");
  EXPECT_EQ(percent(1), "100.0%");
  EXPECT_EQ(percent(0), "0.0%");
}

TEST(WrittenNumber, BytesAndDurations) {
  EXPECT_EQ(bytes(512), "512 B");
  EXPECT_EQ(bytes(76880), "75.1 KiB");
  EXPECT_EQ(bytes(5.0 * 1024 * 1024), "5.00 MiB");
  EXPECT_EQ(duration(1.4249), "1.42 s");
  EXPECT_EQ(duration(192.2), "3 min 12 s");
  EXPECT_EQ(duration(3599.7), "1 h 00 min");
  EXPECT_EQ(duration(7500), "2 h 05 min");
  EXPECT_EQ(count(109386), "109,386");
}

TEST(WrittenNumber, AlignedNumbersHaveTheSameDecimals) {
  EXPECT_EQ(aligned({2.5, 0.0512, NAN}, 3), (std::vector<std::string>{"2.5000", "0.0512", kNone}));
  EXPECT_EQ(aligned({0, 0}, 3), (std::vector<std::string>{"0", "0"}));
  EXPECT_EQ(aligned({1e30, 1}, 3), (std::vector<std::string>{"1×10³⁰", "1.00"}));
}

}  // namespace
}  // namespace thalweg::page
