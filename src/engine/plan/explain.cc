// Chain::explain: the plan as a database would show it.
#include <algorithm>
#include <string>

#include "base/json.h"
#include "base/utf8.h"
#include "plan/plan.h"
#include "thalweg/chain.h"

namespace thalweg {
namespace {

constexpr std::size_t kNamesShown = 4, kLongestName = 60;

// Joins the canonical texts of the group's links [begin, end).
std::string chain_part(const Plan& plan, const Group& group, std::size_t begin, std::size_t end) {
  Text text;
  for (std::size_t i = begin; i < end; ++i) text.push_back(plan.links[group.links[i]].item(false));
  return print(text);
}

// Whether the transform needs the parameter to form the update.
bool reads_parameter(const Link& link) {
  const Transform& transform = *link.transform;
  if (transform.sees & Sees::value) return true;
  if (transform.scope != Scope::affine) return false;
  const std::vector<double> ones(link.numbers.size(), 1.0);
  std::vector<double> kept(transform.kept.chain_numbers.size(), 1.0);
  Moment now;
  now.o = ones;
  now.numbers = kept;
  return transform.affine(now).b != 0.0;
}

// Whether one does among the links of a phase, of those of earlier ones from whose start it begins again, or
// the one that it ends for.
bool reads_parameter(const Plan& plan, const Group& group, const Phase& phase) {
  std::size_t begin = phase.begin, end = phase.end + (phase.updates() ? 0 : 1);
  while (begin > 0 && plan.links[group.links[begin - 1]].transform->scope != Scope::element) --begin;
  return std::any_of(group.links.begin() + static_cast<std::ptrdiff_t>(begin),
                     group.links.begin() + static_cast<std::ptrdiff_t>(end),
                     [&](std::size_t link) { return reads_parameter(plan.links[link]); });
}

std::string engine_of(const Plan& plan, const Phase& phase) {
  if (phase.kind == Phase::Kind::sums) return "sum";
  if (phase.kind != Phase::Kind::loop) return "tiles";
  const auto name = [&](const ElementStep& step) {
    return std::string(plan.links[step.link].transform->spec.name);
  };
  std::string out = phase.rules.empty() ? "plain loop" : "loop " + name(phase.rules[0]);
  for (const ElementStep& landing : phase.landings) out += ", then " + name(landing);
  return out;
}

// What the phase does, what it ends for included.
std::string work_of(const Plan& plan, const Group& group, const Phase& phase) {
  std::string out = chain_part(plan, group, phase.begin, phase.end);
  if (phase.updates()) return out;
  const bool whole = plan.cuts[phase.number].over == Over::nothing;
  return out + (out.empty() ? "" : " | ") + (whole ? "whole update for " : "sums for ") +
         chain_part(plan, group, phase.end, phase.end + 1);
}

// Whether a phase compares with the gradient as given.
bool reads_entered(const Plan& plan, const Group& group, const Phase& phase) {
  const auto sees = [&](std::size_t link) { return plan.links[link].transform->sees & Sees::entered; };
  return (!phase.updates() && sees(group.links[phase.end])) ||
         std::any_of(phase.rules.begin(), phase.rules.end(),
                     [&](const ElementStep& step) { return sees(step.link); });
}

ExplainedPhase describe(const Plan& plan, const Group& group, const Phase& phase) {
  ExplainedPhase out{
      .phase = phase.number + 1, .engine = engine_of(plan, phase), .does = work_of(plan, group, phase)};
  out.kind = phase.updates() ? "update" : plan.cuts[phase.number].over == Over::nothing ? "form" : "gather";
  const bool reads_kept = phase.source == Phase::Source::kept;
  if (phase.updates() || reads_parameter(plan, group, phase)) out.reads.push_back("p");
  if (reads_kept) out.reads.push_back("u");
  if (!reads_kept || reads_entered(plan, group, phase)) out.reads.push_back("g");
  if (phase.updates()) out.writes.push_back("p");
  if (phase.kind == Phase::Kind::keep) out.writes.push_back("u");
  for (const std::vector<ElementStep>& steps : {phase.rules, phase.landings}) {
    for (const ElementStep& step : steps) {
      const Link& link = plan.links[step.link];
      for (const std::string_view slot : link.state()) {
        out.reads.push_back(std::string(link.transform->spec.name) + "." + std::string(slot));
        out.writes.push_back(out.reads.back());
      }
    }
  }
  out.bytes_per_element = (out.reads.size() + out.writes.size()) * size_of(group.dtype);
  return out;
}

ExplainedGroup describe(const Plan& plan, const Group& group, const Params& params) {
  ExplainedGroup out{.dtype = group.dtype,
                     .chain = chain_part(plan, group, 0, group.links.size()),
                     .state_bytes = plan.state_bytes(group, params)};
  for (const std::size_t p : group.parameters) {
    out.parameters.push_back({params[p].name(), params[p].shape(), params[p].role()});
    out.elements += params[p].size();
  }
  for (const Phase& phase : group.phases) out.phases.push_back(describe(plan, group, phase));
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  return words.empty() ? "nothing" : join(words, " ");
}

std::string plural(std::uint64_t n, std::string_view noun) {
  return std::to_string(n) + " " + std::string(noun) + (n == 1 ? "" : "s");
}

std::string names_of(const ExplainedGroup& group) {
  std::string out;
  for (std::size_t i = 0; i < group.parameters.size() && i < kNamesShown; ++i) {
    const ExplainedGroup::Member& member = group.parameters[i];
    out += (out.empty() ? "" : ", ") + shown(member.name, kLongestName) + " " + print_shape(member.shape);
  }
  if (group.parameters.size() > kNamesShown) {
    out += " and " + std::to_string(group.parameters.size() - kNamesShown) + " more";
  }
  return out;
}

std::string text_of(const ExplainedGroup& group) {
  std::string out = "  " + names_of(group) + "\n    " + plural(group.elements, "element") + ", " +
                    std::string(dtype_name(group.dtype)) + "; chain " + visible(group.chain) + "\n";
  for (const ExplainedPhase& phase : group.phases) {
    out += "    phase " + std::to_string(phase.phase) + "  " + phase.kind + "  " + phase.engine + ": " +
           (phase.does.empty() ? "the rest, from the sums" : visible(phase.does)) + "\n             reads " +
           joined(phase.reads) + ", writes " + joined(phase.writes) + ": " +
           plural(phase.bytes_per_element, "byte") + " per element\n";
  }
  const bool even = group.elements > 0 && group.state_bytes % group.elements == 0;
  out += "    state    ";
  if (even) out += plural(group.state_bytes / group.elements, "byte") + " per element, ";
  return out + plural(group.state_bytes, "byte") + "\n";
}

// Roles and `rest` that select nothing: allowed, but worth knowing.
std::vector<std::string> idle_links(const Plan& plan) {
  std::vector<std::string> idle;
  for (std::size_t i = 0; i < plan.links.size(); ++i) {
    const bool used = std::any_of(plan.groups.begin(), plan.groups.end(), [&](const Group& group) {
      return std::binary_search(group.links.begin(), group.links.end(), i);
    });
    if (!used) idle.push_back(print(Text{plan.links[i].item(false)}));
  }
  return idle;
}

std::string member_json(const ExplainedGroup::Member& member) {
  return JsonObject()
      .add("name", member.name)
      .add("shape", member.shape)
      .add("role", role_name(member.role))
      .text();
}

// Rates of the same parameters are multiplied, which few want.
std::vector<std::string> multiplied_rates(const Plan& plan, const Params& params) {
  std::vector<std::string> out;
  for (const Group& group : plan.groups) {
    Text rates;
    for (const std::size_t i : group.links) {
      const Transform& transform = *plan.links[i].transform;
      if (transform.part == Part::rate && transform.observe == nullptr)
        rates.push_back(plan.links[i].item(false));
    }
    if (rates.size() < 2) continue;
    const std::size_t more = group.parameters.size() - 1;
    out.push_back("`" + shown(params[group.parameters[0]].name(), kLongestName) + "`" +
                  (more > 0 ? " and " + std::to_string(more) + " more" : "") + ": " + print(rates));
  }
  return out;
}

std::string phase_json(const ExplainedPhase& phase) {
  return JsonObject()
      .add("phase", phase.phase)
      .add("kind", phase.kind)
      .add("engine", phase.engine)
      .add("does", phase.does)
      .add("reads", phase.reads)
      .add("writes", phase.writes)
      .add("bytes_per_element", phase.bytes_per_element)
      .text();
}

std::string group_json(const ExplainedGroup& group) {
  return JsonObject()
      .raw("parameters", json_list(group.parameters, member_json))
      .add("elements", group.elements)
      .add("dtype", dtype_name(group.dtype))
      .add("chain", group.chain)
      .raw("phases", json_list(group.phases, phase_json))
      .add("state_bytes", group.state_bytes)
      .text();
}

}  // namespace

Explanation Chain::explain(const Params& params) const {
  const Plan plan(*this, params);
  Explanation out{.chain = text(),
                  .phases = plan.phases,
                  .elements = params.elements(),
                  .parameters = params.size(),
                  .state_bytes = plan.state_bytes(params),
                  .idle = idle_links(plan),
                  .multiplied = multiplied_rates(plan, params)};
  for (const Group& group : plan.groups) out.groups.push_back(describe(plan, group, params));
  return out;
}

std::string Explanation::text() const {
  std::string out = "chain  " + visible(chain) + "\n";
  out += "steps  " + plural(phases, "phase") + " over " + plural(elements, "element") + " in " +
         plural(parameters, "parameter") + ", " + plural(groups.size(), "group") + "; state " +
         plural(state_bytes, "byte") + "\n";
  for (const ExplainedGroup& group : groups) out += "\n" + text_of(group);
  for (const std::string& link : idle) out += "\nnote   " + visible(link) + " selects no parameters\n";
  for (const std::string& rates : multiplied)
    out += "\nnote   the rates multiply for " + visible(rates) + "\n";
  return out;
}

std::string Explanation::json() const {
  return JsonObject()
      .add("schema", 1)
      .add("chain", chain)
      .add("phases", phases)
      .add("elements", elements)
      .add("state_bytes", state_bytes)
      .raw("groups", json_list(groups, group_json))
      .add("idle", idle)
      .add("multiplied", multiplied)
      .text();
}

}  // namespace thalweg
