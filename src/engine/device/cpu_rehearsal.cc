// What a step would leave, or has left: looked at before it is written, or after.
#include <cstring>

#include "device/cpu_member.h"

namespace thalweg {

StandIn::StandIn(const CpuShared& shared) : shared_(shared) {
  std::size_t states = 0;
  for (const Group& group : shared.plan.groups) states = std::max(states, group.states.size());
  for (std::size_t i = 0; i <= states; ++i) tiles_.push_back(memory_.allocate(kBlock * sizeof(double)));
}

void StandIn::begin(const Piece& piece) {
  if (!shared_.work->rehearses) return;
  const std::size_t p = piece.parameter;
  const std::size_t bytes = (piece.end - piece.begin) * size_of(shared_.memory.dtype(p));
  std::memcpy(tiles_[0], value(piece), bytes);
  for (std::size_t i = 0; i < shared_.memory.states(p).size(); ++i) {
    if (const void* from = state(piece, i); from != nullptr) std::memcpy(tiles_[1 + i], from, bytes);
  }
  stands_ = true;
}

void* StandIn::value(const Piece& piece) const {
  const std::size_t p = piece.parameter;
  return stands_ ? tiles_[0] : offset(shared_.memory.value(p), piece.begin, shared_.memory.dtype(p));
}

void* StandIn::state(const Piece& piece, std::size_t stream) const {
  const std::size_t p = piece.parameter;
  const Stream& from = shared_.memory.states(p)[stream];
  if (from.size != shared_.memory.size(p) || from.dtype != shared_.memory.dtype(p)) return nullptr;
  return stands_ ? tiles_[1 + stream] : offset(from.data, piece.begin, from.dtype);
}

void look_back_at(const Memory& memory, const void* stream, const Piece& piece, Found& spoiled) {
  std::size_t p = piece.parameter;
  for (std::size_t base = 0; base < piece.end; base += memory.padded_size(p++)) {
    const std::size_t begin = std::max(piece.begin, base), end = std::min(piece.end, base + memory.size(p));
    if (begin >= end) continue;
    void* at = const_cast<std::byte*>(offset(stream, begin - piece.begin, memory.dtype(p)));  // only read
    Found found = find_nonfinite(p, memory.dtype(p), at, 0, end - begin);
    found.index += begin - base;
    if (found.count > 0) spoiled.add(found);
  }
}

}  // namespace thalweg
