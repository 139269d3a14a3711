// Chain::explain: the plan as a database would show it.
#include <algorithm>
#include <string>

#include "base/json.h"
#include "plan/plan.h"
#include "thalweg/chain.h"

namespace thalweg {
namespace {

constexpr std::size_t kNamesShown = 4;

// A phase of one group in words: what it is called, what it computes, which streams it reads and writes.
struct Described {
  std::string kind;    // "gather" or "update"
  std::string engine;  // "loop adam", "plain loop, then average", "tiles", "sum"
  std::string formula;
  std::vector<std::string> reads, writes;
  std::uint64_t bytes = 0;  // a parameter element
};

// Joins the canonical texts of the group's links [begin, end).
std::string chain_part(const Chain& chain, const Group& group, std::size_t begin, std::size_t end) {
  Text text;
  for (std::size_t i = begin; i < end; ++i) text.push_back(links_of(chain)[group.links[i]].item(false));
  return print(text);
}

// Whether the transform needs the parameter to form the update.
bool reads_parameter(const Link& link) {
  const Transform& transform = *link.transform;
  if (transform.sees_value) return true;
  if (transform.scope != Scope::affine) return false;
  const std::vector<double> ones(link.numbers.size(), 1.0);
  std::vector<double> kept(transform.chain_numbers.size(), 1.0);
  Moment now;
  now.o = ones;
  now.numbers = kept;
  return transform.affine(now).b != 0.0;
}

// Whether one does among the links of a phase, of those of earlier ones from whose start it begins anew, or
// the gather that it ends with.
bool reads_parameter(const Chain& chain, const Group& group, const PhasePlan& phase) {
  std::size_t begin = phase.begin, end = phase.end + (phase.gathers ? 1 : 0);
  while (begin > 0 && links_of(chain)[group.links[begin - 1]].transform->scope != Scope::element) --begin;
  return std::any_of(group.links.begin() + static_cast<std::ptrdiff_t>(begin),
                     group.links.begin() + static_cast<std::ptrdiff_t>(end),
                     [&](std::size_t link) { return reads_parameter(links_of(chain)[link]); });
}

std::string engine_of(const Chain& chain, const PhasePlan& phase) {
  if (phase.gathers && !phase.keeps) return "sum";
  if (!phase.fused()) return "tiles";
  const auto name = [&](const ElementStep& step) {
    return std::string(links_of(chain)[step.link].transform->spec.name);
  };
  std::string out = phase.rules.empty() ? "plain loop" : "loop " + name(phase.rules[0]);
  for (const ElementStep& landing : phase.landings) out += ", then " + name(landing);
  return out;
}

void add_state(const Link& link, Described& out) {
  for (const std::string_view slot : link.state()) {
    out.reads.push_back(std::string(link.transform->spec.name) + "." + std::string(slot));
    out.writes.push_back(out.reads.back());
  }
}

// Whether a phase compares with the gradient as it came.
bool reads_entered(const Chain& chain, const Group& group, const PhasePlan& phase) {
  const auto sees = [&](std::size_t link) { return links_of(chain)[link].transform->sees_entered; };
  return (phase.gathers && sees(group.links[phase.end])) ||
         std::any_of(phase.rules.begin(), phase.rules.end(),
                     [&](const ElementStep& step) { return sees(step.link); });
}

Described describe(const Chain& chain, const Group& group, const PhasePlan& phase) {
  Described out;
  out.kind = phase.gathers ? "gather" : "update";
  out.engine = engine_of(chain, phase);
  out.formula = chain_part(chain, group, phase.begin, phase.end);
  if (phase.gathers) {
    const std::string gather = chain_part(chain, group, phase.end, phase.end + 1);
    out.formula += (out.formula.empty() ? "sums for " : " | sums for ") + gather;
  }
  const bool reads_p = !phase.gathers || reads_parameter(chain, group, phase);
  if (reads_p) out.reads.push_back("p");
  if (phase.reads_kept) out.reads.push_back("u");
  if (!phase.reads_kept || reads_entered(chain, group, phase)) out.reads.push_back("g");
  if (!phase.gathers) out.writes.push_back("p");
  if (phase.keeps) out.writes.push_back("u");
  for (const std::vector<ElementStep>& steps : {phase.rules, phase.landings}) {
    for (const ElementStep& step : steps) add_state(links_of(chain)[step.link], out);
  }
  out.bytes = (out.reads.size() + out.writes.size()) * size_of(group.dtype);
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out.empty() ? "nothing" : out;
}

std::string plural(std::uint64_t n, std::string_view noun) {
  return std::to_string(n) + " " + std::string(noun) + (n == 1 ? "" : "s");
}

std::uint64_t elements_of(const Group& group, const Params& params) {
  std::uint64_t elements = 0;
  for (const std::size_t p : group.parameters) elements += params[p].size();
  return elements;
}

std::string group_names(const Group& group, const Params& params) {
  std::string out;
  for (std::size_t i = 0; i < group.parameters.size() && i < kNamesShown; ++i) {
    const Parameter& parameter = params[group.parameters[i]];
    out += (out.empty() ? "" : ", ") + parameter.name() + " " + print_shape(parameter.shape());
  }
  if (group.parameters.size() > kNamesShown) {
    out += " and " + plural(group.parameters.size() - kNamesShown, "parameter") + " more";
  }
  return out;
}

std::string explain_group(const Plan& plan, const Group& group, const Params& params) {
  const std::uint64_t elements = elements_of(group, params);
  const std::size_t each = size_of(group.dtype);
  std::string out = "  " + group_names(group, params) + "\n    " + plural(elements, "element") + ", " +
                    std::string(dtype_name(group.dtype)) + "; chain " +
                    chain_part(plan.chain, group, 0, group.links.size()) + "\n";
  for (const PhasePlan& phase : group.phases) {
    const Described d = describe(plan.chain, group, phase);
    out += "    phase " + std::to_string(phase.phase + 1) + "  " + d.kind + "  " + d.engine + ": " +
           (d.formula.empty() ? "what the sums left" : d.formula) + "\n" + "             reads " +
           joined(d.reads) + ", writes " + joined(d.writes) + ": " + plural(d.bytes, "byte") +
           " an element\n";
  }
  out += "    state    " + plural(group.streams() * each, "byte") + " an element, " +
         plural(group.streams() * each * elements, "byte") + "\n";
  return out;
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

std::string quoted_array(const std::vector<std::string>& words) {
  JsonArray out;
  for (const std::string& word : words) out.raw(json_string(word));
  return out.text();
}

std::string group_json(const Plan& plan, const Group& group, const Params& params) {
  JsonArray names;
  for (const std::size_t p : group.parameters) {
    JsonArray shape;
    for (const std::int64_t size : params[p].shape()) shape.raw(std::to_string(size));
    names.raw(JsonObject()
                  .add("name", params[p].name())
                  .raw("shape", shape.text())
                  .add("role", role_name(params[p].role()))
                  .text());
  }
  JsonArray phases;
  for (const PhasePlan& phase : group.phases) {
    const Described d = describe(plan.chain, group, phase);
    phases.raw(JsonObject()
                   .add("phase", std::uint64_t{phase.phase + 1})
                   .add("kind", d.kind)
                   .add("engine", d.engine)
                   .add("does", d.formula)
                   .raw("reads", quoted_array(d.reads))
                   .raw("writes", quoted_array(d.writes))
                   .add("bytes_per_element", d.bytes)
                   .text());
  }
  return JsonObject()
      .raw("parameters", names.text())
      .add("elements", elements_of(group, params))
      .add("dtype", dtype_name(group.dtype))
      .add("chain", chain_part(plan.chain, group, 0, group.links.size()))
      .raw("phases", phases.text())
      .add("state_bytes", std::uint64_t{group.streams() * size_of(group.dtype) * elements_of(group, params)})
      .text();
}

}  // namespace

std::string Chain::explain(const Params& params) const {
  const Plan plan(*this, params);
  std::string out = "chain  " + text() + "\n";
  out += "steps  " + plural(plan.phases, "phase") + " over " + plural(params.elements(), "element") + " in " +
         plural(params.size(), "parameter") + ", " + plural(plan.groups.size(), "group") + "; state " +
         plural(plan.state_bytes(params), "byte") + "\n";
  for (const Group& group : plan.groups) out += "\n" + explain_group(plan, group, params);
  for (const std::string& link : idle_links(plan)) out += "\nnote   " + link + " selects no parameter\n";
  return out;
}

std::string Chain::explain_json(const Params& params) const {
  const Plan plan(*this, params);
  JsonArray groups;
  for (const Group& group : plan.groups) groups.raw(group_json(plan, group, params));
  return JsonObject()
      .add("schema", 1)
      .add("chain", text())
      .add("phases", std::uint64_t{plan.phases})
      .add("elements", params.elements())
      .add("state_bytes", plan.state_bytes(params))
      .raw("groups", groups.text())
      .raw("idle", quoted_array(idle_links(plan)))
      .text();
}

}  // namespace thalweg
