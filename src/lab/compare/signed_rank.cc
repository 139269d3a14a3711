#include "compare/signed_rank.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace thalweg {
namespace {

std::vector<std::size_t> ascending(std::span<const double> numbers) {
  std::vector<std::size_t> order(numbers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return numbers[i]; });
  return order;
}

// The chance of each sum of twice the ranks, when every sign is as likely.
std::vector<double> chances(const std::vector<std::size_t>& doubled) {
  std::vector<double> chance = {1};
  for (const std::size_t rank : doubled) {
    std::vector<double> next(chance.size() + rank, 0);
    for (std::size_t sum = 0; sum < chance.size(); ++sum) {
      next[sum] += chance[sum] / 2;
      next[sum + rank] += chance[sum] / 2;
    }
    chance = std::move(next);
  }
  return chance;
}

}  // namespace

std::vector<double> midranks(std::span<const double> numbers) {
  const std::vector<std::size_t> order = ascending(numbers);
  std::vector<double> ranks(numbers.size());
  for (std::size_t i = 0, end = 0; i < order.size(); i = end) {
    while (end < order.size() && numbers[order[end]] == numbers[order[i]]) ++end;
    for (std::size_t k = i; k < end; ++k) ranks[order[k]] = static_cast<double>(i + 1 + end) / 2;
  }
  return ranks;
}

SignedRank signed_rank(std::span<const double> differences) {
  std::vector<double> sizes;
  std::vector<bool> positive;
  for (const double difference : differences) {
    if (difference == 0) continue;
    sizes.push_back(std::abs(difference));
    positive.push_back(difference > 0);
  }
  SignedRank out{.pairs = sizes.size()};
  const std::vector<double> ranks = midranks(sizes);
  std::vector<std::size_t> doubled;  // whole numbers
  std::size_t sum = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    doubled.push_back(static_cast<std::size_t>(2 * ranks[i]));
    if (positive[i]) sum += doubled.back();
  }
  out.rank_sum = static_cast<double>(sum) / 2;
  const std::vector<double> chance = chances(doubled);
  const std::size_t most = chance.size() - 1, edge = std::min(sum, most - sum);
  double tail = 0;
  for (std::size_t i = 0; i <= edge; ++i) tail += chance[i];
  out.p = std::min(1.0, 2 * tail);
  return out;
}

double least_p(std::size_t pairs) {
  return pairs == 0 ? 1.0 : std::min(1.0, std::exp2(1.0 - static_cast<double>(pairs)));
}

std::vector<double> holm(std::span<const double> p) {
  const std::vector<std::size_t> order = ascending(p);
  std::vector<double> out(p.size());
  double least = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    least = std::max(least, std::min(1.0, p[order[i]] * static_cast<double>(order.size() - i)));
    out[order[i]] = least;
  }
  return out;
}

std::size_t pairs_to_decide(std::size_t tests, double level) {
  std::size_t pairs = 1;
  while (least_p(pairs) * static_cast<double>(tests) > level) ++pairs;
  return pairs;
}

}  // namespace thalweg
