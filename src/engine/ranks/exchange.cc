#include "ranks/exchange.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace thalweg {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;  // bytes of a message
constexpr std::size_t kAlone = std::size_t{1} << 16;  // of a run from which it is not packed with others
constexpr std::size_t kAtOnce = 3;                    // rounds of messages on their way

// The sum of a node of which some descendants are given, in the memory of one of them.
template <class T>
T* sum_of(const ShardNode& node, std::span<const ShardNode> nodes, std::span<std::byte* const> data,
          std::size_t n) {
  const auto given = std::ranges::find(nodes, node);
  if (given != nodes.end())
    return reinterpret_cast<T*>(data[static_cast<std::size_t>(given - nodes.begin())]);
  T* a = sum_of<T>(node.left(), nodes, data, n);
  const T* b = sum_of<T>(node.right(), nodes, data, n);
  for (std::size_t i = 0; i < n; ++i) a[i] += b[i];
  return a;
}

template <class T>
void scale_by(double scale, T* numbers, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) numbers[i] = static_cast<T>(numbers[i] * scale);
}

// Rounds of messages, some of which are on their way at a time: begin(round), and later end(round).
template <class Begin, class End>
void in_rounds(std::size_t rounds, Pending& pending, const Begin& begin, const End& end) {
  std::array<std::size_t, kAtOnce> begun{};  // messages, when a round began
  std::size_t all = 0;
  for (std::size_t round = 0; round < rounds + kAtOnce - 1; ++round) {
    const std::size_t before = pending.size();
    if (round < rounds) begin(round);
    all += pending.size() - before;
    begun[round % kAtOnce] = all;
    if (round + 1 < kAtOnce) continue;
    const std::size_t ready = round + 1 - kAtOnce;
    pending.wait(all - begun[ready % kAtOnce]);
    if (ready < rounds) end(ready);
  }
}

std::byte* at(StreamOf streams, std::size_t parameter, std::size_t element, Dtype dtype) {
  return streams[parameter] + element * size_of(dtype);
}

}  // namespace

Exchange::Exchange(Comm& comm, const Params& params, std::vector<std::size_t> first)
    : comm_(comm), params_(params), first_(std::move(first)) {}

Portion Exchange::portion(int rank) const {
  const auto r = static_cast<std::size_t>(rank);
  return {params_, {first_[r], first_[r + 1]}};
}

int Exchange::owner(std::size_t parameter) const {
  const std::size_t block = Blocks(params_).first[parameter];
  const auto after = std::upper_bound(first_.begin(), first_.end() - 1, block);
  return static_cast<int>(after - first_.begin()) - 1;
}

std::byte* Exchange::room(std::size_t i) {
  while (rooms_.size() <= i) rooms_.push_back(static_cast<std::byte*>(arena_.allocate(kChunk)));
  return rooms_[i];
}

// The blocks of every rank into chunks, the same on all of them.
void Exchange::divide(std::span<const char> present) {
  if (std::ranges::equal(present, present_) && !chunks_.empty()) return;
  present_.assign(present.begin(), present.end());
  chunks_.assign(static_cast<std::size_t>(comm_.size()), {});
  for (int rank = 0; rank < comm_.size(); ++rank) {
    const Portion held = portion(rank);
    std::vector<Chunk>& chunks = chunks_[static_cast<std::size_t>(rank)];
    bool open = false;
    for (std::size_t p = 0; p < present.size(); ++p) {
      const Dtype dtype = params_[p].dtype();
      const std::size_t most = kChunk / size_of(dtype);
      auto [begin, end] = present[p] != 0 ? held.of(p, params_[p].size()) : Slice{0, 0};
      while (begin < end) {
        const std::size_t n = std::min(end - begin, most);
        const bool alone = n * size_of(dtype) >= kAlone;
        open = open && !alone && chunks.back().dtype == dtype && chunks.back().elements + n <= most;
        if (!open) chunks.push_back({{}, dtype, 0});
        open = !alone;
        chunks.back().runs.push_back({p, begin, begin + n});
        chunks.back().elements += n;
        begin += n;
      }
    }
  }
}

// The bytes of a chunk: where they lie, or side by side in `room`.
std::span<const std::byte> Exchange::packed(const Chunk& chunk, StreamOf streams, std::byte* room) {
  const Run& first = chunk.runs.front();
  const std::byte* begin =
      streams[first.parameter] == nullptr ? nullptr : at(streams, first.parameter, first.begin, chunk.dtype);
  if (chunk.runs.size() == 1 && begin != nullptr) return {begin, chunk.bytes()};
  std::byte* to = room;
  for (const Run& run : chunk.runs) {
    const std::size_t bytes = (run.end - run.begin) * size_of(chunk.dtype);
    if (streams[run.parameter] == nullptr) {
      std::memset(to, 0, bytes);
    } else {
      std::memcpy(to, at(streams, run.parameter, run.begin, chunk.dtype), bytes);
    }
    to += bytes;
  }
  return {room, chunk.bytes()};
}

