#include "ranks/chunks.h"

#include <algorithm>
#include <cstring>

namespace thalweg {
namespace {

constexpr std::size_t kAlone = std::size_t{1}
                               << 16;  // bytes of a piece from which it is not packed with others

}  // namespace

std::span<const std::byte> Chunk::packed(StreamOf streams, std::byte* room) const {
  const Piece& first = pieces.front();
  if (lies_in(streams)) return {at(streams, first.parameter, first.begin, dtype), bytes()};
  std::byte* to = room;
  for (const Piece& piece : pieces) {
    const std::size_t n = (piece.end - piece.begin) * size_of(dtype);
    streams[piece.parameter] == nullptr
        ? std::memset(to, 0, n)
        : std::memcpy(to, at(streams, piece.parameter, piece.begin, dtype), n);
    to += n;
  }
  return {room, bytes()};
}

void Chunk::unpack(const std::byte* from, StreamOf streams) const {
  for (const Piece& piece : pieces) {
    const std::size_t n = (piece.end - piece.begin) * size_of(dtype);
    if (streams[piece.parameter] != nullptr) {
      std::byte* const to = at(streams, piece.parameter, piece.begin, dtype);
      if (to != from) std::memcpy(to, from, n);
    }
    from += n;
  }
}

void Chunks::divide(std::span<const char> present) {
  if (std::ranges::equal(present, present_) && !chunks_.empty()) return;
  present_.assign(present.begin(), present.end());
  chunks_.clear();
  for (std::size_t rank = 0; rank + 1 < first_.size(); ++rank)
    chunks_.push_back(divided({first_[rank], first_[rank + 1]}));
}

std::vector<Chunk> Chunks::divided(Slice blocks) const {
  const Portion held(params_, blocks);
  std::vector<Chunk> chunks;
  bool open = false;
  for (std::size_t p = 0; p < present_.size(); ++p) {
    const Dtype dtype = params_[p].dtype();
    const std::size_t most = Chunk::kMost / size_of(dtype);
    auto [begin, end] = present_[p] != 0 ? held.of(p, params_[p].size()) : Slice{0, 0};
    for (std::size_t n = 0; begin < end; begin += n) {
      n = std::min(end - begin, most);
      const bool alone = n * size_of(dtype) >= kAlone;
      open = open && !alone && chunks.back().dtype == dtype && chunks.back().elements + n <= most;
      if (!open) chunks.push_back({{}, dtype, 0});
      open = !alone;
      chunks.back().pieces.push_back({p, begin, begin + n});
      chunks.back().elements += n;
    }
  }
  return chunks;
}

std::size_t Chunks::most() const {
  std::size_t most = 0;
  for (const auto& chunks : chunks_) most = std::max(most, chunks.size());
  return most;
}

}  // namespace thalweg
