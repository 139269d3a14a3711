// The gradients of some parts of a batch, added up as far as one rank can: its nodes of the tree.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/arena.h"
#include "base/threads.h"
#include "ranks/shard_tree.h"
#include "thalweg/params.h"

namespace thalweg {

// Of the gradients that the parameters hold, one part after the other. What waits for its neighbour in the
// tree lies in memory of its own, which is kept.
class GradientSum {
 public:
  GradientSum(Params& params, Team& team) : params_(params), team_(team) {}

  // Of a batch in so many parts those of `mine`.
  void begin(std::size_t shards, Slice mine);
  // What the parameters hold is the gradient of the next part; it may be overwritten then.
  void add();

  // Once all of `mine` are there: the nodes in order, and the memory of each parameter's gradient in them.
  // The last one lies in the parameters.
  struct Part {
    ShardNode node;
    std::vector<std::byte*> gradients;  // null where the parameter has none
  };
  std::span<const Part> parts() const { return parts_; }
  std::size_t shards() const { return root_.count; }

 private:
  Part& place_for(const ShardNode& node);
  void add_to_gradients(const Part& part);

  Params& params_;
  Team& team_;
  ShardNode root_;
  Slice mine_{0, 0};
  std::size_t next_ = 0;
  std::vector<Part> parts_;
  std::vector<Part> spare_;  // memory that no part has at present
  Arena arena_;
};

}  // namespace thalweg