void Exchange::unpack(const Chunk& chunk, const std::byte* from, StreamOf streams) {
  for (const Run& run : chunk.runs) {
    const std::size_t bytes = (run.end - run.begin) * size_of(chunk.dtype);
    std::byte* to = streams[run.parameter];
    if (to != nullptr && to + run.begin * size_of(chunk.dtype) != from)
      std::memcpy(to + run.begin * size_of(chunk.dtype), from, bytes);
    from += bytes;
  }
}

void Exchange::add_chunk(const Chunk& chunk, std::size_t shards, std::span<const ShardNode> nodes,
                         std::span<std::byte* const> data, double scale, StreamOf to) {
  const ShardNode root{0, shards};
  const auto add = [&]<class T>(T*) {
    T* sum = sum_of<T>(root, nodes, data, chunk.elements);
    if (scale != 1.0) scale_by(scale, sum, chunk.elements);
    return reinterpret_cast<const std::byte*>(sum);
  };
  const std::byte* sum =
      chunk.dtype == Dtype::f64 ? add(static_cast<double*>(nullptr)) : add(static_cast<float*>(nullptr));
  unpack(chunk, sum, to);
}

void Exchange::reduce_scatter(std::size_t shards, std::span<const Part> mine, std::span<const char> present,
                              double scale, StreamOf to, std::string_view what) {
  divide(present);
  const int ranks = comm_.size(), me = comm_.rank();
  const std::vector<Chunk>& own = chunks_of(me);
  std::vector<ShardNode> nodes;  // of all ranks, in order
  std::vector<int> owners;
  for (int rank = 0; rank < ranks; ++rank) {
    for_each_whole_node({0, shards}, shards_of(shards, rank, ranks), [&](const ShardNode& node) {
      nodes.push_back(node);
      owners.push_back(rank);
    });
  }
  const std::size_t rooms = nodes.size() + static_cast<std::size_t>(ranks - 1) * mine.size();  // of a round
  const auto room_of = [&](std::size_t round, std::size_t i) { return room(round % kAtOnce * rooms + i); };
  std::vector<std::byte*> data(nodes.size());
  Pending pending(comm_, what);
  const auto begin = [&](std::size_t round) {
    for (std::size_t i = 0; i < nodes.size() && round < own.size(); ++i) {
      if (owners[i] != me) pending.receive(owners[i], {room_of(round, i), own[round].bytes()});
    }
    std::size_t used = nodes.size();
    for (int step = 1; step < ranks; ++step) {
      const int rank = (me + step) % ranks;
      const std::vector<Chunk>& theirs = chunks_of(rank);
      for (std::size_t i = 0; i < mine.size() && round < theirs.size(); ++i, ++used)
        pending.send(rank, packed(theirs[round], mine[i].streams, room_of(round, used)));
    }
  };
  const auto end = [&](std::size_t round) {
    if (round >= own.size()) return;
    for (std::size_t i = 0, part = 0; i < nodes.size(); ++i) {
      data[i] = room_of(round, i);
      if (owners[i] == me)  // its own gradients are written
        data[i] = const_cast<std::byte*>(packed(own[round], mine[part++].streams, data[i]).data());
    }
    add_chunk(own[round], shards, nodes, data, scale, to);
  };
  in_rounds(most_chunks(), pending, begin, end);
}

void Exchange::all_gather(StreamOf streams, std::span<const char> present, std::string_view what) {
  gather(kEverybody, streams, present, what);
}

void Exchange::gather(int root, StreamOf streams, std::span<const char> present, std::string_view what) {
  divide(present);
  const int ranks = comm_.size(), me = comm_.rank();
  const std::vector<Chunk>& own = chunks_of(me);
  const auto takes = [&](int rank) { return root == kEverybody || root == rank; };
  const auto room_of = [&](std::size_t round, int rank) {
    return room(round % kAtOnce * static_cast<std::size_t>(ranks) + static_cast<std::size_t>(rank));
  };
  const auto place_of = [&](const Chunk& chunk, std::size_t round, int rank) {
    const Run& run = chunk.runs.front();
    return chunk.runs.size() == 1 ? at(streams, run.parameter, run.begin, chunk.dtype) : room_of(round, rank);
  };
  Pending pending(comm_, what);
  const auto begin = [&](std::size_t round) {
    std::span<const std::byte> mine;
    if (round < own.size()) mine = packed(own[round], streams, room_of(round, me));
    for (int step = 1; step < ranks; ++step) {
      const int from = (me + ranks - step) % ranks, to = (me + step) % ranks;
      if (takes(me) && round < chunks_of(from).size()) {
        const Chunk& chunk = chunks_of(from)[round];
        pending.receive(from, {place_of(chunk, round, from), chunk.bytes()});
      }
      if (takes(to)) pending.send(to, mine);
    }
  };
  const auto end = [&](std::size_t round) {
    for (int rank = 0; rank < ranks && takes(me); ++rank) {
      if (rank != me && round < chunks_of(rank).size())
        unpack(chunks_of(rank)[round], place_of(chunks_of(rank)[round], round, rank), streams);
    }
  };
  in_rounds(most_chunks(), pending, begin, end);
}

std::size_t Exchange::most_chunks() const {
  std::size_t most = 0;
  for (const auto& chunks : chunks_) most = std::max(most, chunks.size());
  return most;
}

}  // namespace thalweg
