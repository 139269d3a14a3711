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
  if (mode == "in_algorithm" && rule.own_decay != nullptr) return rule.own_decay(hyper);
  if (mode.empty()) throw Skip(std::string(rule.name) + " without weight_decay_mode");
  if (const DecayMode* found = find_named(kDecayModes, mode)) return found->place;
  throw Skip("weight_decay_mode " + mode);
}

Decay read_decay(Fields& hyper, const Rule& rule) {
  const std::string mode = hyper.text("weight_decay_mode", rule.decay_needs_mode ? "" : "l2");
  const Json* schedule = hyper.find("weight_decay_schedule");
  const double rate = rule.decay_needs_mode && schedule == nullptr ? hyper.number("weight_decay")
                                                                   : hyper.number("weight_decay", 0);
  if (schedule != nullptr && rate != 0) throw Skip("weight_decay beside weight_decay_schedule");
  if (schedule == nullptr && rate == 0) return {};
  return {place_of(mode, hyper, rule),
          schedule != nullptr ? schedule_text(*schedule, {}) : print_number(rate)};
}

// TensorFlow Addons: the rate of update t = 1, 2, ... grows as t / warmup, then falls to min_lr at
// total_steps. That is a schedule of the engine which begins one update later.
std::string read_warmup(Fields& hyper) {
  const double total = hyper.number("total_steps", 0), least = hyper.number("min_lr", 0);
  const double warmup = total * hyper.number("warmup_proportion", 0);
  const double peak = hyper.number("lr"), updates = hyper.number("warmup_steps", 0);
  if (total == 0 && updates == 0) return print_number(peak);
  if (total == 0) {  // Schedule-free: min(1, t / warmup) of update t = 1, 2, ...
    return "constant(" + print_number(peak) + ", warmup=" + print_number(updates) + ", align=next)";
  }
  if (warmup != std::floor(warmup) || warmup < 2) throw Skip("warmup_proportion of a broken update");
  return "linear(" + print_number(peak) + ", total=" + print_number(total - 1) +
         ", warmup=" + print_number(warmup - 1) + ", warmup_from=" + print_number(peak / warmup) +
         ", floor=" + print_number(least) + ")";
}

// lr_schedule is the rate where both are given; a different `lr` beside it would have to mean something else.
std::string read_rate(Fields& hyper) {
  const Json* schedule = hyper.find("lr_schedule");
  if (schedule == nullptr) return read_warmup(hyper);
  if (hyper.number("total_steps", 0) != 0) throw Skip("total_steps beside lr_schedule");
  hyper.number("warmup_proportion", 0), hyper.number("min_lr", 0);  // mean nothing without total_steps
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
    {"amsgrad", "false"},
    {"bias_correction", "true"},
    {"dampening", "0"},
    {"eps_root", "0"},
    {"momentum", "0"},
    {"nesterov", "false"},
    {"norm_coefficient_post", "0"},
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
  Parts parts;
  if (hyper.flag("maximize", false)) parts.push_back({"maximize", ""});
  if (decay.place == Place::left_of_rule) parts.push_back({"decay", decay.rate});
  parts.insert(parts.end(), core.begin(), core.end());
  // Of libraries that have it: what goes against the gradient is dropped, with the paper's factor.
  if (hyper.flag("cautious", false)) parts.push_back({"cautious", "count"});
  if (const Json* keep = hyper.find("cautious_factor")) {
    const double share = read_number(*keep, "cautious_factor");
    if (share < 1) parts.push_back({"cautious", "keep=" + print_number(share)});
  }
  if (hyper.flag("grams", false)) parts.push_back({"grams", ""});
  if (decay.place == Place::left_of_lr) parts.push_back({"decay", decay.rate});
  if (decay.place == Place::proximal) parts.push_back({"l2", decay.rate});
  parts.push_back({"lr", rate});
  if (decay.place == Place::right_of_lr) parts.push_back({"decay", decay.rate});
  if (!reasons.empty()) throw Skip(reasons);
  return parts;
}

// Transforms of the gradient before the rule. Without a form the plain quotient limit / norm is meant, which
// is optax's.
std::string clipping(Fields& pre, const char* limit) {
  const std::string form = pre.text("form", "optax");
  if (form != "torch" && form != "optax") throw Skip("clipping of form " + form);
  return print_number(pre.number(limit)) + ", form=" + form;
}

struct Before {
  std::string_view name;
  Part (*part)(Fields& pre);
  bool is_linear_only = false;  // the engine's transform is the same before a rule that keeps nothing
};

