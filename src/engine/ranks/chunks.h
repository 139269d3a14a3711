// The blocks of every rank in chunks, of a message each.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "comm/collectives.h"
#include "device/partition.h"
#include "thalweg/params.h"

namespace thalweg {

// Where the stream of each parameter begins that travels; null where it has none.
using StreamOf = std::span<std::byte* const>;

inline std::byte* at(StreamOf streams, std::size_t parameter, std::size_t element, Dtype dtype) {
  return streams[parameter] + element * size_of(dtype);
}

// Consecutive pieces of one type, as many as one message carries.
struct Chunk {
  static constexpr std::size_t kMost = std::size_t{1} << 20;  // bytes
  static constexpr std::size_t kAtOnce = 3;                   // on their way from one rank to another

  std::vector<Piece> pieces;
  Dtype dtype;
  std::size_t elements = 0;

  std::size_t bytes() const { return elements * size_of(dtype); }
  // Whether its bytes lie one after the other there.
  bool lies_in(StreamOf streams) const {
    return pieces.size() == 1 && streams[pieces.front().parameter] != nullptr;
  }
  // Those bytes, or a copy of them in `room`, where what has no stream is zero.
  std::span<const std::byte> packed(StreamOf streams, std::byte* room) const;
  void unpack(const std::byte* from, StreamOf streams) const;
};

class Chunks {
 public:
  // `first`: the first block of every rank, and the end of the last one.
  Chunks(const Params& params, std::span<const std::size_t> first) : params_(params), first_(first) {}

  // Of the parameters that are `present`: the same on all ranks.
  void divide(std::span<const char> present);

  const std::vector<Chunk>& of(int rank) const { return chunks_[static_cast<std::size_t>(rank)]; }
  std::size_t most() const;  // that a rank has

 private:
  std::vector<Chunk> divided(Slice blocks) const;

  const Params& params_;
  const std::span<const std::size_t> first_;
  std::vector<char> present_;               // that the chunks are of
  std::vector<std::vector<Chunk>> chunks_;  // of each rank
};

}  // namespace thalweg
