// What may be said of paired results: every method was tried with the same seeds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace thalweg {

// Rank of each number, 1 the smallest; equal ones share the mean of their ranks.
std::vector<double> midranks(std::span<const double> numbers);

struct SignedRank {
  std::size_t pairs = 0;  // that differ
  double rank_sum = 0;    // of the positive differences
  double p = 1;           // two-sided
};

// Wilcoxon's signed-rank test (Biometrics Bulletin 1, 1945), exact: differences of 0 are left out, ties share
// their ranks, and every assignment of signs to the ranks that were found is counted. p is the share of them
// that is as far from the middle or further.
SignedRank signed_rank(std::span<const double> differences);

// The least p that signed_rank() gives for so many pairs: 2^(1 - pairs), and 1 for none.
double least_p(std::size_t pairs);

// Holm's correction (Scandinavian Journal of Statistics 6, 1979) of many p, in their order: those below a
// level are rejected with that chance of one or more false rejections at most.
std::vector<double> holm(std::span<const double> p);

// The fewest pairs with which one of `tests` may be below `level` after Holm's correction.
std::size_t pairs_to_decide(std::size_t tests, double level);

}  // namespace thalweg
