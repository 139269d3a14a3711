// The sums of nodes of the tree of which some descendants are given.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "ranks/shard_tree.h"
#include "thalweg/params.h"

namespace thalweg {

// to = from + to, elements [begin, end) of both.
void add_numbers(Dtype dtype, const std::byte* from, std::byte* to, std::size_t begin, std::size_t end);

// Which of the given nodes are added to which, in order: numbers of them, of which `to` is after `from`.
class NodeSum {
 public:
  NodeSum() = default;
  // `given` covers `node` without a gap, in order.
  NodeSum(const ShardNode& node, std::span<const ShardNode> given);

  // Leaves the sum of elements [begin, end) in the memory of the last of the given nodes; that of the others
  // is written too. `data`: where each begins.
  void add(Dtype dtype, std::span<std::byte* const> data, std::size_t begin, std::size_t end) const;

 private:
  std::size_t add_up(const ShardNode& node, std::span<const ShardNode> given, std::size_t& next);

  struct Addition {
    std::size_t from, to;
  };
  std::vector<Addition> additions_;
};

}  // namespace thalweg
