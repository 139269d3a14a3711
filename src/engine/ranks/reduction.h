// Gradients to those who hold their blocks, as they are formed.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "comm/collectives.h"
#include "ranks/chunks.h"
#include "ranks/node_sum.h"
#include "ranks/shard_tree.h"

namespace thalweg {

// Of each rank's chunks the last ones travel first, as backpropagation comes to them first; a few of them are
// on their way to a rank at a time.
class Reduction {
 public:
  // `first_blocks` as Chunks.
  Reduction(Comm& comm, const Params& params, std::span<const std::size_t> first_blocks);

  // What this rank has of a sum over shards: a node of the tree, and the streams of it.
  struct Part {
    ShardNode node;
    StreamOf streams;
  };
  struct Sum {
    std::size_t shards = 0;
    std::span<const Part> mine = {};     // the nodes that shards_of() gives this rank
    std::span<const char> present = {};  // of other parameters nothing travels
    double scale = 1;                    // of the sum
    StreamOf to = {};                    // where it is left, for the blocks that this rank holds
  };
  // Called with pieces whose sum is there.
  using Arrived = std::function<void(std::span<const Piece>)>;

  // All ranks begin together, with what `sum` names as it is until finish().
  void begin(const Sum& sum, const Arrived& arrived);
  // What this rank has of the parameter is final: what can go, goes.
  void ready(std::size_t parameter);
  // What is left is final too. Returns when all has come and gone.
  void finish();
  // Whether it was begun and has not come to its end.
  bool is_under_way() const { return under_way_; }

 private:
  // Another rank: its chunks that this one has a share in.
  struct Peer {
    int rank;
    Pending sends;
    std::deque<std::byte*> rooms;  // of those messages; null where they need none
    std::size_t sent = 0;          // chunks
  };
  // An own chunk, in which others have a share.
  struct Awaited {
    const Chunk* chunk;
    std::vector<std::byte*> rooms;  // of each node; null of those that are here
    std::uint64_t last;             // message of it
  };

  bool advance();
  bool send_next(Peer& peer);
  bool await_next();
  bool add_next();
  bool is_ready(const Chunk& chunk) const;
  void find_nodes();
  std::byte* take_room();
  void give_room(std::byte* room);

  Comm& comm_;
  Chunks chunks_;
  Sum sum_;
  const Arrived* arrived_ = nullptr;
  bool under_way_ = false;
  std::vector<ShardNode> nodes_;  // of all ranks, in order
  std::vector<int> owners_;
  NodeSum node_sum_;
  std::vector<char> ready_;  // parameter -> whether
  std::vector<Peer> peers_;
  Pending receives_;
  std::deque<Awaited> awaited_;
  std::size_t begun_ = 0;  // own chunks, from the last one
  Arena arena_;
  std::vector<std::byte*> rooms_;  // of a chunk each, which are free
};

}  // namespace thalweg
