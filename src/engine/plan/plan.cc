#include "plan/plan.h"

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
  for (const Link& link : links_of(chain)) link.on.check(params, "optimizer", link.transform->spec.name);
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
  const bool has_rate = std::any_of(selected.begin(), selected.end(), [&](std::size_t i) {
    return links[i].transform->is_rate && links[i].transform->observe == nullptr;
  });
  if (has_rate) return;
  throw Error(Code::usage,
              {"optimizer", "the chain of parameter `" + parameter.name() + "` has no learning rate", "",
               "an `lr` that selects it", "add `lr(1e-3)`"});
}

// What decides on the chain of a parameter where no name pattern does.
struct Traits {
  Role role;
  bool has_rows;
  Dtype dtype;
  auto operator<=>(const Traits&) const = default;
};

bool goes_by_name(const std::vector<Link>& links) {
  return std::any_of(links.begin(), links.end(),
                     [](const Link& link) { return !link.on.patterns().empty(); });
}

bool forms_update(const Transform& transform) {
  return transform.scope == Scope::element || transform.scope == Scope::gather;
}

// The gradient that a transform compares with must have the sign of what came to the rules.
void check_signs(const std::vector<Link>& links, const std::vector<std::size_t>& selected) {
  const Link* turned = nullptr;
  for (const std::size_t i : selected) {
    const Link& link = links[i];
    if (link.transform->scope == Scope::affine && link.transform->observe == nullptr) {
      Moment now;
      now.o = link.fixed;
      if (link.transform->affine(now).a < 0) turned = &link;
    }
    if (turned == nullptr || !link.transform->sees_entered) continue;
    const std::string name = "`" + std::string(link.transform->spec.name) + "`";
    throw Error(Code::usage,
                {"optimizer", name + " compares the update with the gradient as it came",
                 "`" + std::string(turned->transform->spec.name) + "` in front of it, which turns the sign",
                 "a chain that does not", "negate the objective instead"});
  }
}

// A landing acts when the update is done, so nothing that only can act before may stand behind it.
void check_landings(const std::vector<Link>& links, const std::vector<std::size_t>& selected) {
  const Link* landing = nullptr;
  for (const std::size_t i : selected) {
    const Link& link = links[i];
    if (landing != nullptr && link.transform->lands_first) {
      throw Error(Code::usage, {"optimizer",
                                "`" + std::string(link.transform->spec.name) +
                                    "` forms the new parameter from the whole update",
                                "`" + std::string(landing->transform->spec.name) + "` in front of it",
                                "a place in front of everything else that acts on the new parameter", ""});
    }
    if (link.transform->scope == Scope::landing) landing = &link;
    if (landing == nullptr || !forms_update(*link.transform)) continue;
    const std::string name(landing->transform->spec.name);
    throw Error(Code::usage,
                {"optimizer", "`" + name + "` acts on the new parameter, when the update is done",
                 "`" + std::string(link.transform->spec.name) + "` behind it",
                 "a place behind every rule, such as adam | " + name + "(...) | lr(...)",
                 name == "l1" ? "left of a rule use the term of the loss: --loss \"... | l1(1e-4)\"" : ""});
  }
}

// A window has one memory, and is divided by what holds for all of it: what is linear stands behind.
void check_window(const std::vector<Link>& links, const std::vector<std::size_t>& gates) {
  const Transform* linear = nullptr;
  for (const std::size_t gate : gates) {
    const Transform& here = *links[gate].transform;
    if (here.accumulates && linear != nullptr) {
      const std::string window(here.spec.name), name(linear->spec.name);
      throw Error(
          Code::usage,
          {"optimizer", "`" + window + "` adds up gradients as they come", "`" + name + "` in front of it",
           linear->accumulates ? "one window" : "`" + name + "` behind it, as it holds for the window", ""});
    }
    if (here.affine != nullptr) linear = &here;
  }
}

// A gate holds the whole step, so it stands before everything that a step does and is for all parameters.
std::vector<std::size_t> find_gates(const std::vector<Link>& links) {
  std::vector<std::size_t> gates;
  const Link* before = nullptr;
  for (std::size_t i = 0; i < links.size(); ++i) {
    const Link& link = links[i];
    const std::string name = "`" + std::string(link.transform->spec.name) + "`";
    if (link.transform->scope != Scope::gate) {
      if (before == nullptr) before = &link;
      continue;
    }
    if (before != nullptr) {
      throw Error(Code::usage, {"optimizer", name + " decides before a step whether it runs",
                                "`" + std::string(before->transform->spec.name) + "` in front of it",
                                "a place left of everything but other gates", ""});
    }
    if (!link.on.all()) {
      throw Error(Code::usage,
                  {"optimizer", name + " holds the step of all parameters", "an `on=`", "no `on=`", ""});
    }
    gates.push_back(i);
  }
  check_window(links, gates);
  return gates;
}

