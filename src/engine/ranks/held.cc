#include "ranks/held.h"

#include <algorithm>

namespace thalweg {
namespace {

bool needs_whole(const Group& group, const Plan& plan) {
  const auto alike = [&](const StateStream& stream) { return plan.is_like_value(stream); };
  if (!std::ranges::all_of(group.states, alike)) return true;
  return std::ranges::any_of(plan.cuts, [&](const Cut& cut) {
    const bool whole = cut.over == Over::unit || cut.over == Over::nothing;
    return whole && std::ranges::binary_search(group.links, cut.link);
  });
}

}  // namespace

Held::Held(const Params& params, const Plan& plan, int ranks) : params_(params) {
  const Blocks blocks(params);
  const auto group_of = [&](std::size_t p) {
    return plan.group_of[p] == Plan::kNoGroup ? nullptr : &plan.groups[plan.group_of[p]];
  };
  std::vector<std::size_t> cost(1, 0);  // of what is before each parameter: what no rule moves costs nothing
  for (std::size_t p = 0; p < params.size(); ++p)
    cost.push_back(cost.back() + (group_of(p) == nullptr ? 0 : blocks.of(p)));

  for (int rank = 0; rank < ranks; ++rank) {
    const std::size_t wanted = slice(cost.back(), rank, ranks).begin;
    const auto after = std::upper_bound(cost.begin(), cost.end(), wanted);
    if (rank == 0 || after == cost.end()) {
      first_.push_back(rank == 0 ? 0 : blocks.all());
      continue;
    }
    const auto p = static_cast<std::size_t>(after - cost.begin()) - 1;
    std::size_t inside = wanted - cost[p];
    if (needs_whole(*group_of(p), plan)) inside = 2 * inside > blocks.of(p) ? blocks.of(p) : 0;
    first_.push_back(blocks.first[p] + inside);
  }
  first_.push_back(blocks.all());
}

Portion Held::portion(int rank) const {
  const auto r = static_cast<std::size_t>(rank);
  return {params_, {first_[r], first_[r + 1]}};
}

int Held::owner(std::size_t parameter) const {
  const std::size_t block = Blocks(params_).first[parameter];
  const auto after = std::upper_bound(first_.begin(), first_.end() - 1, block);
  return static_cast<int>(after - first_.begin()) - 1;
}

}  // namespace thalweg
