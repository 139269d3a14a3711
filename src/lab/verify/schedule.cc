// The schedules of cases as texts of the engine.
//
// One function and one row for each name that the engine can express. Each function either writes the very
// function that the name stands for, or throws Skip with what differs.
#include <algorithm>
#include <cmath>

#include "base/spec.h"
#include "thalweg/error.h"
#include "verify/verify.h"

namespace thalweg::oracle {
namespace {

std::string option(const char* name, double value) {
  return ", " + std::string(name) + "=" + print_number(value);
}

template <class Range, class Print>
std::string list(const Range& range, const Print& print_one) {
  std::string out;
  for (const auto& element : range) out += (out.empty() ? "[" : ", ") + print_one(element);
  return out.empty() ? "[]" : out + "]";
}

std::string constant(double value, double warmup = 0) {
  return "constant(" + print_number(value) + option("warmup", warmup) + ")";
}

// `total` includes the warm-up, which starts at 0 unless `more` says otherwise.
std::string decay(const std::string& shape, double peak, double total, double warmup, double floor,
                  const std::string& more = {}) {
  return shape + "(" + print_number(peak) + option("total", total) + option("warmup", warmup) +
         option("floor", floor) + more + ")";
}

std::string power_decay(double peak, double total, double warmup, double floor, double power) {
  return decay("polynomial", peak, total, warmup, floor, option("power", power));
}

// Cycles that go on for ever.
std::string cycles(double peak, double period, double mult, double gamma, double floor) {
  return "cyclic(" + print_number(peak) + option("period", period) + option("mult", mult) +
         option("gamma", gamma) + option("floor", floor) + ", dialect=keras)";
}

std::string piecewise(const std::vector<double>& values, const std::vector<double>& at,
                      const std::string& kind = "constant") {
  return "piecewise(" + list(values, print_number) + ", at=" + list(at, print_number) + ", kind=" + kind +
         ")";
}

std::string join(const std::vector<std::string>& parts, const std::vector<double>& at) {
  return "join(" + list(parts, [](const std::string& part) { return part; }) +
         ", at=" + list(at, print_number) + ")";
}

// `value` for as many updates, then the schedule from its start on.
std::string delayed(double updates, double value, const std::string& schedule) {
  return updates > 0 ? join({constant(value), schedule}, {updates}) : schedule;
}

// The arguments of one schedule.
class Args : public Fields {
 public:
  Args(const Json& schedule, std::string name, const Clock& clock)
      : Fields(schedule, "schedule " + name), name_(std::move(name)), clock_(clock) {}

  double scaled(double updates) const { return updates * clock_.scale; }
  double length(const std::string& key) { return scaled(number(key)); }
  double length(const std::string& key, double fallback) { return scaled(number(key, fallback)); }

  // A length that the engine refuses at zero and below, while other libraries give it a meaning there.
  double span(const std::string& key) { return positive(key, number(key)); }
  double span(const std::string& key, double fallback) { return positive(key, number(key, fallback)); }

  // The numbers of a list.
  std::vector<double> numbers(const std::string& key) {
    const Json* list = find(key);
    if (list == nullptr) lacks("no " + key);
    return read_numbers(read_array(*list, key), key);
  }
  double position(double updates) const { return scaled(updates - clock_.origin); }
  std::vector<double> positions(const std::string& key) {
    std::vector<double> all = numbers(key);
    for (double& one : all) one = position(one);
    return all;
  }

  // Where an update of the case must be one of the engine: the formula knows the next one.
  void whole_updates() const {
    if (clock_.scale != 1) lacks("points between two updates");
  }
  const Clock& clock() const { return clock_; }

  [[noreturn]] void lacks(const std::string& what) const { throw Skip("schedule " + name_ + ", " + what); }

 private:
  double positive(const std::string& key, double length) const {
    if (length > 0) return scaled(length);
    throw Skip("refused by design: " + key + " " + print_number(length));
  }

