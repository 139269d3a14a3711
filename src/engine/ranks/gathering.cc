#include "ranks/gathering.h"

#include <array>

#include "device/denormals.h"

namespace thalweg {
namespace {

// Rounds of messages, some of which are on their way at a time: begin(round), and later end(round).
template <class Begin, class End>
void in_rounds(std::size_t rounds, Pending& pending, const std::function<void()>* meanwhile,
               const Begin& begin, const End& end) {
  std::array<std::uint64_t, Chunk::kAtOnce> begun{};  // messages, after a round began
  for (std::size_t round = 0; round < rounds + Chunk::kAtOnce - 1; ++round) {
    if (round < rounds) begin(round);
    begun[round % Chunk::kAtOnce] = pending.begun();
    if (round + 1 < Chunk::kAtOnce) continue;
    const std::size_t ready = round + 1 - Chunk::kAtOnce;
    if (ready == 0 && meanwhile != nullptr) {
      const FlushDenormals keep(false);  // it computes as outside of a step
      (*meanwhile)();
    }
    pending.wait(pending.begun() - begun[ready % Chunk::kAtOnce]);
    if (ready < rounds) end(ready);
  }
}

}  // namespace

std::byte* Gathering::room(std::size_t i) {
  while (rooms_.size() <= i) rooms_.push_back(static_cast<std::byte*>(arena_.allocate(Chunk::kMost)));
  return rooms_[i];
}

// Where a chunk of a rank goes to: to its place, or side by side.
std::byte* Gathering::place_of(const Chunk& chunk, StreamOf streams, std::size_t round, int rank) {
  const Piece& first = chunk.pieces.front();
  return chunk.lies_in(streams) ? at(streams, first.parameter, first.begin, chunk.dtype)
                                : room_of(round, rank);
}

std::byte* Gathering::room_of(std::size_t round, int rank) {
  return room(round % Chunk::kAtOnce * static_cast<std::size_t>(comm_.size()) +
              static_cast<std::size_t>(rank));
}

void Gathering::to_all(StreamOf streams, std::span<const char> present, std::string_view what,
                       const std::function<void()>* meanwhile) {
  run(kEverybody, streams, present, what, meanwhile);
}

void Gathering::to(int root, StreamOf streams, std::span<const char> present, std::string_view what) {
  run(root, streams, present, what, nullptr);
}

void Gathering::from(int root, StreamOf streams, std::span<const char> present, std::string_view what) {
  chunks_.divide(present);
  const int me = comm_.rank();
  Pending pending(comm_, what);
  const auto begin = [&](std::size_t round) {
    for (int rank = 0; rank < comm_.size(); ++rank) {
      if (rank == root || round >= chunks_.of(rank).size()) continue;
      const Chunk& chunk = chunks_.of(rank)[round];
      if (me == root) pending.send(rank, chunk.packed(streams, room_of(round, rank)));
      if (me == rank) pending.receive(root, {place_of(chunk, streams, round, rank), chunk.bytes()});
    }
  };
  const auto end = [&](std::size_t round) {
    if (me == root || round >= chunks_.of(me).size()) return;
    const Chunk& chunk = chunks_.of(me)[round];
    chunk.unpack(place_of(chunk, streams, round, me), streams);
  };
  in_rounds(chunks_.most(), pending, nullptr, begin, end);
}

void Gathering::run(int root, StreamOf streams, std::span<const char> present, std::string_view what,
                    const std::function<void()>* meanwhile) {
  chunks_.divide(present);
  const int ranks = comm_.size(), me = comm_.rank();
  const std::vector<Chunk>& own = chunks_.of(me);
  const auto takes = [&](int rank) { return root == kEverybody || root == rank; };
  Pending pending(comm_, what);
  const auto begin = [&](std::size_t round) {
    std::span<const std::byte> mine;
    if (round < own.size()) mine = own[round].packed(streams, room_of(round, me));
    for (int step = 1; step < ranks; ++step) {
      const int from = (me + ranks - step) % ranks, to = (me + step) % ranks;
      if (takes(me) && round < chunks_.of(from).size()) {
        const Chunk& chunk = chunks_.of(from)[round];
        pending.receive(from, {place_of(chunk, streams, round, from), chunk.bytes()});
      }
      if (takes(to)) pending.send(to, mine);
    }
  };
  const auto end = [&](std::size_t round) {
    for (int rank = 0; rank < ranks && takes(me); ++rank) {
      if (rank == me || round >= chunks_.of(rank).size()) continue;
      const Chunk& chunk = chunks_.of(rank)[round];
      chunk.unpack(place_of(chunk, streams, round, rank), streams);
    }
  };
  in_rounds(chunks_.most(), pending, meanwhile, begin, end);
}

}  // namespace thalweg
