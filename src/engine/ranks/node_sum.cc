#include "ranks/node_sum.h"

#include <algorithm>

#include "transforms/transform.h"

namespace thalweg {
namespace {

constexpr std::size_t kAtOnce = 2 * kBlock;  // elements: of a few nodes they fit into the cache

}  // namespace

void add_numbers(Dtype dtype, const std::byte* from, std::byte* to, std::size_t begin, std::size_t end) {
  const std::size_t at = begin * size_of(dtype);
  simd_tables().front().core[static_cast<std::size_t>(dtype)].accumulate(1.0, 1.0, from + at, to + at,
                                                                         end - begin);
}

NodeSum::NodeSum(const ShardNode& node, std::span<const ShardNode> given) {
  std::size_t next = 0;
  add_up(node, given, next);
}

std::size_t NodeSum::add_up(const ShardNode& node, std::span<const ShardNode> given, std::size_t& next) {
  if (given[next] == node) return next++;
  const std::size_t left = add_up(node.left(), given, next), right = add_up(node.right(), given, next);
  additions_.push_back({left, right});
  return right;
}

void NodeSum::add(Dtype dtype, std::span<std::byte* const> data, std::size_t begin, std::size_t end) const {
  if (additions_.empty()) return;
  for (std::size_t at = begin; at < end; at += kAtOnce) {
    for (const auto& [from, to] : additions_)
      add_numbers(dtype, data[from], data[to], at, std::min(at + kAtOnce, end));
  }
}

}  // namespace thalweg
