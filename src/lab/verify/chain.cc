// The hyper-parameters of cases as chains of the engine: tables for what stands around the rules of
// rules.cc. A key that no function asks for is a Skip naming it, unless its value is the one at which
// it does nothing.
#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/spec.h"
#include "verify/rules.h"
#include "verify/verify.h"

namespace thalweg::oracle {
namespace {

struct DecayMode {
  std::string_view name;
  Place place;
};

constexpr DecayMode kDecayModes[] = {
    {"l2", Place::left_of_rule},
    {"decoupled_lr", Place::left_of_lr},
    {"coupled_update", Place::left_of_lr},
    {"decoupled_before_ratio", Place::left_of_lr},
    {"decoupled_lr_unscaled", Place::right_of_lr},
};

struct Decay {
  Place place = Place::none;
  std::string rate;
};

Place place_of(const std::string& mode, Fields& hyper, const Rule& rule) {
  if (mode == "in_algorithm" && rule.own_decay == Place::proximal && hyper.flag("no_prox", false)) {
    return Place::left_of_lr;  // a flag of Adan's authors
  }
  if (mode == "in_algorithm" && rule.own_decay) return *rule.own_decay;
  if (mode.empty()) throw Skip(std::string(rule.name) + " without weight_decay_mode");
  const bool sees_weights = rule.name == "ftrl" || rule.name == "proximal_adagrad";
  if (sees_weights && mode.starts_with("decoupled"))
    throw Skip(std::string(rule.name) + " of weights that decay before the step");
  if (const DecayMode* found = find_named(kDecayModes, mode)) return found->place;
  throw Skip("weight_decay_mode " + mode);
}

Decay read_decay(Fields& hyper, const Rule& rule) {
  const std::string mode = hyper.text("weight_decay_mode", rule.decay_needs_mode ? "" : "l2");
  const Json* schedule = hyper.find("weight_decay_schedule");
  const double rate =
      hyper.number(rule.decay_needs_mode && schedule == nullptr ? "weight_decay" : "weight_decay|0");
  if (schedule != nullptr && rate != 0) throw Skip("weight_decay beside weight_decay_schedule");
  if (schedule == nullptr && rate == 0) return {};
  return {place_of(mode, hyper, rule),
          schedule != nullptr ? schedule_text(*schedule, {}) : print_number(rate)};
}

// TensorFlow Addons: the rate of update t = 1, 2, ... grows as t / warmup, then falls to min_lr at
// total_steps. That is a schedule of the engine which begins one update later.
std::string read_warmup(Fields& hyper) {
  const double total = hyper.number("total_steps|0"),
               warmup = hyper.number("total_steps|0*warmup_proportion|0");
  const double peak = hyper.number("lr"), updates = hyper.number("warmup_steps|0");
  const std::string floor = hyper.fill("{min_lr|0}");
  if (total == 0 && updates == 0) return print_number(peak);
  // Schedule-free: min(1, t / warmup) of update t = 1, 2, ...
  if (total == 0) return hyper.fill("constant({lr}, warmup={warmup_steps}, align=next)");
  if (warmup != std::floor(warmup) || warmup < 2) throw Skip("warmup_proportion of a broken update");
  return "linear(" + print_number(peak) + ", total=" + print_number(total - 1) +
         ", warmup=" + print_number(warmup - 1) + ", warmup_from=" + print_number(peak / warmup) +
         ", floor=" + floor + ")";
}

// lr_schedule is the rate where both are given; a different `lr` beside it would have to mean something else.
std::string read_rate(Fields& hyper) {
  const Json* schedule = hyper.find("lr_schedule");
  if (schedule == nullptr) return read_warmup(hyper);
  if (hyper.number("total_steps|0") != 0) throw Skip("total_steps beside lr_schedule");
  hyper.find("warmup_proportion"), hyper.find("min_lr");  // mean nothing without total_steps
  const std::string text = schedule_text(*schedule, {});
  const double first = make_schedule(text)(0);
  if (hyper.number("lr|" + print_number(first)) != first) throw Skip("lr beside lr_schedule");
  return text;
}

// Values at which a key does nothing, for keys that rules have elsewhere.
struct Neutral {
  std::string_view key;
  std::string_view value;
};

constexpr Neutral kNeutral[] = {
    {"amsgrad", "false"}, {"bias_correction", "true"}, {"dampening", "0"},    {"eps_inside_sqrt", "false"},
    {"eps_root", "0"},    {"momentum", "0"},           {"nesterov", "false"}, {"norm_coefficient_post", "0"},
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
  collect(reasons, [&] { core = parts_of(rule, hyper, context); });
  collect(reasons, [&] { decay = read_decay(hyper, rule); });
  collect(reasons, [&] { rate = read_rate(hyper); });
  // An element whose gradient is always 0 stays where it is, looked at or not, unless it decays.
  if (hyper.flag("sparse", false) && (!context.constant || decay.place != Place::none)) {
    add_reason(reasons, "sparse gradients that change or decay");
  }
  const auto decay_at = [&](Place place) {
    if (decay.place != place) return std::string();
    return (place == Place::proximal ? "l2(" : "decay(") + decay.rate + ")";
  };
  const std::string keep = hyper.fill("{cautious_factor|1}");
  Parts parts = {hyper.fill("{maximize:false=/true=maximize}"), decay_at(Place::left_of_rule)};
  parts.insert(parts.end(), core.begin(), core.end());
  // Of libraries that have it: what goes against the gradient is dropped, with the paper's factor.
  parts.insert(parts.end(), {hyper.fill("{cautious:false=/true=cautious(count)}"),
                             hyper.number("cautious_factor|1") < 1 ? "cautious(keep=" + keep + ")" : "",
                             hyper.fill("{grams:false=/true=grams}"), decay_at(Place::left_of_lr),
                             decay_at(Place::proximal), "lr(" + rate + ")", decay_at(Place::right_of_lr)});
  if (!reasons.empty()) throw Skip(reasons);
  return parts;
}

// Transforms of the gradient before the rule. Clipping without a form is by the plain quotient limit / norm,
// which is optax's.
struct Before {
  std::string_view name;
  std::string_view text;
  bool is_linear_only = false;  // the engine's transform is the same before a rule that keeps nothing
};

constexpr Before kBefore[] = {
    {"adaptive_grad_clip", "agc({clipping}, eps={eps})"},
    {"apply_every", "accumulate({k}, form=sum)", true},
    {"centralize", "centralize"},
    {"clip_by_global_norm", "clip_norm({max_norm}, form={form:optax/torch})"},
    {"clip_by_norm", "clip_norm({max_norm}, form={form:optax/torch}, per=tensor)"},
    {"clip_by_value", "clip_value({max_delta})"},
    {"ema", "ema({decay}, debias={debias:true/false})"},
};

std::string before_of(const Json& entry, const std::string& algorithm) {
  const std::string name = Fields(entry, "pre").text("name", "");
  Fields fields(entry, "pre " + name);
  fields.find("name");
  const Before* found = find_named(kBefore, name);
  if (found == nullptr) throw Skip("pre " + name);
  if (found->is_linear_only && algorithm != "sgd" && algorithm != "gd") {
    throw Skip("pre " + name + " before " + algorithm);
  }
  const std::string text = fields.fill(found->text);
  fields.skip_unread();
  return text;
}

// What a case writes as a wrapper of the whole optimizer: gates stand before it, landings after it.
struct Around {
  std::string_view key;
  std::string_view text;
  bool before;
};

constexpr Around kAround[] = {
    {"apply_if_finite", "skip(most={max_consecutive_errors}, then=pass)", true},
    {"multi_steps", "{skip_not_finite:false=/true=skip(most=1000000000) | }accumulate({every_k})", true},
    {"lookahead", "lookahead({sync_period}, alpha={slow_step_size})", false},
};

// Those of one side.
Parts read_around(Fields& common, bool before) {
  Parts parts;
  for (const Around& around : kAround) {
    const Json* value = around.before == before ? common.find(around.key) : nullptr;
    if (value == nullptr) continue;
    Fields fields(*value, std::string(around.key));
    parts.push_back(fields.fill(around.text));
    fields.skip_unread();
  }
  return parts;
}

Parts read_before(Fields& common, const std::string& algorithm) {
  Parts parts = read_around(common, true);
  const Json* list = common.find("pre");
  if (list == nullptr) return parts;
  for (const Json& entry : read_array(*list, "pre")) parts.push_back(before_of(entry, algorithm));
  return parts;
}

// Keras' average of the weights begins as they are after the first update.
Parts read_after(Fields& common) {
  Parts parts = read_around(common, false);
  if (common.find("weight_ema") != nullptr) {
    parts.push_back(common.fill("average(decay={weight_ema}, start=1)"));
  }
  return parts;
}

std::string on(const std::vector<std::size_t>& params) {
  std::vector<std::string> names;
  for (const std::size_t p : params) names.push_back('"' + engine_name(p) + '"');
  return "on=[" + listed(names) + "]";
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
  if (!common.is_object()) throw Malformed("`hyper` is not an object");
  std::vector<Group> groups = {{common, Json::object(), {}}};
  std::vector<std::size_t> group_of(tensors.size(), 0);
  const auto stated = test.find("groups");
  if (stated != test.end()) {
    for (const Json& entry : read_array(*stated, "groups")) {
      Group group{common, member(entry, "hyper"), {}};
      if (!group.own.is_object()) throw Malformed("`hyper` of a group is not an object");
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

// What pytorch_optimizer does to parameters of less than two dimensions beside MARS: AdamW with numbers of
// its own.
Json beside_mars(const Json& hyper) {
  Fields fields(hyper, "hyper");
  if (fields.find("betas_1d") == nullptr) throw Skip("mars without betas_1d");
  return {{"algorithm", "adamw"},
          {"lr", fields.number("lr*lr_1d_factor|1")},
          {"beta1", fields.number("betas_1d.0")},
          {"beta2", fields.number("betas_1d.1")},
          {"eps", fields.number("eps")},
          {"eps_root", 1e-15},
          {"eps_form", "raw"},
          {"cautious", fields.flag("cautious", false)},
          {"weight_decay", fields.number("weight_decay_1d|0")},
          {"weight_decay_mode", "decoupled_lr"}};
}

void split_mars(std::vector<Group>& groups, const Json& test, const std::vector<Tensor>& tensors) {
  for (std::size_t i = groups.size(); i-- > 0;) {
    const Json& hyper = groups[i].hyper;
    const bool mars = hyper.value("algorithm", member(test, "algorithm")) == "mars";
    if (!mars || hyper.value("optimize_1d", false)) continue;
    Group vectors{beside_mars(hyper), beside_mars(hyper), {}};
    std::vector<std::size_t>& params = groups[i].params;
    const auto first = std::stable_partition(params.begin(), params.end(),
                                             [&](std::size_t p) { return tensors[p].shape.size() >= 2; });
    vectors.params.assign(first, params.end());
    params.erase(first, params.end());
    if (!vectors.params.empty()) groups.push_back(std::move(vectors));
  }
  std::erase_if(groups, [](const Group& group) { return group.params.empty(); });
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
  for (const char* key : {"pre", "init_state", "weight_ema"}) hyper.find(key);
  for (const Around& around : kAround) hyper.find(around.key);
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

void append(std::string& text, const Parts& parts, const std::string& selector = {}) {
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    for (const std::string_view transform : split(part, " | ")) {
      text += (text.empty() ? "" : " | ") + std::string(transform);
      if (selector.empty()) continue;
      const bool has_args = text.back() == ')';
      if (has_args) text.pop_back();
      text += (has_args ? ", " : "(") + selector + ")";
    }
  }
}

}  // namespace

std::string engine_name(std::size_t index) { return "p" + std::to_string(index); }

std::string chain_text(const Json& test, const std::vector<Tensor>& tensors, const Gradient& gradient,
                       std::uint64_t updates) {
  const bool constant = Fields(member(test, "gradient"), "gradient").text("kind", "") == "constant";
  const Context context{gradient.may_be_absent, constant, updates};
  std::vector<Group> groups = read_groups(test, tensors);
  split_mars(groups, test, tensors);
  Fields common(member(test, "hyper"), "hyper");
  std::string text, reasons;
  collect(reasons,
          [&] { append(text, read_before(common, read_string(member(test, "algorithm"), "algorithm"))); });
  for (const Group& group : groups) {
    const std::string selector = groups.size() == 1 ? "" : on(group.params);
    collect(reasons, [&] { append(text, read_group(group, test, context), selector); });
  }
  collect(reasons, [&] { append(text, read_after(common)); });
  if (!reasons.empty()) throw Skip(reasons);
  return text;
}

}  // namespace thalweg::oracle