void add_element(Group& group, PhasePlan& phase, std::size_t link, const Link& l) {
  const Transform& transform = *l.transform;
  if (transform.scope == Scope::landing) {
    phase.landings.push_back({link, group.states});
    phase.lands_update = phase.lands_update || transform.lands_first;
    ++group.landings;
  } else {
    phase.rules.push_back({link, group.states});
    phase.tiled = phase.tiled || transform.seed != nullptr;
    ++group.rules;
  }
  group.states += l.state().size();
  group.sees_before = group.sees_before || transform.sees_before;
  group.sees_noise = group.sees_noise || transform.seed != nullptr;
}

// Whether a gather would not notice a gradient that is not finite: sums over units have no blocks, and a
// count of signs stays finite.
bool overlooks(const Transform& transform) { return transform.unit != nullptr || transform.sees_entered; }

// The first phase that forms updates, updates the parameter or adds up what shows NaN and infinity.
std::size_t looking_phase(const Group& group, const std::vector<Link>& links) {
  const PhasePlan& first = group.phases.front();
  const bool blind = first.gathers && !first.keeps && overlooks(*links[group.links[first.end]].transform);
  return blind ? 1 : 0;
}

// Splits a group's links into phases. `phase_of` tells for each gather of the chain which phase ends with it.
void plan_phases(Group& group, const std::vector<Link>& links,
                 const std::map<std::size_t, std::size_t>& phase_of, std::size_t last_phase) {
  PhasePlan phase;
  for (std::size_t i = 0; i < group.links.size(); ++i) {
    const std::size_t link = group.links[i];
    const Transform& transform = *links[link].transform;
    group.numbers_from.push_back(group.numbers);
    group.numbers += transform.numbers.size();
    if (transform.scope == Scope::gather) {
      phase.phase = phase_of.at(link);
      phase.end = i;
      phase.gathers = true;
      phase.keeps = !phase.rules.empty() || phase.maps_units;
      group.keeps = group.keeps || phase.keeps;
      group.per_tensor = group.per_tensor || links[link].over() == Over::tensor;
      group.phases.push_back(phase);
      phase = {};
      phase.gather = phase_of.at(link);
      phase.begin = i;
      phase.first_rule = group.rules;
      phase.reads_kept = group.keeps;
      phase.maps_units = transform.unit != nullptr;
    }
    if (transform.acts || transform.scope == Scope::landing) add_element(group, phase, link, links[link]);
  }
  phase.phase = last_phase;
  phase.end = group.links.size();
  group.phases.push_back(phase);
  group.looks_in = looking_phase(group, links);
}

}  // namespace

std::size_t unit_size(const Parameter& parameter) {
  const Shape& shape = parameter.shape();
  const bool has_rows = shape.size() >= 2 && parameter.size() > 0;
  return has_rows ? parameter.size() / static_cast<std::size_t>(shape[0]) : parameter.size();
}

Plan::Plan(Chain the_chain, const Params& params) : chain(std::move(the_chain)), links(links_of(chain)) {
  check_resolved(chain);
  check_patterns(chain, params);
  gates = find_gates(links);
  for (const std::size_t gate : gates) accumulates = accumulates || links[gate].transform->accumulates;
  std::map<std::pair<std::vector<std::size_t>, Dtype>, std::size_t> known;
  std::map<std::size_t, std::size_t> phase_of;
  std::map<Traits, std::size_t> alike;
  const bool by_name = goes_by_name(links);
  for (std::size_t p = 0; p < params.size(); ++p) {
    group_of.push_back(kNoGroup);
    if (params[p].frozen()) continue;
    const Traits traits{params[p].role(), params[p].shape().size() >= 2, params[p].dtype()};
    if (const auto same = alike.find(traits); !by_name && same != alike.end()) {
      group_of.back() = same->second;
      groups[same->second].parameters.push_back(p);
      continue;
    }
    std::vector<std::size_t> selected = links_of(links, params[p]);
    const auto [found, fresh] = known.try_emplace({selected, params[p].dtype()}, groups.size());
    if (fresh) {
      check_rate(links, selected, params[p]);
      check_landings(links, selected);
      check_signs(links, selected);
      for (const std::size_t i : selected) {
        if (links[i].transform->scope == Scope::gather) phase_of.emplace(i, 0);
      }
      groups.emplace_back();
      groups.back().links = std::move(selected);
      groups.back().dtype = params[p].dtype();
    }
    group_of.back() = found->second;
    groups[found->second].parameters.push_back(p);
    alike.emplace(traits, found->second);
  }
  for (auto& [link, phase] : phase_of) {
    phase = gathers.size();
    gathers.push_back({link, links[link].over()});
  }
  phases = gathers.size() + 1;
  for (Group& group : groups) plan_phases(group, links, phase_of, phases - 1);
}

std::uint64_t Plan::state_bytes(const Params& params) const {
  std::uint64_t bytes = 0;
  for (const Group& group : groups) {
    const std::size_t streams = group.streams() + (accumulates ? 1 : 0);
    for (const std::size_t p : group.parameters) bytes += streams * params[p].size() * size_of(group.dtype);
  }
  return bytes;
}

}  // namespace thalweg
