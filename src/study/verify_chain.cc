// The hyper-parameters of cases as chains of the engine.
//
// One function and one row for each rule, and tables for what stands around it. A key that no function asks
// for is a Skip naming it, unless its value is the one at which it does nothing.
#include <algorithm>
#include <iterator>

#include "base/spec.h"
#include "study/verify.h"

namespace thalweg::oracle {
namespace {

struct Part {
  std::string name;
  std::string args;
};
using Parts = std::vector<Part>;

// What a case says outside `hyper`.
struct Context {
  bool may_be_absent;     // some gradient is absent at some step
  std::uint64_t updates;  // that are replayed
};

// Libraries whose velocity holds the rate: v = mu v + lr g, p -= v.
bool rate_inside(const std::string& form) { return form == "keras" || form == "tf"; }

void check_form(const std::string& form) {
  if (form != "torch" && form != "optax" && form != "onnx" && !rate_inside(form)) throw Skip("form " + form);
}

std::string option(const std::string& name, double value) { return ", " + name + "=" + print_number(value); }
std::string option(const std::string& name, bool value) { return value ? ", " + name + "=true" : ""; }

// ONNX: V = alpha V + beta g, with 1 in place of beta in the first update.
double dampening(Fields& hyper, const std::string& form) {
  if (form != "onnx") return hyper.number("dampening", 0);
  if (hyper.number("T", 0) != 0) throw Skip("form onnx from T " + print_number(hyper.number("T", 0)));
  return 1.0 - hyper.number("beta");
}

Parts momentum(Fields& hyper, double mu, bool nesterov) {
  const std::string form = hyper.text("form", "torch");
  check_form(form);
  const double dampened = dampening(hyper, form);
  if (mu == 0) return {};  // nothing is remembered, and nesterov looks ahead by nothing
  return {{"momentum", print_number(mu) + option("nesterov", nesterov) + option("dampening", dampened) +
                           option("rate_inside", rate_inside(form))}};
}

Parts sgd(Fields& hyper, const Context&) {
  return momentum(hyper, hyper.number("momentum", 0), hyper.flag("nesterov", false));
}

Parts heavy_ball(Fields& hyper, const Context&) {
  return momentum(hyper, hyper.number("momentum"), hyper.flag("nesterov", false));
}

Parts nesterov(Fields& hyper, const Context&) {
  return momentum(hyper, hyper.number("momentum"), hyper.flag("nesterov", true));
}

// Where eps stands, as a library's `eps_form` says it. ONNX's Adam has the raw form.
std::string adam_eps(Fields& hyper, double eps, const std::string& form) {
  const std::string place = hyper.text("eps_form", rate_inside(form) ? "of " + form : "hat");
  const bool inside = hyper.flag("eps_inside_sqrt", false);
  std::string text = ", eps=" + print_number(eps) + option("eps_root", hyper.number("eps_root", 0));
  if (inside) return text + ", eps_place=inside";
  if (place == "hat" || eps == 0) return text;
  if (place == "raw" || place == "onnx") return text + ", eps_place=raw";
  throw Skip("eps_form " + place);
}

// Whether the averages are corrected. ONNX does so from its update T = 1 on; the first of its cases is T = 0.
bool corrects(Fields& hyper, const Context& context) {
  if (hyper.text("eps_form", "hat") == "onnx") {
    hyper.number("T0", 0);
    if (hyper.number("T", 0) != 0 || context.updates != 1) throw Skip("eps_form onnx behind T 0");
    return false;
  }
  return hyper.flag("bias_correction", true) && hyper.flag("bias_correction_mu", true);
}

Parts adam_with(Fields& hyper, const Context& context, bool amsgrad) {
  const std::string form = hyper.text("form", "torch");
  check_form(form);
  if (rate_inside(form) && context.may_be_absent) throw Skip("form " + form + " with absent gradients");
  const double beta1 = hyper.number("beta1"), beta2 = hyper.number("beta2"), eps = hyper.number("eps");
  std::string reasons, args = "beta1=" + print_number(beta1) + ", beta2=" + print_number(beta2);
  collect(reasons, [&] { args += adam_eps(hyper, eps, form); });
  collect(reasons, [&] { args += corrects(hyper, context) ? "" : ", bias_correction=false"; });
  if (hyper.flag("nesterov", false)) add_reason(reasons, "nesterov of adam");
  if (!reasons.empty()) throw Skip(reasons);
  if (hyper.flag("amsgrad", amsgrad || hyper.find("amsgrad_form") != nullptr)) {
    const bool corrected = hyper.text("amsgrad_form", "uncorrected") == "corrected";
    args += corrected ? ", amsgrad=true, amsgrad_form=corrected" : ", amsgrad=true";
  }
  return {{"adam", args}};
}

Parts adam(Fields& hyper, const Context& context) { return adam_with(hyper, context, false); }
Parts amsgrad(Fields& hyper, const Context& context) { return adam_with(hyper, context, true); }

std::string eps_of(Fields& hyper) {
  return "eps=" + print_number(hyper.number("eps")) +
         (hyper.flag("eps_inside_sqrt", false) ? ", eps_place=inside" : "");
}

Parts adagrad(Fields& hyper, const Context&) {
  hyper.number("T0", 0);
  return {{"adagrad", eps_of(hyper) + option("initial_accumulator", hyper.number("initial_accumulator", 0)) +
                          option("lr_decay", hyper.number("lr_decay", 0))}};
}

Parts rmsprop(Fields& hyper, const Context&) {
  const std::string form = hyper.text("form", "torch");
  check_form(form);
  const double mu = hyper.number("momentum", 0);
  return {{"rmsprop", "alpha=" + print_number(hyper.number("rho")) + ", " + eps_of(hyper) +
                          option("centered", hyper.flag("centered", false)) +
                          option("initial_accumulator", hyper.number("initial_scale", 0)) +
                          option("bias_correction", hyper.flag("bias_correction", false)) +
                          option("momentum", mu) + option("rate_inside", mu != 0 && rate_inside(form))}};
}

struct Rule {
  std::string_view name;
  Parts (*parts)(Fields& hyper, const Context& context);
  bool decay_needs_mode = false;  // libraries disagree on where its decay stands, so a case must say it
};

constexpr Rule kRules[] = {
    {"adagrad", adagrad},   {"adam", adam},       {"adamw", adam, true},
    {"amsgrad", amsgrad},   {"gd", sgd},          {"momentum", heavy_ball},
    {"nesterov", nesterov}, {"rmsprop", rmsprop}, {"sgd", sgd},
};

const Rule& find_rule(const std::string& name) {
  const auto found =
      std::find_if(std::begin(kRules), std::end(kRules), [&](const Rule& rule) { return rule.name == name; });
  if (found == std::end(kRules)) throw Skip("algorithm " + name);
  return *found;
}

// Where a decay stands in the chain. The parameter it adds is the one before the step, so that p (1 - lr wd)
// - lr u and p - lr (u + wd p) are one formula.
enum class Place { none, left_of_rule, left_of_lr, right_of_lr };

struct DecayMode {
  std::string_view name;
  Place place;
};

constexpr DecayMode kDecayModes[] = {
    {"l2", Place::left_of_rule},
    {"decoupled_lr", Place::left_of_lr},
    {"coupled_update", Place::left_of_lr},
    {"decoupled_lr_unscaled", Place::right_of_lr},
};

struct Decay {
  Place place = Place::none;
  std::string rate;
};

Decay read_decay(Fields& hyper, const Rule& rule) {
  const std::string mode = hyper.text("weight_decay_mode", rule.decay_needs_mode ? "" : "l2");
  const Json* schedule = hyper.find("weight_decay_schedule");
  const double rate = rule.decay_needs_mode && schedule == nullptr ? hyper.number("weight_decay")
                                                                   : hyper.number("weight_decay", 0);
  if (schedule != nullptr && rate != 0) throw Skip("weight_decay beside weight_decay_schedule");
  if (schedule == nullptr && rate == 0) return {};
  const auto found = std::find_if(std::begin(kDecayModes), std::end(kDecayModes),
                                  [&](const DecayMode& known) { return known.name == mode; });
  if (mode.empty()) throw Skip(std::string(rule.name) + " without weight_decay_mode");
  if (found == std::end(kDecayModes)) throw Skip("weight_decay_mode " + mode);
  return {found->place, schedule != nullptr ? schedule_text(*schedule, {}) : print_number(rate)};
}

// lr_schedule is the rate where both are given; a different `lr` beside it would have to mean something else.
std::string read_rate(Fields& hyper) {
  const Json* schedule = hyper.find("lr_schedule");
  if (schedule == nullptr) return print_number(hyper.number("lr"));
  const std::string text = schedule_text(*schedule, {});
  const double first = make_schedule(text)(0);
  if (hyper.number("lr", first) != first) throw Skip("lr beside lr_schedule");
  return text;
}

// Values at which a key does nothing, for keys that rules have elsewhere.
struct Neutral {
  std::string_view key;
  std::string_view value;
};

constexpr Neutral kNeutral[] = {
    {"amsgrad", "false"}, {"bias_correction", "true"}, {"cautious", "false"},
    {"dampening", "0"},   {"eps_root", "0"},           {"grams", "false"},
    {"momentum", "0"},    {"nesterov", "false"},       {"norm_coefficient_post", "0"},
};

bool is_neutral(const std::string& key, const Json& value) {
  return std::any_of(std::begin(kNeutral), std::end(kNeutral), [&](const Neutral& neutral) {
    return neutral.key == key && value == Json::parse(neutral.value);
  });
}

// The chain of the parameters that share these hyper-parameters, without `pre`.
Parts read_parts(Fields& hyper, const Rule& rule, const Context& context) {
  std::string reasons;
  Parts core;
  Decay decay;
  std::string rate;
  collect(reasons, [&] { core = rule.parts(hyper, context); });
  collect(reasons, [&] { decay = read_decay(hyper, rule); });
  collect(reasons, [&] { rate = read_rate(hyper); });
  Parts parts;
  if (hyper.flag("maximize", false)) parts.push_back({"maximize", ""});
  if (decay.place == Place::left_of_rule) parts.push_back({"decay", decay.rate});
  parts.insert(parts.end(), core.begin(), core.end());
  if (decay.place == Place::left_of_lr) parts.push_back({"decay", decay.rate});
  parts.push_back({"lr", rate});
  if (decay.place == Place::right_of_lr) parts.push_back({"decay", decay.rate});
  if (!reasons.empty()) throw Skip(reasons);
  return parts;
}

// Transforms of the gradient before the rule. Those that a library applies to each tensor by itself are a
// transform for each parameter.
struct Before {
  std::string_view name;
  std::string_view limit;  // the key of its number
  bool per_tensor;
};

constexpr Before kBefore[] = {
    {"clip_by_global_norm", "max_norm", false},
    {"clip_by_norm", "max_norm", true},
    {"clip_by_value", "max_delta", false},
};

std::string on(const std::vector<std::size_t>& params) {
  std::string names;
  for (const std::size_t p : params) names += (names.empty() ? "\"" : ", \"") + engine_name(p) + "\"";
  return "on=[" + names + "]";
}

// Without a form the plain quotient limit / norm is meant, which is optax's.
Parts before_of(const Json& entry, std::size_t params) {
  Fields fields(entry, "pre");
  const std::string name = fields.text("name", "");
  const auto found = std::find_if(std::begin(kBefore), std::end(kBefore),
                                  [&](const Before& known) { return known.name == name; });
  if (found == std::end(kBefore)) throw Skip("pre " + name);
  if (name == "clip_by_value") {
    const std::string max = print_number(fields.number("max_delta"));
    for (const std::string& key : fields.unread()) throw Skip("pre " + name + ", " + key);
    return {{"clip_value", max}};
  }
  const std::string form = fields.text("form", "optax");
  if (form != "torch" && form != "optax") throw Skip("pre " + name + ", form " + form);
  const std::string args = print_number(fields.number(std::string(found->limit))) + ", form=" + form;
  for (const std::string& key : fields.unread()) throw Skip("pre " + name + ", " + key);
  if (!found->per_tensor) return {{"clip_norm", args}};
  Parts parts;
  for (std::size_t p = 0; p < params; ++p) parts.push_back({"clip_norm", args + ", " + on({p})});
  return parts;
}

Parts read_before(Fields& common, std::size_t params) {
  const Json* list = common.find("pre");
  if (list == nullptr) return {};
  Parts parts;
  for (const Json& entry : read_array(*list, "pre")) {
    const Parts added = before_of(entry, params);
    parts.insert(parts.end(), added.begin(), added.end());
  }
  return parts;
}

// Parameters with one set of hyper-parameters: the common ones with what a group states instead.
struct Group {
  Json hyper;
  Json own;  // what the group itself states
  std::vector<std::size_t> params;
};

std::size_t param_index(const std::string& name, const std::vector<Tensor>& tensors) {
  const auto found =
      std::find_if(tensors.begin(), tensors.end(), [&](const Tensor& tensor) { return tensor.name == name; });
  if (found == tensors.end()) throw Malformed("a group names no parameter: `" + name + "`");
  return static_cast<std::size_t>(found - tensors.begin());
}

std::vector<Group> read_groups(const Json& test, const std::vector<Tensor>& tensors) {
  const Json& common = member(test, "hyper");
  if (!common.is_object()) throw Malformed("`hyper` is no object");
  std::vector<Group> groups = {{common, Json::object(), {}}};
  std::vector<std::size_t> group_of(tensors.size(), 0);
  const auto stated = test.find("groups");
  if (stated != test.end()) {
    for (const Json& entry : read_array(*stated, "groups")) {
      Group group{common, member(entry, "hyper"), {}};
      if (!group.own.is_object()) throw Malformed("`hyper` of a group is no object");
      group.hyper.update(group.own);
      for (const Json& name : read_array(member(entry, "params"), "params of a group")) {
        std::size_t& of = group_of[param_index(read_string(name, "params of a group"), tensors)];
        if (of != 0) throw Malformed("a parameter is in two groups");
        of = groups.size();
      }
      groups.push_back(std::move(group));
    }
  }
  for (std::size_t p = 0; p < tensors.size(); ++p) groups[group_of[p]].params.push_back(p);
  std::erase_if(groups, [](const Group& group) { return group.params.empty(); });
  return groups;
}

// The keys that a rule asks for.
std::set<std::string> keys_of(const Json& hyper, const std::string& algorithm, const Context& context) {
  const Rule& rule = find_rule(algorithm);
  Fields fields(hyper, "hyper");
  std::string unused;
  collect(unused, [&] { read_parts(fields, rule, context); });
  return fields.asked();
}

// One group's chain. A group with an algorithm of its own inherits common keys of the common algorithm that
// mean nothing to its own: those are not overlooked but without effect.
Parts read_group(const Group& group, const Json& test, const Context& context) {
  const std::string common = read_string(member(test, "algorithm"), "algorithm");
  Fields hyper(group.hyper, "hyper");
  const std::string algorithm = hyper.text("algorithm", common);
  const Rule& rule = find_rule(algorithm);
  hyper.find("pre");
  hyper.find("init_state");
  std::string reasons;
  Parts parts;
  collect(reasons, [&] { parts = read_parts(hyper, rule, context); });
  std::set<std::string> inherited;
  if (group.own.contains("algorithm")) {
    inherited = keys_of(member(test, "hyper"), member(test, "hyper").value("algorithm", common), context);
  }
  for (const std::string& key : hyper.unread()) {
    const bool without_effect = inherited.contains(key) && !group.own.contains(key);
    if (without_effect || is_neutral(key, hyper.at(key))) continue;
    add_reason(reasons, "hyper " + key);
  }
  if (group.own.contains("pre")) add_reason(reasons, "pre of a group");
  if (!reasons.empty()) throw Skip(reasons);
  return parts;
}

void append(std::string& text, const Part& part, const std::string& selector) {
  if (!text.empty()) text += " | ";
  const std::string args = part.args.empty() && !selector.empty() ? selector.substr(2) : part.args + selector;
  text += part.name + (args.empty() ? "" : "(" + args + ")");
}

}  // namespace

std::string engine_name(std::size_t index) { return "p" + std::to_string(index); }

std::string chain_text(const Json& test, const std::vector<Tensor>& tensors, const Gradient& gradient,
                       std::uint64_t updates) {
  const Context context{gradient.may_be_absent, updates};
  const std::vector<Group> groups = read_groups(test, tensors);
  Fields common(member(test, "hyper"), "hyper");
  std::string text, reasons;
  collect(reasons, [&] {
    for (const Part& part : read_before(common, tensors.size())) append(text, part, "");
  });
  for (const Group& group : groups) {
    const std::string selector = groups.size() == 1 ? "" : ", " + on(group.params);
    collect(reasons, [&] {
      for (const Part& part : read_group(group, test, context)) append(text, part, selector);
    });
  }
  if (!reasons.empty()) throw Skip(reasons);
  return text;
}

}  // namespace thalweg::oracle
