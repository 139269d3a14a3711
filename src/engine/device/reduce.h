// Sums whose bits do not depend on how the work was split.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

namespace thalweg {

// The sum of leaf(first) .. leaf(first + n - 1) by a fixed pairwise tree: the first half, rounded up, plus
// the second. Leaves are numbers, or several that are added side by side; 0 of nothing.
template <class Leaf>
std::invoke_result_t<Leaf, std::size_t> tree_sum(std::size_t first, std::size_t n, const Leaf& leaf) {
  if (n == 0) return {};
  if (n == 1) return leaf(first);
  const std::size_t half = (n + 1) / 2;
  return tree_sum(first, half, leaf) + tree_sum(first + half, n - half, leaf);
}

double tree_sum(std::span<const double> parts);

}  // namespace thalweg
