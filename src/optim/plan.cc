#include "optim/plan.h"

#include <algorithm>
#include <map>
#include <utility>

#include "thalweg/error.h"

namespace thalweg {
namespace {

void check_resolved(const Chain& chain) {
  const std::string open = chain.unresolved();
  if (open.empty()) return;
  throw Error(Code::usage,
              {"optimizer", "a length has no number of updates yet", open, "updates, such as 500",
               "resolve the chain with the lengths of the run, or give `total`"});
}

void check_patterns(const Chain& chain, const Params& params) {
  for (const Link& link : chain.links()) link.on.check(params, "optimizer", link.transform->spec.name);
}

// Whether another link of the same kind selects the parameter by something other than `rest`.
bool taken_by_another(const std::vector<Link>& links, const Link& link, const Parameter& parameter) {
  return std::any_of(links.begin(), links.end(), [&](const Link& other) {
    return &other != &link && other.transform->kind == link.transform->kind && other.on.matches(parameter);
  });
}

std::vector<std::size_t> links_of(const std::vector<Link>& links, const Parameter& parameter) {
  std::vector<std::size_t> selected;
  for (std::size_t i = 0; i < links.size(); ++i) {
    const Link& link = links[i];
    if (link.on.matches(parameter) || (link.on.rest() && !taken_by_another(links, link, parameter))) {
      selected.push_back(i);
    }
  }
  return selected;
}

void check_rate(const std::vector<Link>& links, const std::vector<std::size_t>& selected,
                const Parameter& parameter) {
  const bool has_rate = std::any_of(selected.begin(), selected.end(),
                                    [&](std::size_t i) { return links[i].transform->spec.name == "lr"; });
  if (has_rate) return;
  throw Error(Code::usage,
              {"optimizer", "the chain of parameter `" + parameter.name() + "` has no learning rate", "",
               "an `lr` that selects it", "add `lr(1e-3)`"});
}

// Splits a group's links into phases. `phase_of` tells for each global link of the chain which phase gathers
// it.
void plan_phases(Group& group, const std::vector<Link>& links,
                 const std::map<std::size_t, std::size_t>& phase_of, std::size_t last_phase) {
  PhasePlan phase{};
  for (std::size_t i = 0; i < group.links.size(); ++i) {
    const Transform& transform = *links[group.links[i]].transform;
    if (transform.scope == Scope::element) {
      phase.rules.push_back({group.links[i], group.states});
      group.states += transform.state.size();
      ++group.rules;
    }
    if (transform.scope != Scope::global) continue;
    phase.phase = phase_of.at(group.links[i]);
    phase.end = i;
    phase.gathers = true;
    phase.keeps = !phase.rules.empty();
    group.keeps = group.keeps || phase.keeps;
    group.phases.push_back(phase);
    phase = {
        .phase = 0, .begin = i, .end = 0, .rules = {}, .first_rule = group.rules, .reads_kept = group.keeps};
  }
  phase.phase = last_phase;
  phase.end = group.links.size();
  group.phases.push_back(phase);
}

}  // namespace

Plan::Plan(Chain the_chain, const Params& params) : chain(std::move(the_chain)) {
  check_resolved(chain);
  check_patterns(chain, params);
  const std::vector<Link>& links = chain.links();
  std::map<std::pair<std::vector<std::size_t>, Dtype>, std::size_t> known;
  std::map<std::size_t, std::size_t> phase_of;
  for (std::size_t p = 0; p < params.size(); ++p) {
    group_of.push_back(kNoGroup);
    if (params[p].frozen()) continue;
    std::vector<std::size_t> selected = links_of(links, params[p]);
    check_rate(links, selected, params[p]);
    for (const std::size_t i : selected) {
      if (links[i].transform->scope == Scope::global) phase_of.emplace(i, 0);
    }
    const auto [found, fresh] = known.try_emplace({selected, params[p].dtype()}, groups.size());
    if (fresh)
      groups.push_back(
          {.links = std::move(selected), .parameters = {}, .dtype = params[p].dtype(), .phases = {}});
    group_of.back() = found->second;
    groups[found->second].parameters.push_back(p);
  }
  for (auto& [link, phase] : phase_of) {
    phase = gathers.size();
    gathers.push_back(link);
  }
  phases = gathers.size() + 1;
  for (Group& group : groups) plan_phases(group, links, phase_of, phases - 1);
}

std::uint64_t Plan::state_bytes(const Params& params) const {
  std::uint64_t bytes = 0;
  for (const Group& group : groups) {
    for (const std::size_t p : group.parameters)
      bytes += group.states * params[p].size() * size_of(group.dtype);
  }
  return bytes;
}

}  // namespace thalweg
