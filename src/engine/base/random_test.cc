#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <string>

namespace thalweg {
namespace {

// The column of outputs of a file of tests/data/numpy-random, whose lines are "index, 0x...".
std::vector<std::uint64_t> known_outputs(const std::string& file) {
  std::ifstream in(std::string(THALWEG_TESTS) + "/data/numpy-random/" + file);
  std::vector<std::uint64_t> outputs;
  std::string line;
  std::getline(in, line);  // the seed
  while (std::getline(in, line)) outputs.push_back(std::stoull(line.substr(line.find(',') + 1), nullptr, 16));
  return outputs;
}

void expect_known(const std::string& file, std::array<std::uint64_t, 2> key) {
  const std::vector<std::uint64_t> outputs = known_outputs(file);
  ASSERT_EQ(outputs.size(), 1000u);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    ASSERT_EQ(philox4x64({i / 4 + 1, 0, 0, 0}, key)[i % 4], outputs[i]) << file << ", output " << i;
  }
}

// NumPy's Philox takes its key from the seed by SeedSequence(seed).generate_state(2, uint64), which is not
// ours to have: the two keys below are its results. It raises the counter before it computes a block, so the
// first block has counter 1.
TEST(Random, PhiloxGivesNumpysNumbers) {
  expect_known("philox-testset-1.csv", {0x50312a63d516e24a, 0x4063bc8bca44dc77});  // seed 0xdeadbeaf
  expect_known("philox-testset-2.csv", {0xdb2cd7e7b0f478be, 0xabf4641a2c71ba49});  // seed 0
}

// From the known answers of Random123, the authors' own code.
TEST(Random, PhiloxGivesItsAuthorsNumbers) {
  const std::array<std::uint64_t, 4> want = {0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b,
                                             0x7e68b68aec7ba23b};
  EXPECT_EQ(philox4x64({0, 0, 0, 0}, {0, 0}), want);
}

TEST(Random, BitsDependOnSeedPurposeStepAndIndexAlone) {
  const Random random(7, Purpose::init, 3);
  EXPECT_EQ(random.bits(1000), Random(7, Purpose::init, 3).bits(1000));
  std::set<std::uint64_t> values;
  for (const std::uint64_t seed : {7u, 8u}) {
    for (const Purpose purpose : {Purpose::init, Purpose::shuffle, Purpose::split}) {
      for (const std::uint64_t step : {3u, 4u}) {
        for (std::uint64_t i = 0; i < 100; ++i) values.insert(Random(seed, purpose, step).bits(i));
      }
    }
  }
  EXPECT_EQ(values.size(), 2u * 3u * 2u * 100u);
}

TEST(Random, UniformIsInTheHalfOpenIntervalAndEven) {
  const Random random(1, Purpose::init, 0);
  double sum = 0;
  double squares = 0;
  for (std::uint64_t i = 0; i < 100000; ++i) {
    const double x = random.uniform(i);
    ASSERT_GE(x, 0.0);
    ASSERT_LT(x, 1.0);
    ASSERT_EQ(x * 0x1p53, std::floor(x * 0x1p53));
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / 1e5, 0.5, 5e-3);  // five standard deviations
  EXPECT_NEAR(squares / 1e5, 1.0 / 3, 5e-3);
}

TEST(Random, BelowIsInRangeAndEven) {
  const Random random(1, Purpose::shuffle, 0);
  std::array<int, 7> counts{};
  for (std::uint64_t i = 0; i < 70000; ++i) ++counts[random.below(7, i)];
  for (const int count : counts) EXPECT_NEAR(count, 10000, 500);
}

TEST(Random, BelowOneIsZero) {
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(Random(1, Purpose::shuffle, 0).below(1, i), 0u);
}

// Of the 2^64 draws, four fall on every three values below this bound: kept as they come, every third value
// would be twice as likely as the others.
TEST(Random, BelowDrawsAgainWhereABoundWouldBeUneven) {
  constexpr std::uint64_t kBound = std::uint64_t{3} << 62;
  const Random random(1, Purpose::shuffle, 0);
  std::array<int, 3> counts{};
  for (std::uint64_t i = 0; i < 9000; ++i) {
    const std::uint64_t x = random.below(kBound, i);
    ASSERT_LT(x, kBound);
    ++counts[x % 3];
  }
  for (const int count : counts) EXPECT_NEAR(count, 3000, 250);  // more than five standard deviations
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

TEST(Random, PermutationIsFisherAndYatesOverBelow) {
  for (const std::size_t n : {2, 3, 4, 5, 1000}) {
    const Random random(5, Purpose::shuffle, 2);
    std::vector<std::uint32_t> want(n);
    for (std::uint32_t i = 0; i < n; ++i) want[i] = i;
    for (std::size_t i = n; i > 1; --i) std::swap(want[i - 1], want[random.below(i, n - i)]);
    EXPECT_EQ(random.permutation(n), want);
  }
}

TEST(Random, EveryPermutationIsAsLikely) {
  std::array<int, 6> counts{};
  for (std::uint64_t step = 0; step < 6000; ++step) {
    const std::vector<std::uint32_t> order = Random(1, Purpose::shuffle, step).permutation(3);
    ++counts[order[0] * 2 + (order[1] > order[2] ? 1 : 0)];
  }
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);
  EXPECT_TRUE(Random(1, Purpose::shuffle, 0).permutation(0).empty());
  EXPECT_EQ(Random(1, Purpose::shuffle, 0).permutation(1), std::vector<std::uint32_t>{0});
}

}  // namespace
}  // namespace thalweg
