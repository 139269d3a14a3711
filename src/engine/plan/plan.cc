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
  throw Error(Code::usage, {"optimizer", "a length is not resolved to updates", open, "updates, such as 500",
                            "resolve the chain with the lengths of the run, or give `total`"});
}

void check_patterns(const Chain& chain, const Params& params) {
  for (const Link& link : links_of(chain)) link.on.check(params, "optimizer", link.transform->spec.name);
}

// Whether another link of the same kind selects the parameter by something other than `rest`.
bool taken_by_another(std::span<const Link> links, const Link& link, const Parameter& parameter) {
  return std::any_of(links.begin(), links.end(), [&](const Link& other) {
    return &other != &link && other.transform->kind() == link.transform->kind() &&
           other.on.matches(parameter);
  });
}

std::vector<std::size_t> links_of(std::span<const Link> links, const Parameter& parameter) {
  std::vector<std::size_t> selected;
  for (std::size_t i = 0; i < links.size(); ++i) {
    const Link& link = links[i];
    const bool among_rest = link.on.rest() && !taken_by_another(links, link, parameter);
    if (link.on.matches(parameter, among_rest)) selected.push_back(i);
  }
  return selected;
}

void check_rate(std::span<const Link> links, const std::vector<std::size_t>& selected,
                const Parameter& parameter) {
  const bool has_rate = std::any_of(selected.begin(), selected.end(), [&](std::size_t i) {
    return links[i].transform->part == Part::rate && links[i].transform->observe == nullptr;
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

bool goes_by_name(std::span<const Link> links) {
  return std::any_of(links.begin(), links.end(), [](const Link& link) { return link.on.has_patterns(); });
}

bool forms_update(const Transform& transform) {
  return transform.scope == Scope::element || transform.ends_phase();
}

// The gradient that a transform compares with must have the sign of what came to the rules.
void check_signs(std::span<const Link> links, const std::vector<std::size_t>& selected) {
  const Link* turned = nullptr;
  for (const std::size_t i : selected) {
    const Link& link = links[i];
    if (link.transform->scope == Scope::affine && link.transform->observe == nullptr) {
      Moment now;
      now.o = link.fixed;
      if (link.transform->affine(now).a < 0) turned = &link;
    }
    if (turned == nullptr || !(link.transform->sees & Sees::entered)) continue;
    const std::string name = "`" + std::string(link.transform->spec.name) + "`";
    throw Error(Code::usage, {"optimizer", name + " compares the update with the original gradient",
                              "`" + std::string(turned->transform->spec.name) +
                                  "` to the left of it, which flips the sign",
                              "a chain that keeps the sign", "negate the objective instead"});
  }
}

// A landing acts when the update is done, so nothing that can only act before may follow it.
void check_landings(std::span<const Link> links, const std::vector<std::size_t>& selected) {
  const Link* landing = nullptr;
  for (const std::size_t i : selected) {
    const Link& link = links[i];
    if (landing != nullptr && link.transform->part == Part::former) {
      throw Error(Code::usage, {"optimizer",
                                "`" + std::string(link.transform->spec.name) +
                                    "` forms the new parameter from the whole update",
                                "`" + std::string(landing->transform->spec.name) + "` to the left of it",
                                "a place to the left of everything else that acts on the new parameter", ""});
    }
    if (link.transform->scope == Scope::landing) landing = &link;
    if (landing == nullptr || !forms_update(*link.transform)) continue;
    const std::string name(landing->transform->spec.name);
    throw Error(Code::usage,
                {"optimizer", "`" + name + "` acts on the new parameter, after the update",
                 "`" + std::string(link.transform->spec.name) + "` to the right of it",
                 "a place to the right of every rule, such as adam | " + name + "(...) | lr(...)",
                 name == "l1" ? "before a rule, use a term of the loss: --loss \"... | l1(1e-4)\"" : ""});
  }
}

// A window has one memory, and is divided by what holds for all of it: what is linear follows it.
void check_window(std::span<const Link> links, const std::vector<std::size_t>& gates) {
  const Transform* linear = nullptr;
  for (const std::size_t gate : gates) {
    const Transform& here = *links[gate].transform;
    if (here.part == Part::window && linear != nullptr) {
      const std::string window(here.spec.name), name(linear->spec.name);
      throw Error(
          Code::usage,
          {"optimizer", "`" + window + "` accumulates raw gradients", "`" + name + "` to the left of it",
           linear->part == Part::window
               ? "one window"
               : "`" + name + "` to the right of it, where it applies to the whole window",
           ""});
    }
    if (here.affine != nullptr) linear = &here;
  }
}

// A gate holds the whole step, so it stands before everything that a step does and is for all parameters.
std::vector<std::size_t> find_gates(std::span<const Link> links) {
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
      throw Error(Code::usage, {"optimizer", name + " decides whether a step runs",
                                "`" + std::string(before->transform->spec.name) + "` to the left of it",
                                "a place to the left of everything except other gates", ""});
    }
    if (!link.on.all()) {
      throw Error(Code::usage,
                  {"optimizer", name + " holds back the step of all parameters", "an `on=`", "no `on=`", ""});
    }
    gates.push_back(i);
  }
  check_window(links, gates);
  return gates;
}

void add_element(Group& group, Phase& phase, std::size_t link, const Transform& transform) {
  const ElementStep step{link, group.states.size()};
  if (transform.scope == Scope::landing) {
    phase.landings.push_back(step);
    if (transform.part == Part::former) phase.former = Phase::Former::landing;
    ++group.landings;
  } else {
    phase.rules.push_back(step);
    ++group.rules;
  }
}

// Whether a gather would not notice a gradient that is not finite: sums over units have no blocks, and a
// count of signs stays finite.
bool overlooks(const Transform& transform) {
  return transform.sum.unit != nullptr || transform.sees & Sees::entered;
}

// The first phase that forms updates, updates the parameter or adds up what shows NaN and infinity.
std::size_t looking_phase(const Group& group, std::span<const Link> links) {
  const Phase& first = group.phases.front();
  const bool blind = first.kind == Phase::Kind::sums && overlooks(*links[group.links[first.end]].transform);
  return blind ? 1 : 0;
}

// The kind of a phase that updates the parameter: what a register-resident loop cannot do is done in tiles.
Phase::Kind updating_kind(const Phase& phase, std::span<const Link> links) {
  const bool alone = std::any_of(phase.rules.begin(), phase.rules.end(), [&](const ElementStep& step) {
    return links[step.link].transform->sees & (Sees::noise | Sees::tiles);
  });
  const bool loop = phase.entry != Phase::Entry::units && phase.former == Phase::Former::engine && !alone &&
                    phase.rules.size() <= 1;
  return loop ? Phase::Kind::loop : Phase::Kind::tiles;
}

// The phase that begins with a transform for which the one before it has ended.
Phase next_phase(Group& group, const Phase& last, std::size_t at, const Transform& transform) {
  Phase next;
  next.cut = last.number;
  next.begin = at;
  next.source = group.keeps() ? Phase::Source::kept : Phase::Source::gradient;
  if (transform.sum.unit != nullptr) next.entry = Phase::Entry::units;
  if (transform.scope == Scope::matrix) next.entry = Phase::Entry::matrix;
  group.rules += transform.scope == Scope::matrix ? 1 : 0;  // it has numbers, but acts before the phase
  next.first_rule = group.rules;
  return next;
}

// Splits a group's links into phases. `phase_of` tells for each cut of the chain which phase ends with it.
void plan_phases(Group& group, std::span<const Link> links,
                 const std::map<std::size_t, std::size_t>& phase_of, std::size_t last_phase) {
  Phase phase;
  for (std::size_t i = 0; i < group.links.size(); ++i) {
    const std::size_t link = group.links[i];
    const Transform& transform = *links[link].transform;
    group.numbers_from.push_back(group.numbers);
    group.numbers += transform.kept.numbers.size();
    group.sees = group.sees | transform.sees;
    if (transform.ends_phase()) {
      const bool forms = !phase.rules.empty() || phase.entry == Phase::Entry::units;
      phase.kind = forms || transform.scope == Scope::matrix ? Phase::Kind::keep : Phase::Kind::sums;
      phase.number = phase_of.at(link);
      phase.end = i;
      group.phases.push_back(phase);
      phase = next_phase(group, phase, i, transform);
    }
    if (transform.acts() || transform.scope == Scope::landing) add_element(group, phase, link, transform);
    for (std::size_t stream = 0; stream < links[link].state().size(); ++stream) {
      group.states.push_back({link, stream});
    }
  }
  phase.kind = updating_kind(phase, links);
  phase.number = last_phase;
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

bool Group::keeps() const {
  return std::any_of(phases.begin(), phases.end(),
                     [](const Phase& phase) { return phase.kind == Phase::Kind::keep; });
}

Plan::Plan(Chain the_chain, const Params& params) : chain(std::move(the_chain)), links(links_of(chain)) {
  check_resolved(chain);
  check_patterns(chain, params);
  gates = find_gates(links);
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
        if (links[i].transform->ends_phase()) phase_of.emplace(i, 0);
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
    phase = cuts.size();
    cuts.push_back({link, links[link].over()});
  }
  phases = cuts.size() + 1;
  for (Group& group : groups) plan_phases(group, links, phase_of, phases - 1);
}

bool Plan::accumulates() const {
  return std::any_of(gates.begin(), gates.end(),
                     [&](std::size_t gate) { return links[gate].transform->part == Part::window; });
}

bool Plan::is_per_tensor(const Group& group) const {
  return std::any_of(group.links.begin(), group.links.end(), [&](std::size_t link) {
    return links[link].transform->scope == Scope::gather && links[link].over() == Over::tensor;
  });
}

Form Plan::form(const StateStream& stream, const Parameter& parameter) const {
  return links[stream.link].form(stream.index, {parameter.dtype(), parameter.shape()});
}

bool Plan::is_like_value(const StateStream& stream) const {
  return links[stream.link].transform->kept.form == nullptr;
}

std::size_t Plan::bytes(const StateStream& stream, const Parameter& parameter) const {
  if (is_like_value(stream)) return parameter.size() * size_of(parameter.dtype());
  const Form looks = form(stream, parameter);
  return static_cast<std::size_t>(count(looks.shape)) * size_of(looks.dtype);
}

std::uint64_t Plan::state_bytes(const Group& group, const Params& params) const {
  const std::size_t between = (group.keeps() ? 1 : 0) + (accumulates() ? 1 : 0);
  std::uint64_t bytes_of_all = 0;
  for (const std::size_t p : group.parameters) {
    bytes_of_all += between * params[p].size() * size_of(group.dtype);
    for (const StateStream& stream : group.states) bytes_of_all += bytes(stream, params[p]);
  }
  return bytes_of_all;
}

std::uint64_t Plan::state_bytes(const Params& params) const {
  std::uint64_t bytes = 0;
  for (const Group& group : groups) bytes += state_bytes(group, params);
  return bytes;
}

}  // namespace thalweg
