#include "ranks/reduction.h"

#include <algorithm>
#include <utility>

namespace thalweg {
namespace {

constexpr std::string_view kWhat = "the gradients";

template <class T>
void scale_by(double scale, std::byte* bytes, std::size_t n) {
  T* const numbers = reinterpret_cast<T*>(bytes);
  for (std::size_t i = 0; i < n; ++i) numbers[i] = static_cast<T>(numbers[i] * scale);
}

// The i-th of those that travel: from the last one.
const Chunk& nth(const std::vector<Chunk>& chunks, std::size_t i) { return chunks[chunks.size() - 1 - i]; }

}  // namespace

Reduction::Reduction(Comm& comm, const Params& params, std::span<const std::size_t> first_blocks)
    : comm_(comm), chunks_(params, first_blocks), receives_(comm, kWhat) {
  for (int step = 1; step < comm.size(); ++step)
    peers_.push_back({(comm.rank() + step) % comm.size(), Pending(comm, kWhat), {}});
}

std::byte* Reduction::take_room() {
  if (rooms_.empty()) return static_cast<std::byte*>(arena_.allocate(Chunk::kMost));
  std::byte* const room = rooms_.back();
  rooms_.pop_back();
  return room;
}

void Reduction::give_room(std::byte* room) {
  if (room != nullptr) rooms_.push_back(room);
}

void Reduction::find_nodes() {
  nodes_.clear();
  owners_.clear();
  for (int rank = 0; rank < comm_.size(); ++rank) {
    for_each_whole_node({0, sum_.shards}, shards_of(sum_.shards, rank, comm_.size()),
                        [&](const ShardNode& node) {
                          nodes_.push_back(node);
                          owners_.push_back(rank);
                        });
  }
  node_sum_ = NodeSum({0, sum_.shards}, nodes_);
}

void Reduction::begin(const Sum& sum, const Arrived& arrived) {
  const bool same = std::exchange(sum_, sum).shards == sum.shards;
  if (!same) find_nodes();
  arrived_ = &arrived;
  under_way_ = true;
  chunks_.divide(sum.present);
  ready_.assign(sum.present.size(), 0);
  for (Peer& peer : peers_) peer.sent = 0;
  begun_ = 0;
  while (await_next()) {
  }
}

void Reduction::ready(std::size_t parameter) {
  if (std::exchange(ready_[parameter], char{1}) != 0) return;
  while (advance()) {
  }
}

void Reduction::finish() {
  std::ranges::fill(ready_, char{1});
  for (;;) {
    if (advance()) continue;
    if (!awaited_.empty()) {
      receives_.idle();
      continue;
    }
    const auto left = std::ranges::find_if(peers_, [](const Peer& peer) { return peer.sends.size() > 0; });
    if (left == peers_.end()) break;
    left->sends.idle();
  }
  under_way_ = false;
}

// Does what can be done without waiting. Whether there was anything.
bool Reduction::advance() {
  bool moved = receives_.advance() > 0;
  for (Peer& peer : peers_) {
    for (std::size_t gone = peer.sends.advance(); gone > 0; --gone) {
      give_room(peer.rooms.front());
      peer.rooms.pop_front();
    }
    moved |= send_next(peer);
  }
  moved |= add_next();
  return await_next() || moved;
}

bool Reduction::is_ready(const Chunk& chunk) const {
  return std::ranges::all_of(chunk.pieces, [&](const Piece& piece) { return ready_[piece.parameter] != 0; });
}

bool Reduction::send_next(Peer& peer) {
  const std::vector<Chunk>& theirs = chunks_.of(peer.rank);
  if (peer.sent == theirs.size() || peer.sends.size() >= Chunk::kAtOnce * sum_.mine.size()) return false;
  const Chunk& chunk = nth(theirs, peer.sent);
  if (!is_ready(chunk)) return false;
  for (const Part& part : sum_.mine) {
    std::byte* const room = chunk.lies_in(part.streams) ? nullptr : take_room();
    peer.sends.send(peer.rank, chunk.packed(part.streams, room));
    peer.rooms.push_back(room);
  }
  ++peer.sent;
  return true;
}

bool Reduction::await_next() {
  const std::vector<Chunk>& own = chunks_.of(comm_.rank());
  if (begun_ == own.size() || awaited_.size() == Chunk::kAtOnce) return false;
  Awaited next{&nth(own, begun_++), {}, 0};
  for (const int owner : owners_) {
    next.rooms.push_back(owner == comm_.rank() ? nullptr : take_room());
    if (owner != comm_.rank()) receives_.receive(owner, {next.rooms.back(), next.chunk->bytes()});
  }
  next.last = receives_.begun();
  awaited_.push_back(std::move(next));
  return true;
}

// The sum of the first own chunk that is awaited, where all have come to it.
bool Reduction::add_next() {
  if (awaited_.empty() || receives_.ended() < awaited_.front().last || !is_ready(*awaited_.front().chunk))
    return false;
  const Awaited awaited = std::move(awaited_.front());
  awaited_.pop_front();
  const Chunk& chunk = *awaited.chunk;
  std::vector<std::byte*> data = awaited.rooms, packed_in;
  auto part = sum_.mine.begin();
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (owners_[i] != comm_.rank()) continue;
    if (!chunk.lies_in(part->streams)) packed_in.push_back(data[i] = take_room());
    data[i] = const_cast<std::byte*>(chunk.packed((part++)->streams, data[i]).data());  // they are written
  }
  node_sum_.add(chunk.dtype, data, 0, chunk.elements);
  if (sum_.scale != 1.0)
    (chunk.dtype == Dtype::f64 ? scale_by<double> : scale_by<float>)(sum_.scale, data.back(), chunk.elements);
  chunk.unpack(data.back(), sum_.to);
  for (std::byte* const room : awaited.rooms) give_room(room);
  for (std::byte* const room : packed_in) give_room(room);
  if (*arrived_) (*arrived_)(chunk.pieces);
  return true;
}

}  // namespace thalweg
