#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace thalweg {
namespace {

TEST(Random, BelowIsInRangeAndEven) {
  const Random random(1, Purpose::shuffle, 0);
  std::array<int, 7> counts{};
  for (std::uint64_t i = 0; i < 70000; ++i) ++counts[random.below(7, i)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 500);
}

TEST(Random, PermutationHoldsEveryIndexOnceAndDependsOnTheStep) {
  const std::vector<std::uint32_t> order = Random(1, Purpose::shuffle, 3).permutation(1000);
  std::vector<std::uint32_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (std::uint32_t i = 0; i < 1000; ++i) EXPECT_EQ(sorted[i], i);
  EXPECT_EQ(order, Random(1, Purpose::shuffle, 3).permutation(1000));
  EXPECT_NE(order, Random(1, Purpose::shuffle, 4).permutation(1000));
  EXPECT_NE(order, Random(2, Purpose::shuffle, 3).permutation(1000));
}

}  // namespace
}  // namespace thalweg
