// Gradients to those who hold their blocks, and values back to everybody, in chunks of a message each.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "comm/collectives.h"
#include "device/partition.h"
#include "ranks/shard_tree.h"
#include "thalweg/params.h"

namespace thalweg {

// Where the stream of each parameter begins that travels; null where it has none.
using StreamOf = std::span<std::byte* const>;

class Exchange {
 public:
  // `first`: the first block of every rank, and the end of the last one.
  Exchange(Comm& comm, const Params& params, std::vector<std::size_t> first);

  // What a rank has of a sum over `shards` parts: nodes of the tree, and the streams of each.
  struct Part {
    ShardNode node;
    StreamOf streams;
  };

  // Leaves in `to`, for the blocks that this rank holds, `scale` times the sum over all ranks. Every rank has
  // the nodes that shards_of() gives it. Of parameters that are not `present` nothing travels.
  void reduce_scatter(std::size_t shards, std::span<const Part> mine, std::span<const char> present,
                      double scale, StreamOf to, std::string_view what);

  // Leaves on every rank what each has of the blocks that it holds.
  void all_gather(StreamOf streams, std::span<const char> present, std::string_view what);
  // The same on `root` alone.
  void gather(int root, StreamOf streams, std::span<const char> present, std::string_view what);

  Portion portion(int rank) const;
  std::span<const std::size_t> first_blocks() const { return first_; }
  int owner(std::size_t parameter) const;  // that holds its first block

 private:
  // Elements [begin, end) of a parameter.
  struct Run {
    std::size_t parameter, begin, end;
  };
  // Consecutive runs of one type, as many as one message carries.
  struct Chunk {
    std::vector<Run> runs;
    Dtype dtype;
    std::size_t elements = 0;
    std::size_t bytes() const { return elements * size_of(dtype); }
  };

  void divide(std::span<const char> present);
  static std::span<const std::byte> packed(const Chunk& chunk, StreamOf streams, std::byte* room);
  static void unpack(const Chunk& chunk, const std::byte* from, StreamOf streams);
  static constexpr int kEverybody = -1;
  const std::vector<Chunk>& chunks_of(int rank) const { return chunks_[static_cast<std::size_t>(rank)]; }
  std::size_t most_chunks() const;
  static void add_chunk(const Chunk& chunk, std::size_t shards, std::span<const ShardNode> nodes,
                        std::span<std::byte* const> data, double scale, StreamOf to);
  std::byte* room(std::size_t i);

  Comm& comm_;
  const Params& params_;
  const std::vector<std::size_t> first_;
  std::vector<char> present_;               // that the chunks are of
  std::vector<std::vector<Chunk>> chunks_;  // of each rank
  Arena arena_;
  std::vector<std::byte*> rooms_;  // of a chunk each
};

}  // namespace thalweg
