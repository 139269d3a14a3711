#include "compare/signed_rank.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace thalweg {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The share of all 2^n signs whose rank sum is as far from its mean or further.
double by_enumeration(const std::vector<double>& differences) {
  std::vector<double> sizes;
  for (const double d : differences) {
    if (d != 0) sizes.push_back(std::abs(d));
  }
  std::vector<double> ranks;
  for (const double size : sizes) {
    double below = 0, equal = 0;
    for (const double other : sizes) {
      below += other < size;
      equal += other == size;
    }
    ranks.push_back(below + (equal + 1) / 2);
  }
  double mean = 0, observed = 0;
  std::size_t at = 0;
  for (const double d : differences) {
    if (d == 0) continue;
    mean += ranks[at] / 2;
    observed += d > 0 ? ranks[at] : 0;
    ++at;
  }
  double far = 0;
  const std::size_t all = std::size_t{1} << ranks.size();
  for (std::size_t signs = 0; signs < all; ++signs) {
    double sum = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i) sum += (signs >> i & 1) != 0 ? ranks[i] : 0;
    far += std::abs(sum - mean) >= std::abs(observed - mean);
  }
  return far / static_cast<double>(all);
}

TEST(Paired, EqualNumbersShareTheirRanks) {
  EXPECT_EQ(midranks(std::vector<double>{3, 1, 2}), (std::vector<double>{3, 1, 2}));
  EXPECT_EQ(midranks(std::vector<double>{2, 1, 2, 2, 9}), (std::vector<double>{3, 1, 3, 3, 5}));
  EXPECT_TRUE(midranks(std::vector<double>{}).empty());
}

// Darwin's maize, crossed against self-fertilised, in eighths of an inch (Fisher, The Design of Experiments,
// 1935, section 17).
TEST(Paired, DarwinsMaize) {
  const std::vector<double> plants = {49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48};
  const SignedRank test = signed_rank(plants);
  EXPECT_EQ(test.pairs, 15u);
  EXPECT_EQ(test.rank_sum, 96);
  EXPECT_NEAR(test.p, 0.04125977, 5e-9);  // 1352 / 2^15
  EXPECT_DOUBLE_EQ(test.p, 1352.0 / 32768);
}

// Table of critical values (Wilcoxon and Wilcox 1964): the largest smaller rank sum with p <= 0.05.
TEST(Paired, TheTableOfCriticalValues) {
  const std::vector<std::pair<int, int>> table = {{6, 0},   {7, 2},   {8, 3},   {9, 5},   {10, 8},
                                                  {11, 10}, {12, 13}, {13, 17}, {15, 25}, {20, 52}};
  for (const auto& [n, critical] : table) {
    for (const int sum : {critical, critical + 1}) {
      // The positive ranks add up to `sum`: the largest first that still fit.
      std::vector<double> differences;
      int left = sum;
      for (int rank = n; rank >= 1; --rank) {
        const bool taken = rank <= left;
        if (taken) left -= rank;
        differences.push_back(taken ? rank : -rank);
      }
      const SignedRank test = signed_rank(differences);
      EXPECT_EQ(test.rank_sum, sum);
      EXPECT_EQ(test.p <= 0.05, sum == critical) << n << " " << test.p;
    }
  }
}

TEST(Paired, AgreesWithEnumerationAlsoForTiesAndZeros) {
  const std::vector<std::vector<double>> cases = {
      {},
      {0, 0},
      {1},
      {1, 2, 3, 4, 5},
      {1, 1, 1, 1, -1},
      {0.5, -0.5, 0, 2, 2, -2, 3, 0, 7},
      {1, 1, 2, 2, 3, 3, -4, -4, 5, 5, 6, -6},
      {kInfinity, 1, -2, kInfinity, 3},
  };
  for (const std::vector<double>& differences : cases) {
    EXPECT_NEAR(signed_rank(differences).p, by_enumeration(differences), 1e-14);
    std::vector<double> turned = differences;
    for (double& d : turned) d = -d;
    EXPECT_EQ(signed_rank(turned).p, signed_rank(differences).p);
  }
}

TEST(Paired, FewPairsCannotSayMuch) {
  for (const std::size_t n : {1, 2, 3, 5, 8, 10}) {
    const std::vector<double> all(n, 1.0);
    EXPECT_DOUBLE_EQ(signed_rank(all).p, least_p(n));
  }
  EXPECT_EQ(least_p(5), 0.0625);
  EXPECT_EQ(least_p(0), 1);
  EXPECT_EQ(pairs_to_decide(1, 0.05), 6u);
  EXPECT_EQ(pairs_to_decide(21, 0.05), 10u);  // of seven methods
  EXPECT_EQ(pairs_to_decide(1, 1), 1u);
}

TEST(Paired, HolmStepsDown) {
  const auto expect = [](const std::vector<double>& p, const std::vector<double>& wanted) {
    const std::vector<double> got = holm(p);
    ASSERT_EQ(got.size(), wanted.size());
    for (std::size_t i = 0; i < p.size(); ++i) EXPECT_DOUBLE_EQ(got[i], wanted[i]) << i;
  };
  expect({0.01, 0.04, 0.03, 0.005}, {0.03, 0.06, 0.06, 0.02});
  expect({0.5}, {0.5});
  expect({0.4, 0.9, 0.4}, {1, 1, 1});
  expect({0.01, 0.01}, {0.02, 0.02});
  expect({}, {});
}

}  // namespace
}  // namespace thalweg
