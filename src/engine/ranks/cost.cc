#include "ranks/cost.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "device/partition.h"
#include "ranks/chunks.h"
#include "ranks/held.h"
#include "ranks/shard_tree.h"

namespace thalweg {
namespace {

// Bytes that come from a rank before the first of them are added up.
constexpr std::uint64_t kOnTheirWay = Chunk::kAtOnce * Chunk::kMost;

// Gradients that wait at most while a rank computes its parts one after the other, as a GradientSum keeps
// them.
std::size_t most_waiting(std::size_t shards, Slice mine) {
  std::vector<ShardNode> nodes;
  std::size_t most = 0;
  for (std::size_t part = mine.begin; part + 1 < mine.end; ++part) {
    ShardNode node{part, 1};
    for (auto left = left_neighbour({0, shards}, node); left && !nodes.empty() && nodes.back() == *left;
         left = left_neighbour({0, shards}, node)) {
      nodes.pop_back();
      node = {left->first, left->count + node.count};
    }
    nodes.push_back(node);
    most = std::max(most, nodes.size());
  }
  return most;
}

std::size_t nodes_of(std::size_t shards, int rank, int ranks) {
  std::size_t nodes = 0;
  for_each_whole_node({0, shards}, shards_of(shards, rank, ranks), [&](const ShardNode&) { ++nodes; });
  return nodes;
}

// What rules move, in bytes of the values, and the state of it.
struct Moved {
  std::uint64_t bytes = 0;
  double state = 0;
};

Moved moved_by(const Params& params, const Plan& plan, const Portion& portion) {
  Moved out;
  for (const Group& group : plan.groups) {
    std::uint64_t all = 0, own = 0;
    for (const std::size_t p : group.parameters) {
      const auto [begin, end] = portion.of(p, params[p].size());
      all += params[p].size();
      own += end - begin;
      out.bytes += (end - begin) * size_of(params[p].dtype());
    }
    if (all > 0)
      out.state += static_cast<double>(plan.state_bytes(group, params)) * static_cast<double>(own) /
                   static_cast<double>(all);
  }
  return out;
}

}  // namespace

RankCost rank_cost(const Params& params, const Plan& plan, int ranks, std::size_t shards) {
  const Held blocks(params, plan, ranks);
  std::vector<Moved> held;
  std::vector<std::uint64_t> nodes;
  for (int rank = 0; rank < ranks; ++rank) {
    held.push_back(moved_by(params, plan, blocks.portion(rank)));
    nodes.push_back(nodes_of(shards, rank, ranks));
  }
  std::uint64_t all = 0, of_all = 0;
  for (const Moved& one : held) all += one.bytes;
  for (const std::uint64_t n : nodes) of_all += n;
  std::uint64_t gradient = 0;
  for (const Parameter& parameter : params) gradient += parameter.size() * size_of(parameter.dtype());

  RankCost out{.share = 0};
  const auto most = [](std::uint64_t& of, std::uint64_t bytes) { of = std::max(of, bytes); };
  for (int rank = 0; rank < ranks; ++rank) {
    const auto r = static_cast<std::size_t>(rank);
    const std::uint64_t own = held[r].bytes, others = of_all - nodes[r];
    if (all > 0) out.share = std::max(out.share, static_cast<double>(own) / static_cast<double>(all));
    most(out.state, static_cast<std::uint64_t>(held[r].state));
    most(out.gradients_out, (all - own) * nodes[r]);
    most(out.gradients_in, own * others);
    most(out.values_out, own * static_cast<std::uint64_t>(ranks - 1));
    most(out.values_in, all - own);
    if (of_all > 1) most(out.summed, own * (of_all + 1));
    most(out.waiting, gradient * most_waiting(shards, shards_of(shards, rank, ranks)));
    most(out.rooms, std::min(own, kOnTheirWay) * others);
  }
  return out;
}

}  // namespace thalweg
