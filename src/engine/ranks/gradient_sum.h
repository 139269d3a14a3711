// The gradients of some parts of a batch, added up as far as one rank can: its nodes of the tree.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/arena.h"
#include "base/threads.h"
#include "ranks/node_sum.h"
#include "ranks/shard_tree.h"
#include "thalweg/params.h"

namespace thalweg {

// Of the gradients that the parameters hold, one part after the other. What waits for its neighbour in the
// tree lies in memory of its own, which is kept; what the last part completes lies in the parameters.
class GradientSum {
 public:
  GradientSum(Params& params, Team& team) : params_(params), team_(team) {}

  // Of a batch in so many parts those of `mine`.
  void begin(std::size_t shards, Slice mine);
  // What the parameters hold is the gradient of the next part, not the last one; it may be overwritten then.
  void keep();
  // The next part is the last one. Its gradient of a parameter is there: what waited for it is added.
  void begin_last();
  void add(std::size_t parameter);
  void add_all();

  // After begin_last(): the nodes in order, and the memory of each parameter's gradient in them, which is
  // right once that has been added.
  struct Part {
    ShardNode node;
    std::vector<std::byte*> gradients;  // null where the parameter has none
  };
  std::span<const Part> parts() const { return parts_; }
  std::size_t shards() const { return root_.count; }

 private:
  Part& memory_for(const ShardNode& node);
  bool completes(const ShardNode& node, std::size_t parts) const;
  template <class F>
  void for_each_gradient(const F& f);

  Params& params_;
  Team& team_;
  ShardNode root_;
  std::size_t next_ = 0;  // part
  bool ends_ = false;     // begin_last() was called
  std::vector<Part> parts_;
  std::vector<Part> waiting_;  // for the last part, which is added to them
  NodeSum last_;               // of those and it
  std::vector<Part> spare_;    // memory that no part has at present
  Arena arena_;
};

}  // namespace thalweg
