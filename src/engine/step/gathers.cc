#include "step/gathers.h"

#include <algorithm>
#include <cmath>

#include "device/reduce.h"

namespace thalweg {
namespace {

bool gathers_whole_gradient(const Plan& plan) {
  if (plan.cuts.empty() || plan.cuts[0].over != Over::all) return false;
  const std::size_t gates = plan.gates.size();
  return std::all_of(plan.groups.begin(), plan.groups.end(), [&](const Group& group) {
    return group.links.size() > gates && group.links[gates] == plan.cuts[0].link;
  });
}

}  // namespace

Gathers::Gathers(const Params& params, const Plan& plan)
    : plan_(plan),
      blocks_(params),
      begins_with_norm_(gathers_whole_gradient(plan)),
      partials_(plan.cuts.empty() ? 0 : blocks_.all() * kMaxSums),
      sums_(params.size()),
      all_(plan.cuts.size() * kMaxSums),
      taking_part_(plan.cuts.size()) {
  for (const Parameter& parameter : params) sizes_.push_back(parameter.size());
  for (const Cut& cut : plan.cuts) {
    if (cut.over == Over::tensor) tensor_.resize(plan.cuts.size() * params.size() * kMaxSums);
    for (const Group& group : plan.groups) {
      member_.push_back(std::binary_search(group.links.begin(), group.links.end(), cut.link) ? 1 : 0);
    }
  }
}

Sums Gathers::sums() const {
  return {all_.data(), tensor_.data(), sizes_.size(), sizes_.data(), taking_part_.data()};
}

double Gathers::norm_of(std::span<const Total> squares) {
  const auto block = [&](std::size_t i) { return squares[i]; };
  const auto parameter = [&](std::size_t p) { return tree_sum(blocks_.first[p], blocks_.of(p), block); };
  return tree_sum(0, sums_.size(), parameter).norm();
}

bool Gathers::counts(std::size_t parameter, std::size_t cut, const Cohorts& cohorts) const {
  return cohorts.takes_part(parameter) && member_[cut * plan_.groups.size() + plan_.group_of[parameter]] != 0;
}

void Gathers::add_up(std::size_t cut, const Cohorts& cohorts) {
  const auto [link, over] = plan_.cuts[cut];
  if (over == Over::unit || over == Over::nothing) return;
  taking_part_[cut] = 0;
  for (std::size_t p = 0; p < sizes_.size(); ++p) {
    if (counts(p, cut, cohorts)) taking_part_[cut] += static_cast<double>(sizes_[p]);
  }
  for (std::size_t m = 0; m < plan_.links[link].transform->sum.count; ++m) {
    for (std::size_t p = 0; p < sizes_.size(); ++p) {
      const auto leaf = [&](std::size_t block) { return partials_[block * kMaxSums + m]; };
      sums_[p] = counts(p, cut, cohorts) ? tree_sum(blocks_.first[p], blocks_.of(p), leaf) : Total{};
      if (over == Over::tensor) tensor_[(cut * sizes_.size() + p) * kMaxSums + m] = sums_[p];
    }
    if (over != Over::all) continue;
    all_[cut * kMaxSums + m] = tree_sum(0, sums_.size(), [&](std::size_t p) { return sums_[p]; });
  }
}

}  // namespace thalweg
