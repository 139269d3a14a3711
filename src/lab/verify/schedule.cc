// The schedules of cases as texts of the engine.
//
// One row for each name that the engine can express: a text with blanks for the arguments, or a function
// where it takes more. Each either writes the very function that the name stands for, or throws Skip with
// what differs.
#include <algorithm>
#include <cmath>

#include "base/spec.h"
#include "thalweg/error.h"
#include "verify/verify.h"

namespace thalweg::oracle {
namespace {

// The initial value for `begin` updates, then the schedule from its start on.
std::string delayed(Fields& a, const std::string& schedule) {
  return a.number("begin|0") > 0 ? a.fill("join([{init}, ") + schedule + a.fill("], at=[{begin#}])")
                                 : schedule;
}

std::string polynomial(Fields& a) {
  const bool cycle = a.flag("cycle", false);
  const std::string text = a.fill("polynomial({init}, total={steps#}, floor={end}, power={power|1}");
  const std::string all = delayed(a, text + (cycle ? ", past=stretch)" : ")"));
  if (a.number("steps") <= 0) return a.fill("constant({init})");
  if (cycle && a.number("begin|0") > 0) a.lacks("cycle with begin");
  return all;
}

// `steps` excludes the warm-up, which goes from init to the target.
std::string cosine(Fields& a) {
  const bool warms = a.number("warmup_steps|0") != 0;
  const bool moves = a.number("warmup_target|init") != a.number("init");
  if (!warms && moves) a.lacks("warmup_target without warmup_steps");
  if (warms && a.find("warmup_target") == nullptr) a.lacks("warmup_steps without warmup_target");
  return a.fill(
      "cosine({warmup_target|init}, total={steps!}, warmup={warmup_steps|0#}, "
      "floor={alpha|0*warmup_target|init}, "
      "warmup_from={init}, exponent={exponent|1}, dialect=keras)");
}

// `decay_steps` includes the warm-up. The floor is a share end / peak, which a peak of 0 has not.
std::string warmup_cosine(Fields& a) {
  const std::string floor = a.fill(", floor={end|0})");
  return a.fill(
             "cosine({peak}, total={decay_steps!}, warmup={warmup_steps|0#}, warmup_from={init|0}, "
             "exponent={exponent|1}") +
         (a.number("peak") == 0 ? ")" : floor);
}

// The end value bounds what falls from below and everything else from above.
std::string exponential(Fields& a) {
  const double init = a.number("init"), rate = a.number("decay_rate"), end = a.number("end_value|init");
  const bool bounded = a.find("end_value") != nullptr;
  const std::string text = a.fill(
      "exponential({init}, every={decay_steps#}, gamma={decay_rate}, staircase={staircase:false/true}");
  const std::string all = delayed(a, text + (bounded ? a.fill(", floor={end_value})") : ")"));
  if (a.number("decay_steps") <= 0 || rate == 0) return a.fill("constant({init})");
  if (bounded && (rate < 1 ? init <= end : init >= end)) return a.fill("constant({end_value})");
  return rate == 1 ? a.fill("constant({init})") : all;
}

// In any order, as torch counts them.
std::string torch_multi_step(Fields& a) {
  std::vector<double> at = a.numbers("milestones");
  std::ranges::sort(at);
  for (double& one : at) one = a.scaled(one);
  return a.fill("multi_step({init}, gamma={gamma|0.1}, at=") + list_text(at) + ")";
}

// Boundaries with the products of the scales up to them.
std::string scaled_values(Fields& a) {
  const std::vector<double> knots = a.numbers("boundaries_and_scales");
  if (knots.size() % 2 != 0) throw Malformed("a boundary has no scale");
  std::vector<double> values = {a.number("init")}, at;
  for (std::size_t i = 0; i < knots.size(); i += 2) {
    at.push_back(a.scaled(knots[i] - a.clock().origin));
    values.push_back(values.back() * knots[i + 1]);
  }
  return "piecewise(" + list_text(values) + ", at=" + list_text(at);
}

// What the scheduler does to a momentum is a schedule of its own, and it overwrites the initial rate.
void leave_momentum(Fields& a) {
  for (const char* key : {"init", "cycle_momentum", "base_momentum", "max_momentum"}) a.find(key);
}

// The curve of a momentum beside the rate's is bounded by `floor`, as it has no such factors.
std::string torch_one_cycle(Fields& a) {
  leave_momentum(a);
  const double epochs = a.number("epochs|0*steps_per_epoch|0");
  const std::string total = "{total_steps|" + print_number(epochs) + "!}";
  const std::string factors = a.fill(", div={div_factor|25}, final_div={final_div_factor|1e4})");
  return a.fill("one_cycle({max_lr}, total=" + total +
                ", pct_start={pct_start|0.3}, anneal={anneal_strategy:cos=cosine/linear}, "
                "three_phase={three_phase:false/true}, dialect=torch") +
         (a.flag("opposite", false) ? a.fill(", opposite=true, floor={floor})") : factors);
}

// Lines between two values; `gamma` is of one update.
std::string with_mode(Fields& a, const std::string& triangular, const std::string& mode) {
  const double gamma = std::pow(a.number("gamma|1"), 1.0 / a.scaled(1));
  const bool falls = mode == "exp_range";
  if (!falls && mode != "triangular" && mode != "triangular2") a.lacks("mode " + mode);
  return triangular + ", mode=" + mode + (falls ? ", gamma=" + print_number(gamma) : "") + ")";
}

std::string torch_cyclic(Fields& a) {
  leave_momentum(a);
  if (a.find("scale_fn") != nullptr) a.lacks("scale_fn");
  a.text("scale_mode", "cycle");  // of scale_fn
  const std::string text = a.fill(
      "triangular({max_lr}, up={step_size_up|2000#}, down={step_size_down|step_size_up|2000#}, "
      "floor={base_lr}, "
      "opposite={opposite:false/true}");
  return with_mode(a, text, a.text("mode", "triangular"));
}

std::string cyclical(Fields& a) {
  const std::string scale = a.text("scale", "triangular"), by = a.text("scale_mode", "iterations");
  return with_mode(a, a.fill("triangular({max}, up={step_size#}, down={step_size#}, floor={init}"),
                   scale == "exp" && by == "iterations" ? "exp_range" : scale);
}

std::string inverse_sqrt(Fields& a) {
  const bool stated = a.find("timescale") != nullptr, warms = a.number("warmup|0") > 0;
  return a.fill("inverse_sqrt({init}, warmup={warmup|0#}") + a.fill(stated  ? ", timescale={timescale!})"
                                                                    : warms ? ")"
                                                                            : ", timescale={10000#})");
}

// The schedules of a list, all but the names of which is their own.
std::vector<std::string> parts_of(Fields& a, const char* key, const char* name = nullptr) {
  const Json* list = a.find(key);
  if (list == nullptr) a.lacks(std::string("no ") + key);
  std::vector<std::string> parts;
  for (Json part : read_array(*list, key)) {
    if (name != nullptr && part.is_object()) part["name"] = name;
    parts.push_back(schedule_text(part, a.clock()));
  }
  return parts;
}

// The next cycle begins where the one before has ended.
std::string sgdr(Fields& a) {
  const std::vector<std::string> parts = parts_of(a, "cycles", "warmup_cosine");
  std::vector<double> at;
  for (const Json& cycle : *a.find("cycles")) {
    const double begin = at.empty() ? 0.0 : at.back();
    at.push_back(begin + a.scaled(read_number(member(cycle, "decay_steps"), "decay_steps")));
  }
  if (!at.empty()) at.pop_back();
  return "join([" + listed(parts) + "], at=" + list_text(at) + ")";
}

std::string powers(Fields& a, double gamma) {
  return a.fill("exponential({init}, every={1#}, gamma=") + print_number(gamma) + ")";
}

// C**x with any name for x: a power of the epoch.
std::string torch_lambda(Fields& a) {
  const std::string text = a.text("lr_lambda", "CALLABLE");
  const std::size_t power = text.find("**x");
  const std::optional<double> base = thalweg::read_number(std::string_view(text).substr(0, power));
  const bool is_power =
      power != std::string::npos && text.find_first_not_of("0123456789", power + 3) == std::string::npos;
  if (!base || !is_power) a.lacks("lr_lambda " + text);
  return powers(a, *base);
}

std::string torch_multiplicative(Fields& a) {
  const std::string text = a.text("lr_lambda", "CALLABLE");
  const std::optional<double> factor = thalweg::read_number(text);
  if (!factor) a.lacks("lr_lambda " + text);
  return powers(a, *factor);
}

// `cycles` counts whole waves, down and up again, also after `total`.
std::string hf_cosine(Fields& a) {
  const std::string text = a.fill("cosine({init}, warmup={warmup|0#}, past=bounce, total=");
  const double warmup = a.scaled(a.number("warmup|0")), waves = a.number("cycles|0.5");
  const double half_wave = (thalweg::read_number(a.fill("{total!}")).value() - warmup) / (2 * waves);
  if (!std::isfinite(half_wave) || std::trunc(half_wave) != half_wave) {
    a.lacks("cycles " + print_number(waves) + " that turn between two updates");
  }
  return text + print_number(warmup + half_wave) + ")";
}

enum class Points {
  from_0,
  anywhere,       // it is one function of t - boundary, so that t may be before 0
  whole_updates,  // an update of the case must be one of the engine: the formula knows the next one
};

struct Shape {
  std::string_view name;
  std::string_view text = {};
  std::string (*write)(Fields& args) = nullptr;  // where a text will not do
  Points points = Points::from_0;
};

constexpr Shape kShapes[] = {
    {"constant", "constant({value})", nullptr, Points::anywhere},
    {"cosine", {}, cosine},
    {"cosine_restarts",
     "cyclic({init}, period={first_steps!}, mult={t_mul|2}, gamma={m_mul|1}, floor={alpha|0*init}, "
     "dialect=keras)"},
    {"cyclical", {}, cyclical},
    {"exponential", {}, exponential},
    {"hf_constant_warmup", "constant({init}, warmup={warmup|0#})"},
    {"hf_cosine", {}, hf_cosine},
    {"hf_cosine_hard_restarts", "cyclic({init}, total={total!}, cycles={cycles|1}, warmup={warmup|0#})"},
    {"hf_inverse_sqrt", {}, inverse_sqrt},
    {"hf_linear", "linear({init}, total={total!}, warmup={warmup|0#})"},
    {"hf_polynomial",
     "polynomial({init}, total={total!}, warmup={warmup|0#}, floor={lr_end}, power={power|1})"},
    {"inverse_sqrt", {}, inverse_sqrt},
    {"inverse_time",
     "inverse_time({init}, every={decay_steps!}, rate={decay_rate}, staircase={staircase:false/true})"},
    {"join",
     {},
     [](Fields& a) { return a.fill("join([" + listed(parts_of(a, "parts")) + "], at={boundaries@})"); }},
    {"noam", "noam({model_size}, warmup={warmup_steps!}, factor={factor|1})", nullptr, Points::whole_updates},
    {"onecycle_cosine_optax",
     "one_cycle({peak}, total={steps!}, pct_start={pct_start|0.3}, div={div_factor|25}, "
     "final_div={final_div_factor|1e4}, dialect=optax)",
     nullptr, Points::whole_updates},
    {"onecycle_linear_optax",
     "one_cycle({peak}, total={steps!}, pct_start={pct_start|0.3}, div={div_factor|25}, "
     "final_div={final_div_factor|1e4}, dialect=optax, anneal=linear, three_phase=true, "
     "pct_final={pct_final|0.85})",
     nullptr, Points::whole_updates},
    {"piecewise_interpolate",
     {},
     [](Fields& a) { return scaled_values(a) + a.fill(", kind={kind:linear/cosine})"); }},
    {"piecewise_scales", {}, [](Fields& a) { return scaled_values(a) + ")"; }, Points::anywhere},
    {"piecewise_values", "piecewise({values,}, at={boundaries@}, dialect=keras)", nullptr, Points::anywhere},
    {"polynomial", {}, polynomial},
    {"sgdr", {}, sgdr},
    {"step", "step({init}, every={step_size!}, gamma={gamma|0.1})"},
    {"torch_constant", "piecewise([{init*factor|0.3333333333333333}, {init}], at=[{total_iters|5#}])"},
    {"torch_cosine", "cosine({init}, total={T_max!}, floor={eta_min|0}, dialect=torch)"},
    {"torch_cosine_warm_restarts",
     "cyclic({init}, period={T_0!}, mult={T_mult|1}, floor={eta_min|0}, dialect=keras)"},
    {"torch_cyclic", {}, torch_cyclic},
    {"torch_exponential", "exponential({init}, every={1#}, gamma={gamma})"},
    {"torch_lambda", {}, torch_lambda},
    {"torch_linear",
     "linear({init*start_factor|0.3333333333333333}, total={total_iters|5!}, floor={init*end_factor|1})"},
    {"torch_multi_step", {}, torch_multi_step},
    {"torch_multiplicative", {}, torch_multiplicative},
    {"torch_onecycle", {}, torch_one_cycle, Points::whole_updates},
    {"torch_polynomial", "polynomial({init}, total={total_iters|5!}, power={power|1})"},
    {"warmup_cosine", {}, warmup_cosine},
    {"wsd",
     "wsd({init}, warmup={warmup|0#}, stable={stable#}, decay={decay!}, cooldown={shape:linear/cosine/sqrt}, "
     "floor={floor|0})"},
};

}  // namespace

std::string schedule_text(const Json& schedule, const Clock& clock) {
  const std::string name = read_string(member(schedule, "name"), "name");
  const Shape* found = find_named(kShapes, name);
  if (found == nullptr) throw Skip("schedule " + name);
  if (clock.origin != 0 && found->points != Points::anywhere) {
    throw Skip("points that are no numbers of updates");
  }
  Fields args(schedule, "schedule " + name, clock);
  if (clock.scale != 1 && found->points == Points::whole_updates) args.lacks("points between two updates");
  args.find("name");
  const std::string text = found->write == nullptr ? args.fill(found->text) : found->write(args);
  args.skip_unread();
  return text;
}

Schedule make_schedule(const std::string& text) {
  try {
    return Schedule(std::string_view(text));
  } catch (const Error& error) {
    throw Skip("refused by design: " + refusal(error));
  }
}

}  // namespace thalweg::oracle
