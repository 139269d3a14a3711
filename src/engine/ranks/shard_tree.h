// The tree by which the gradients of the parts of a batch are added, whoever has computed them.
#pragma once

#include <cstddef>
#include <optional>

#include "base/threads.h"

namespace thalweg {

// Parts [first, first + count) of a batch, as the sum of two halves, the first rounded up: the tree of
// tree_sum(). The root has all parts.
struct ShardNode {
  std::size_t first = 0, count = 0;

  ShardNode left() const { return {first, (count + 1) / 2}; }
  ShardNode right() const { return {first + left().count, count - left().count}; }
  std::size_t end() const { return first + count; }
  bool operator==(const ShardNode&) const = default;
};

// The node of which this one is the right half adds it to its left half: that.
inline std::optional<ShardNode> left_neighbour(const ShardNode& root, const ShardNode& node) {
  for (ShardNode at = root; at.count > 1;) {
    if (at.right() == node) return at.left();
    at = node.first < at.right().first ? at.left() : at.right();
  }
  return std::nullopt;
}

// Calls f with the largest nodes that lie within some parts, in order: what their owner can add up alone.
template <class F>
void for_each_whole_node(const ShardNode& node, Slice within, const F& f) {
  if (node.end() <= within.begin || within.end <= node.first || node.count == 0) return;
  if (within.begin <= node.first && node.end() <= within.end) return f(node);
  for_each_whole_node(node.left(), within, f);
  for_each_whole_node(node.right(), within, f);
}

// The parts that a rank computes.
inline Slice shards_of(std::size_t shards, int rank, int ranks) { return slice(shards, rank, ranks); }

}  // namespace thalweg