  std::string name_;
  Clock clock_;
};

// The curve of a momentum beside the rate's, which `floor` bounds where the rate has no such value.
std::string opposite(Args& a, const char* floor = nullptr) {
  if (!a.flag("opposite", false)) return {};
  return ", opposite=true" + (floor == nullptr ? "" : option("floor", a.number(floor)));
}

std::string polynomial(Args& a) {
  const double init = a.number("init"), end = a.number("end"), power = a.number("power", 1);
  const double steps = a.length("steps"), begin = a.length("begin", 0);
  const bool cycle = a.flag("cycle", false);
  if (steps <= 0) return constant(init);
  if (cycle && begin > 0) a.lacks("cycle with begin");
  const std::string past = cycle ? ", past=stretch" : "";
  return delayed(begin, init, decay("polynomial", init, steps, 0, end, option("power", power) + past));
}

// `steps` excludes the warm-up, which goes from init to the target.
std::string cosine(Args& a) {
  const double init = a.number("init"), steps = a.span("steps"), alpha = a.number("alpha", 0);
  const double warmup = a.length("warmup_steps", 0), target = a.number("warmup_target", init);
  if (warmup == 0 && target != init) a.lacks("warmup_target without warmup_steps");
  if (warmup != 0 && a.find("warmup_target") == nullptr) a.lacks("warmup_steps without warmup_target");
  return decay("cosine", target, steps, warmup, alpha * target,
               option("warmup_from", init) + option("exponent", a.number("exponent", 1)) + ", dialect=keras");
}

// `decay_steps` includes the warm-up. The floor is a share end / peak, which a peak of 0 has not.
std::string warmup_cosine(Args& a) {
  const double init = a.number("init", 0), peak = a.number("peak"), end = a.number("end", 0);
  return decay("cosine", peak, a.span("decay_steps"), a.length("warmup_steps", 0), peak == 0 ? 0 : end,
               option("warmup_from", init) + option("exponent", a.number("exponent", 1)));
}

std::string cosine_restarts(Args& a) {
  const double init = a.number("init"), alpha = a.number("alpha", 0);
  return cycles(init, a.span("first_steps"), a.number("t_mul", 2), a.number("m_mul", 1), alpha * init);
}

// The end value bounds what falls from below and everything else from above.
std::string exponential(Args& a) {
  const double init = a.number("init"), rate = a.number("decay_rate"), steps = a.length("decay_steps");
  const double begin = a.length("begin", 0);
  const std::string staircase = a.flag("staircase", false) ? ", staircase=true" : "";
  const bool bounded = a.find("end_value") != nullptr;
  const double end = a.number("end_value", init);
  if (steps <= 0 || rate == 0) return constant(init);
  if (bounded && (rate < 1 ? init <= end : init >= end)) return constant(end);
  if (rate == 1) return constant(init);
  const std::string floor = bounded ? option("floor", end) : "";
  return delayed(begin, init,
                 "exponential(" + print_number(init) + option("every", steps) + option("gamma", rate) +
                     floor + staircase + ")");
}

std::string torch_powers(Args& a, double gamma) {
  return "exponential(" + print_number(a.number("init")) + option("every", a.scaled(1)) +
         option("gamma", gamma) + ")";
}

std::string step(Args& a) {
  return "step(" + print_number(a.number("init")) + option("every", a.span("step_size")) +
         option("gamma", a.number("gamma", 0.1)) + ")";
}

// In any order, as torch counts them.
std::string torch_multi_step(Args& a) {
  std::vector<double> at = a.positions("milestones");
  std::sort(at.begin(), at.end());
  return "multi_step(" + print_number(a.number("init")) + ", at=" + list(at, print_number) +
         option("gamma", a.number("gamma", 0.1)) + ")";
}

// A boundary has the old value still.
std::string piecewise_values(Args& a) {
  return piecewise(a.numbers("values"), a.positions("boundaries"), "constant, dialect=keras");
}

// Boundaries with the products of the scales up to them.
std::string scaled_values(Args& a, const std::string& kind) {
  const std::vector<double> knots = a.numbers("boundaries_and_scales");
  if (knots.size() % 2 != 0) throw Malformed("a boundary has no scale");
  std::vector<double> values = {a.number("init")}, at;
  for (std::size_t i = 0; i < knots.size(); i += 2) {
    at.push_back(a.position(knots[i]));
    values.push_back(values.back() * knots[i + 1]);
  }
  return piecewise(values, at, kind);
}

std::string piecewise_interpolate(Args& a) {
  const std::string kind = a.text("kind", "linear");
  if (kind != "linear" && kind != "cosine") a.lacks("kind " + kind);
  return scaled_values(a, kind);
}

// Phases end at whole updates, the last one at `steps`.
std::string one_cycle_optax(Args& a, const std::string& phases) {
  a.whole_updates();
  return "one_cycle(" + print_number(a.number("peak")) + option("total", a.span("steps")) +
         option("pct_start", a.number("pct_start", 0.3)) + option("div", a.number("div_factor", 25)) +
         option("final_div", a.number("final_div_factor", 1e4)) + ", dialect=optax" + phases + ")";
}

std::string onecycle_linear(Args& a) {
  return one_cycle_optax(
      a, ", anneal=linear, three_phase=true" + option("pct_final", a.number("pct_final", 0.85)));
}

// What the scheduler does to a momentum is a schedule of its own, and it overwrites the initial rate.
void leave_momentum(Args& a) {
  for (const char* key : {"init", "cycle_momentum", "base_momentum", "max_momentum"}) a.find(key);
}

std::string torch_one_cycle(Args& a) {
  a.whole_updates();
  leave_momentum(a);
  const std::string anneal = a.text("anneal_strategy", "cos");
  if (anneal != "cos" && anneal != "linear") a.lacks("anneal_strategy " + anneal);
  const double epochs = a.number("epochs", 0), per_epoch = a.number("steps_per_epoch", 0);
  std::string text = "one_cycle(" + print_number(a.number("max_lr")) +
                     option("total", a.span("total_steps", epochs * per_epoch)) +
                     option("pct_start", a.number("pct_start", 0.3));
  const double first = a.number("div_factor", 25), last = a.number("final_div_factor", 1e4);
  const std::string momentum = opposite(a, "floor");
  text += momentum.empty() ? option("div", first) + option("final_div", last) : momentum;
  text += anneal == "linear" ? ", anneal=linear" : "";
  return text + (a.flag("three_phase", false) ? ", three_phase=true)" : ")");
}

// Lines between two values; `gamma` is of one update.
std::string triangles(Args& a, double low, double high, double up, double down, const std::string& mode,
                      double gamma) {
  const bool falls = mode == "exp_range";
  if (!falls && mode != "triangular" && mode != "triangular2") a.lacks("mode " + mode);
  return "triangular(" + print_number(high) + option("up", a.scaled(up)) + option("down", a.scaled(down)) +
         option("floor", low) + ", mode=" + mode +
         (falls ? option("gamma", std::pow(gamma, 1.0 / a.scaled(1))) : "") + opposite(a) + ")";
}

std::string torch_cyclic(Args& a) {
  leave_momentum(a);
  if (a.find("scale_fn") != nullptr) a.lacks("scale_fn");
  a.text("scale_mode", "cycle");  // of scale_fn
  const double up = a.number("step_size_up", 2000);
  return triangles(a, a.number("base_lr"), a.number("max_lr"), up, a.number("step_size_down", up),
                   a.text("mode", "triangular"), a.number("gamma", 1));
}

std::string cyclical(Args& a) {
  const double half = a.number("step_size");
  std::string mode = a.text("scale", "triangular");
  const bool by_update = a.text("scale_mode", "iterations") == "iterations";
  if (mode == "exp" && by_update) mode = "exp_range";
  return triangles(a, a.number("init"), a.number("max"), half, half, mode, a.number("gamma", 1));
}

std::string inverse_time(Args& a) {
  const std::string staircase = a.flag("staircase", false) ? ", staircase=true" : "";
  return "inverse_time(" + print_number(a.number("init")) + option("every", a.span("decay_steps")) +
         option("rate", a.number("decay_rate")) + staircase + ")";
}

std::string inverse_sqrt(Args& a) {
  const double warmup = a.length("warmup", 0);
  const std::string timescale = a.find("timescale") != nullptr ? option("timescale", a.span("timescale"))
                                : warmup > 0                   ? ""
                                                               : option("timescale", a.scaled(10000));
  return "inverse_sqrt(" + print_number(a.number("init")) + option("warmup", warmup) + timescale + ")";
}

std::string noam(Args& a) {
  a.whole_updates();
  return "noam(" + print_number(a.number("model_size")) + option("warmup", a.span("warmup_steps")) +
         option("factor", a.number("factor", 1)) + ")";
}

// The schedules of a list, all but the names of which is their own.
std::vector<std::string> parts_of(Args& a, const char* key, const char* name = nullptr) {
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
std::string sgdr(Args& a) {
  const std::vector<std::string> parts = parts_of(a, "cycles", "warmup_cosine");
  std::vector<double> at;
  for (const Json& cycle : *a.find("cycles")) {
    const double begin = at.empty() ? 0.0 : at.back();
    at.push_back(begin + a.scaled(read_number(member(cycle, "decay_steps"), "decay_steps")));
  }
  if (!at.empty()) at.pop_back();
  return join(parts, at);
}

std::string torch_constant(Args& a) {
  const double init = a.number("init"), factor = a.number("factor", 1.0 / 3.0);
  return piecewise({init * factor, init}, {a.length("total_iters", 5)});
}

std::string torch_linear(Args& a) {
  const double init = a.number("init");
  return decay("linear", init * a.number("start_factor", 1.0 / 3.0), a.span("total_iters", 5), 0,
               init * a.number("end_factor", 1));
}

// C**x with any name for x: a power of the epoch.
std::string torch_lambda(Args& a) {
  const std::string text = a.text("lr_lambda", "CALLABLE");
  const std::size_t power = text.find("**x");
  const std::optional<double> base = thalweg::read_number(std::string_view(text).substr(0, power));
  const bool is_power =
      power != std::string::npos && text.find_first_not_of("0123456789", power + 3) == std::string::npos;
  if (!base || !is_power) a.lacks("lr_lambda " + text);
  return torch_powers(a, *base);
}

std::string torch_multiplicative(Args& a) {
  const std::string text = a.text("lr_lambda", "CALLABLE");
  const std::optional<double> factor = thalweg::read_number(text);
  if (!factor) a.lacks("lr_lambda " + text);
  return torch_powers(a, *factor);
}

std::string torch_polynomial(Args& a) {
  return power_decay(a.number("init"), a.span("total_iters", 5), 0, 0, a.number("power", 1));
}

// Not held after T_max: it climbs again.
std::string torch_cosine(Args& a) {
  return decay("cosine", a.number("init"), a.span("T_max"), 0, a.number("eta_min", 0), ", dialect=torch");
}

std::string torch_cosine_warm_restarts(Args& a) {
  return cycles(a.number("init"), a.span("T_0"), a.number("T_mult", 1), 1, a.number("eta_min", 0));
}

// `cycles` counts whole waves, down and up again, also after `total`.
std::string hf_cosine(Args& a) {
  const double warmup = a.length("warmup", 0), waves = a.number("cycles", 0.5);
  const double half_wave = (a.span("total") - warmup) / (2 * waves);
  if (!std::isfinite(half_wave) || std::trunc(half_wave) != half_wave) {
    a.lacks("cycles " + print_number(waves) + " that turn between two updates");
  }
  return decay("cosine", a.number("init"), warmup + half_wave, warmup, 0, ", past=bounce");
}

std::string hf_cosine_hard_restarts(Args& a) {
  return "cyclic(" + print_number(a.number("init")) + option("total", a.span("total")) +
         option("cycles", a.number("cycles", 1)) + option("warmup", a.length("warmup", 0)) + ")";
}

std::string hf_polynomial(Args& a) {
  return power_decay(a.number("init"), a.span("total"), a.length("warmup", 0), a.number("lr_end"),
                     a.number("power", 1));
}

std::string wsd(Args& a) {
  const std::string shape = a.text("shape", "linear");
  if (shape != "linear" && shape != "cosine" && shape != "sqrt") a.lacks("shape " + shape);
  return "wsd(" + print_number(a.number("init")) + option("warmup", a.length("warmup", 0)) +
         option("stable", a.length("stable")) + option("decay", a.span("decay")) + ", cooldown=" + shape +
         option("floor", a.number("floor", 0)) + ")";
}

struct Shape {
  std::string_view name;
  std::string (*text)(Args& args);
  bool anywhere = false;  // it is one function of t - boundary, so that t may be before 0
};

constexpr Shape kShapes[] = {
    {"constant", [](Args& a) { return constant(a.number("value")); }, true},
    {"cosine", cosine},
    {"cosine_restarts", cosine_restarts},
    {"cyclical", cyclical},
    {"exponential", exponential},
    {"hf_constant_warmup", [](Args& a) { return constant(a.number("init"), a.length("warmup", 0)); }},
    {"hf_cosine", hf_cosine},
    {"hf_cosine_hard_restarts", hf_cosine_hard_restarts},
    {"hf_inverse_sqrt", inverse_sqrt},
    {"hf_linear",
     [](Args& a) { return decay("linear", a.number("init"), a.span("total"), a.length("warmup", 0), 0); }},
    {"hf_polynomial", hf_polynomial},
    {"inverse_sqrt", inverse_sqrt},
    {"inverse_time", inverse_time},
    {"join", [](Args& a) { return join(parts_of(a, "parts"), a.positions("boundaries")); }},
    {"noam", noam},
    {"onecycle_cosine_optax", [](Args& a) { return one_cycle_optax(a, ""); }},
    {"onecycle_linear_optax", onecycle_linear},
    {"piecewise_interpolate", piecewise_interpolate},
    {"piecewise_scales", [](Args& a) { return scaled_values(a, "constant"); }, true},
    {"piecewise_values", piecewise_values, true},
    {"polynomial", polynomial},
    {"sgdr", sgdr},
    {"step", step},
    {"torch_constant", torch_constant},
    {"torch_cosine", torch_cosine},
    {"torch_cosine_warm_restarts", torch_cosine_warm_restarts},
    {"torch_cyclic", torch_cyclic},
    {"torch_exponential", [](Args& a) { return torch_powers(a, a.number("gamma")); }},
    {"torch_lambda", torch_lambda},
    {"torch_linear", torch_linear},
    {"torch_multi_step", torch_multi_step},
    {"torch_multiplicative", torch_multiplicative},
    {"torch_onecycle", torch_one_cycle},
    {"torch_polynomial", torch_polynomial},
    {"warmup_cosine", warmup_cosine},
    {"wsd", wsd},
};

}  // namespace

std::string schedule_text(const Json& schedule, const Clock& clock) {
  const std::string name = read_string(member(schedule, "name"), "name");
  const Shape* found = find_named(kShapes, name);
  if (found == nullptr) throw Skip("schedule " + name);
  if (clock.origin != 0 && !found->anywhere) throw Skip("points that are no numbers of updates");
  Args args(schedule, name, clock);
  args.find("name");
  const std::string text = found->text(args);
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