constexpr Before kBefore[] = {
    {"adaptive_grad_clip",
     [](Fields& pre) -> Part {
       return {"agc", print_number(pre.number("clipping")) + ", eps=" + print_number(pre.number("eps"))};
     }},
    {"apply_every",
     [](Fields& pre) -> Part {
       return {"accumulate", print_number(pre.number("k")) + ", form=sum"};
     },
     true},
    {"centralize",
     [](Fields&) -> Part {
       return {"centralize", ""};
     }},
    {"clip_by_global_norm",
     [](Fields& pre) -> Part {
       return {"clip_norm", clipping(pre, "max_norm")};
     }},
    {"clip_by_norm",
     [](Fields& pre) -> Part {
       return {"clip_norm", clipping(pre, "max_norm") + ", per=tensor"};
     }},
    {"clip_by_value",
     [](Fields& pre) -> Part {
       return {"clip_value", print_number(pre.number("max_delta"))};
     }},
    {"ema",
     [](Fields& pre) -> Part {
       return {"ema", print_number(pre.number("decay")) + (pre.flag("debias", true) ? "" : ", debias=false")};
     }},
};

Part before_of(const Json& entry, const std::string& algorithm) {
  Fields fields(entry, "pre");
  const std::string name = fields.text("name", "");
  const Before* found = find_named(kBefore, name);
  if (found == nullptr) throw Skip("pre " + name);
  if (found->is_linear_only && algorithm != "sgd" && algorithm != "gd") {
    throw Skip("pre " + name + " before " + algorithm);
  }
  const Part part = found->part(fields);
  for (const std::string& key : fields.unread()) throw Skip("pre " + name + ", " + key);
  return part;
}

// What a case writes as a wrapper of the whole optimizer: gates stand before it, landings after it.
struct Around {
  std::string_view key;
  Part (*part)(Fields& fields);
  bool before;
};

constexpr Around kAround[] = {
    {"apply_if_finite",
     [](Fields& fields) -> Part {
       return {"skip", "most=" + print_number(fields.number("max_consecutive_errors")) + ", then=pass"};
     },
     true},
    {"multi_steps",
     [](Fields& fields) -> Part {
       return {"accumulate", print_number(fields.number("every_k"))};
     },
     true},
    {"lookahead",
     [](Fields& fields) -> Part {
       return {"lookahead", print_number(fields.number("sync_period")) +
                                ", alpha=" + print_number(fields.number("slow_step_size"))};
     },
     false},
};

// Those of one side. A multi_steps that leaves out what is not finite has a gate more.
Parts read_around(Fields& common, bool before) {
  Parts parts;
  for (const Around& around : kAround) {
    const Json* value = around.before == before ? common.find(std::string(around.key)) : nullptr;
    if (value == nullptr) continue;
    Fields fields(*value, std::string(around.key));
    const Part part = around.part(fields);
    if (fields.flag("skip_not_finite", false)) parts.push_back({"skip", "most=1000000000"});
    fields.skip_unread();
    parts.push_back(part);
  }
  // Keras' average of the weights begins as they are after the first update.
  if (const Json* ema = before ? nullptr : common.find("weight_ema")) {
    parts.push_back({"average", "decay=" + print_number(read_number(*ema, "weight_ema")) + ", start=1"});
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

std::string on(const std::vector<std::size_t>& params) {
  std::string names;
  for (const std::size_t p : params) names += (names.empty() ? "\"" : ", \"") + engine_name(p) + "\"";
  return "on=[" + names + "]";
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
  const Json* betas = fields.find("betas_1d");
  if (betas == nullptr) throw Skip("mars without betas_1d");
  const std::vector<double> numbers = read_numbers(*betas, "betas_1d");
  if (numbers.size() != 2) throw Malformed("`betas_1d` is not a pair");
  return {{"algorithm", "adamw"},
          {"lr", fields.number("lr") * fields.number("lr_1d_factor", 1)},
          {"beta1", numbers[0]},
          {"beta2", numbers[1]},
          {"eps", fields.number("eps")},
          {"eps_root", 1e-15},
          {"eps_form", "raw"},
          {"cautious", fields.flag("cautious", false)},
          {"weight_decay", fields.number("weight_decay_1d", 0)},
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
  for (const Around& around : kAround) hyper.find(std::string(around.key));
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
  const bool constant = Fields(member(test, "gradient"), "gradient").text("kind", "") == "constant";
  const Context context{gradient.may_be_absent, constant, updates};
  std::vector<Group> groups = read_groups(test, tensors);
  split_mars(groups, test, tensors);
  Fields common(member(test, "hyper"), "hyper");
  std::string text, reasons;
  collect(reasons, [&] {
    const std::string algorithm = read_string(member(test, "algorithm"), "algorithm");
    for (const Part& part : read_before(common, algorithm)) append(text, part, "");
  });
  for (const Group& group : groups) {
    const std::string selector = groups.size() == 1 ? "" : ", " + on(group.params);
    collect(reasons, [&] {
      for (const Part& part : read_group(group, test, context)) append(text, part, selector);
    });
  }
  collect(reasons, [&] {
    for (const Part& part : read_around(common, false)) append(text, part, "");
  });
  if (!reasons.empty()) throw Skip(reasons);
  return text;
}

}  // namespace thalweg::oracle
