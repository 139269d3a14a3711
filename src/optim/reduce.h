// Sums whose bits do not depend on how the work was split.
#pragma once

#include <span>

namespace thalweg {

// The sum by a fixed pairwise tree: the first half, rounded up, plus the second. 0 of nothing.
double tree_sum(std::span<const double> parts);

}  // namespace thalweg
