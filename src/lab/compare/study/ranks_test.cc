#include "compare/study/ranks.h"

#include <gtest/gtest.h>

#include <cmath>

namespace thalweg {
namespace {

// Accuracies of four methods on 14 data sets; scipy.stats.friedmanchisquare of them, and of their negatives.
TEST(Friedman, IsThatOfScipyWithTies) {
  std::vector<std::vector<double>> rows = {
      {0.763, 0.768, 0.771, 0.798}, {0.599, 0.591, 0.590, 0.569}, {0.954, 0.971, 0.968, 0.967},
      {0.628, 0.661, 0.654, 0.657}, {0.882, 0.888, 0.886, 0.898}, {0.936, 0.931, 0.916, 0.931},
      {0.661, 0.668, 0.609, 0.685}, {0.583, 0.583, 0.563, 0.625}, {0.775, 0.838, 0.866, 0.875},
      {1.000, 1.000, 1.000, 1.000}, {0.940, 0.962, 0.965, 0.962}, {0.619, 0.666, 0.614, 0.669},
      {0.972, 0.981, 0.975, 0.975}, {0.957, 0.978, 0.946, 0.970}};
  for (std::vector<double>& row : rows) {
    for (double& x : row) x = -x;
  }
  const Friedman found = friedman(rows);
  EXPECT_NEAR(found.chi_square, 10.952380952380956, 1e-12);
  EXPECT_NEAR(found.p, 0.011986176325417788, 1e-15);
  // analysis of variance of the ranks with numpy, its p by scipy.stats.f.sf
  EXPECT_NEAR(found.f, 4.585889570552147, 1e-12);
  EXPECT_NEAR(found.f_p, 0.007628838730725745, 1e-15);
  const double ranks[] = {3.14285714285714, 2.0, 2.92857142857143, 1.92857142857143};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(found.mean_ranks[i], ranks[i], 1e-13);
}

TEST(Friedman, IsThatOfScipyWithoutTies) {
  const Friedman found = friedman({{1, 2, 3}, {2, 1, 3}, {1, 3, 2}, {1, 2, 3}, {1, 2, 3}});
  EXPECT_NEAR(found.chi_square, 6.4, 1e-12);
  EXPECT_NEAR(found.p, 0.04076220397836611, 1e-15);
  EXPECT_NEAR(found.f, 64.0 / 9, 1e-12) << "4 * 6.4 / (10 - 6.4)";
  EXPECT_NEAR(found.f_p, 0.01679616, 1e-14);
}

TEST(Friedman, OfTwoMethodsAndOfRowsThatRankAlike) {
  const Friedman two = friedman({{1, 2}, {2, 1}, {1, 2}, {1, 2}, {1, 2}});
  EXPECT_NEAR(two.f, 2.25, 1e-12) << "analysis of variance of the ranks with numpy";
  EXPECT_NEAR(two.f_p, 0.208, 1e-14);
  const Friedman alike = friedman({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  EXPECT_NEAR(alike.chi_square, 6, 1e-12);
  EXPECT_EQ(alike.f, INFINITY);
  EXPECT_EQ(alike.f_p, 0);
}

TEST(Friedman, OfEqualNumbersSaysNothing) {
  const Friedman found = friedman({{1, 1, 1}, {2, 2, 2}});
  EXPECT_EQ(found.chi_square, 0);
  EXPECT_EQ(found.p, 1);
  EXPECT_EQ(found.f, 0);
  EXPECT_EQ(found.f_p, 1);
  EXPECT_EQ(found.mean_ranks, (std::vector<double>{2, 2, 2}));
}

// scipy.stats.chi2.sf
TEST(ChiSquare, TailsAreThoseOfScipy) {
  struct Case {
    double x;
    std::size_t freedom;
    double p;
  };
  for (const auto& [x, freedom, p] :
       {Case{3, 1, 0.08326451666355042}, Case{3, 2, 0.22313016014842982}, Case{9.28, 3, 0.025790724198756772},
        Case{12.5, 4, 0.013995792487650894}, Case{40, 5, 1.493367900050393e-07},
        Case{1e-3, 7, 0.9999999999997597}, Case{0, 3, 1}})
    EXPECT_NEAR(chi_square_tail(x, freedom), p, 1e-13 * p) << x;
}

// scipy.stats.f.sf
TEST(F, TailsAreThoseOfScipy) {
  struct Case {
    double f;
    std::size_t above, below;
    double p;
  };
  for (const auto& [f, above, below, p] :
       {Case{1, 1, 1, 0.5}, Case{3.2, 2, 8, 0.09525986892242035}, Case{0.5, 3, 39, 0.6844682170167449},
        Case{9.28, 3, 39, 9.272804731987606e-05}, Case{40, 5, 20, 9.609815890472906e-10},
        Case{1e-3, 7, 70, 0.9999999997544777}, Case{200, 2, 2, 0.004975124378109453},
        Case{2.5, 9, 441, 0.008512705572528095}, Case{1e6, 3, 3, 1.697649670543009e-09},
        Case{5, 1, 1000, 0.02556725508945972}, Case{0, 3, 6, 1}, Case{INFINITY, 3, 6, 0}})
    EXPECT_NEAR(f_tail(f, above, below), p, 1e-12 * p) << f;
}

// scipy.stats.studentized_range.sf(q, n, inf)
TEST(Range, TailsAreThoseOfScipy) {
  EXPECT_NEAR(range_tail(1, 2), 0.4795001221869535, 1e-9);
  EXPECT_NEAR(range_tail(3, 4), 0.14627148104765975, 1e-9);
  EXPECT_NEAR(range_tail(3.633, 4), 0.0500149789953781, 1e-9);
  EXPECT_NEAR(range_tail(5, 10), 0.014857437887783598, 1e-9);
  EXPECT_EQ(range_tail(0, 3), 1);
}

// Table 5 (a) of Demsar 2006, which has three decimals, and scipy's studentized_range.ppf(1 - level, k, inf)
// / sqrt(2).
TEST(Nemenyi, CriticalValuesAreThoseOfTheTable) {
  const double at_5[] = {1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164};
  const double at_10[] = {1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920};
  for (std::size_t k = 2; k <= 10; ++k) {
    const auto methods = static_cast<double>(k);
    const double error = std::sqrt(methods * (methods + 1) / 6);
    EXPECT_NEAR(critical_difference(k, 1, 0.05) / error, at_5[k - 2], 8e-4) << k;
    EXPECT_NEAR(critical_difference(k, 1, 0.10) / error, at_10[k - 2], 8e-4) << k;
  }
  EXPECT_NEAR(critical_difference(4, 14, 0.05), 2.569031772546482 * std::sqrt(20.0 / 84), 1e-8)
      << "1.25 there";
  EXPECT_NEAR(critical_difference(10, 6, 0.05), 3.163683577053373 * std::sqrt(110.0 / 36), 1e-8);
}

TEST(Nemenyi, APairIsAtTheLevelAtTheCriticalDifference) {
  for (const std::size_t k : {2u, 3u, 7u}) {
    EXPECT_NEAR(nemenyi(critical_difference(k, 20, 0.05), k, 20), 0.05, 1e-9);
    EXPECT_NEAR(nemenyi(-critical_difference(k, 20, 0.01), k, 20), 0.01, 1e-9);
  }
  EXPECT_EQ(nemenyi(0, 4, 20), 1);
}

}  // namespace
}  // namespace thalweg
