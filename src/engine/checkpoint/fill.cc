#include "checkpoint/fill.h"

#include <algorithm>

#include "safetensors/first_thrown.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;  // bytes that a thread fills at a time

// Bytes of a slot that one thread fills.
struct Piece {
  const Slot* slot;
  const TensorPlace* from;           // null: they start anew
  std::span<const std::byte> start;  // as these, or empty: as zeros
  std::size_t begin, end;
};

void fill(const Piece& piece, const StateFile& file) {
  const std::span<std::byte> into = piece.slot->bytes.subspan(piece.begin, piece.end - piece.begin);
  if (piece.from != nullptr) {
    file.read(*piece.from, piece.begin, into);
  } else if (piece.start.empty()) {
    std::ranges::fill(into, std::byte{0});
  } else {
    std::ranges::copy(piece.start.subspan(piece.begin, into.size()), into.begin());
  }
}

[[noreturn]] void half_done(const StateFile& file, const Error& error) {
  throw Error(
      Code::data,
      {file.name(), "changed or lost after it was verified, so that parameters and state are partly its own",
       error.what(), "", "load it again, or another checkpoint"});
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

void fill(const std::vector<Slot>& slots, const Match& match, const StateFile& file,
          const InitialState* initial, Team& team) {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const Slot& slot = slots[i];
    if (match.from[i] == nullptr && slot.kind == Slot::Kind::parameter) continue;
    std::span<const std::byte> start;
    if (match.from[i] == nullptr) start = initial->of(slot);
    for (std::size_t at = 0; at < slot.bytes.size(); at += kPiece)
      pieces.push_back({&slot, match.from[i], start, at, std::min(slot.bytes.size(), at + kPiece)});
  }
  FirstThrown thrown;
  for_each_block(team, pieces.size(), [&](std::size_t i) { thrown.unless([&] { fill(pieces[i], file); }); });
  try {
    thrown.rethrow();
    file.check_unchanged();
  } catch (const Error& error) {
    half_done(file, error);
  }
}

}  // namespace thalweg
