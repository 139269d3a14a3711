#include "checkpoint/fill.h"

#include <algorithm>
#include <cstring>

namespace thalweg {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;  // bytes that a thread copies at a time

struct Copy {
  const std::byte* from;  // null: zeros
  std::byte* to;
  std::size_t bytes;
};

void copy(const Copy& one) {
  if (one.from == nullptr) {
    std::memset(one.to, 0, one.bytes);
  } else {
    std::memcpy(one.to, one.from, one.bytes);
  }
}

}  // namespace

InitialState::InitialState(Params& params, Optimizer& optimizer, const Match& match) {
  if (!match.state_anew) return;
  optimizer_.emplace(params, optimizer.chain());
  for (const Slot& slot : training_slots(params, *optimizer_)) {
    if (slot.kind != Slot::Kind::parameter) bytes_.emplace(slot.name, slot.bytes);
  }
}

std::span<const std::byte> InitialState::of(const Slot& slot) const {
  const auto found = bytes_.find(slot.name);
  return found == bytes_.end() ? std::span<const std::byte>() : found->second;
}

void fill(const std::vector<Slot>& slots, const Match& match, const Elements& elements,
          const InitialState* initial, Team& team) {
  for_each_block(team, slots.size(), [&](std::size_t i) {
    const Slot& slot = slots[i];
    if (slot.bytes.empty() || slot.bytes.size() > kPiece) return;
    if (match.from[i] != nullptr) {
      copy({elements.of(*match.from[i]).data(), slot.bytes.data(), slot.bytes.size()});
    } else if (slot.kind != Slot::Kind::parameter) {
      copy({initial->of(slot).data(), slot.bytes.data(), slot.bytes.size()});
    }
  });
  for (std::size_t i = 0; i < slots.size(); ++i) {  // large ones by all threads
    const Slot& slot = slots[i];
    if (slot.bytes.size() <= kPiece) continue;
    if (match.from[i] == nullptr && slot.kind == Slot::Kind::parameter) continue;
    const std::byte* from =
        match.from[i] != nullptr ? elements.of(*match.from[i]).data() : initial->of(slot).data();
    for_each_part(team, slot.bytes.size(), kPiece, [&](std::size_t begin, std::size_t end) {
      copy({from == nullptr ? nullptr : from + begin, slot.bytes.data() + begin, end - begin});
    });
  }
}

}  // namespace thalweg
