// The schedules of cases as texts of the engine, and the kinds of case that consist of them.
//
// One function and one row for each name that the engine can express. Each function either writes the very
// function that the name stands for, or throws Skip with what differs.
#include <algorithm>
#include <cmath>
#include <optional>

#include "base/spec.h"
#include "study/verify.h"
#include "thalweg/error.h"

namespace thalweg::oracle {
namespace {

constexpr double kLargestPoint = 1e9;  // in updates: a walk through that many cycles still ends
constexpr double kFinestShare = 100;   // of an update, in which points may be told

std::string option(const char* name, double value) {
  return ", " + std::string(name) + "=" + print_number(value);
}

std::string constant(double value, double warmup = 0) {
  return "constant(" + print_number(value) + option("warmup", warmup) + ")";
}

// linear or cosine: `total` includes the warm-up, which starts at 0.
std::string decay(const char* shape, double peak, double total, double warmup, double floor) {
  return std::string(shape) + "(" + print_number(peak) + option("total", total) + option("warmup", warmup) +
         option("floor", floor) + ")";
}

// Cycles that go on for ever.
std::string cycles(double peak, double period, double mult, double gamma, double floor) {
  return "cyclic(" + print_number(peak) + option("period", period) + option("mult", mult) +
         option("gamma", gamma) + option("floor", floor) + ")";
}

// The arguments of one schedule.
class Args : public Fields {
 public:
  Args(const Json& schedule, std::string name, const Clock& clock)
      : Fields(schedule, "schedule " + name), name_(std::move(name)), clock_(clock) {}

  double length(const std::string& key) { return number(key) * clock_.scale; }
  double length(const std::string& key, double fallback) { return number(key, fallback) * clock_.scale; }
  double last() const { return clock_.last * clock_.scale; }

  // What the engine's shape has no option for must have the value at which it does nothing.
  void only(const std::string& key, double neutral) {
    const double value = number(key, neutral);
    if (value != neutral) lacks(key + " " + print_number(value));
  }
  [[noreturn]] void lacks(const std::string& what) const { throw Skip("schedule " + name_ + ", " + what); }

 private:
  std::string name_;
  Clock clock_;
};

std::string constant_of(Args& a) { return constant(a.number("value")); }

std::string polynomial(Args& a) {
  if (a.flag("cycle", false)) a.lacks("cycle");
  a.only("begin", 0);
  a.only("power", 1);
  return decay("linear", a.number("init"), a.length("steps"), 0, a.number("end"));
}

// `steps` excludes the warm-up, which goes from init to the target.
std::string cosine(Args& a) {
  a.only("exponent", 1);
  const double init = a.number("init"), steps = a.length("steps"), alpha = a.number("alpha", 0);
  const double warmup = a.length("warmup_steps", 0), target = a.number("warmup_target", init);
  if (warmup == 0 && target != init) a.lacks("warmup_target without warmup_steps");
  if (warmup != 0 && a.find("warmup_target") == nullptr) a.lacks("warmup_steps without warmup_target");
  if (warmup != 0 && init != 0) a.lacks("warm-up from init " + print_number(init));
  return decay("cosine", target, warmup + steps, warmup, alpha * target);
}

// `decay_steps` includes the warm-up. The share end / peak has no meaning at a peak of 0.
std::string warmup_cosine(Args& a) {
  a.only("exponent", 1);
  const double init = a.number("init", 0), peak = a.number("peak"), end = a.number("end", 0);
  const double warmup = a.length("warmup_steps", 0);
  if (warmup != 0 && init != 0) a.lacks("warm-up from init " + print_number(init));
  if (peak == 0 && end != 0) a.lacks("peak 0");
  return decay("cosine", peak, a.length("decay_steps"), warmup, end);
}

// The floor is a share of the cycle's height there and absolute here: equal when one of the two does nothing.
std::string cosine_restarts(Args& a) {
  const double init = a.number("init"), alpha = a.number("alpha", 0), gamma = a.number("m_mul", 1);
  if (gamma != 1 && alpha != 0) a.lacks("m_mul with alpha");
  return cycles(init, a.length("first_steps"), a.number("t_mul", 2), gamma, alpha * init);
}

// A rate that does not decay stands still, but for the end value that bounds it.
std::string exponential(Args& a) {
  const double rate = a.number("decay_rate");
  if (rate != 1) a.lacks("decay_rate " + print_number(rate));
  if (a.find("end_value") != nullptr) a.lacks("end_value");
  a.number("decay_steps");
  a.number("begin", 0);
  a.flag("staircase", false);
  return constant(a.number("init"));
}

// Between two knots it is one of the engine's lines; with more it is none of its shapes.
std::string piecewise_interpolate(Args& a) {
  const Json* knots = a.find("boundaries_and_scales");
  if (knots == nullptr) a.lacks("no boundaries_and_scales");
  const double init = a.number("init");
  const std::string kind = a.text("kind", "linear");
  if (kind != "linear" && kind != "cosine") a.lacks("kind " + kind);
  if (read_array(*knots, "boundaries_and_scales").empty()) return constant(init);
  if (knots->size() > 1) a.lacks("several boundaries");
  const std::vector<double> knot = read_numbers(*knots, "boundaries_and_scales");
  if (knot.size() != 2) throw Malformed("a boundary has no scale");
  return decay(kind.c_str(), init, knot[0], 0, init * knot[1]);
}

std::string torch_constant(Args& a) {
  a.number("total_iters", 5);
  const double factor = a.number("factor", 1.0 / 3.0);
  if (factor != 1) a.lacks("factor " + print_number(factor));
  return constant(a.number("init"));
}

std::string torch_linear(Args& a) {
  const double init = a.number("init");
  return decay("linear", init * a.number("start_factor", 1.0 / 3.0), a.length("total_iters", 5), 0,
               init * a.number("end_factor", 1));
}

std::string torch_polynomial(Args& a) {
  a.only("power", 1);
  return decay("linear", a.number("init"), a.length("total_iters", 5), 0, 0);
}

// Not held behind T_max: it climbs again.
std::string torch_cosine(Args& a) {
  const double length = a.length("T_max");
  if (a.last() > length) a.lacks("points past T_max");
  return decay("cosine", a.number("init"), length, 0, a.number("eta_min", 0));
}

std::string torch_cosine_warm_restarts(Args& a) {
  return cycles(a.number("init"), a.length("T_0"), a.number("T_mult", 1), 1, a.number("eta_min", 0));
}

std::string hf_constant_warmup(Args& a) { return constant(a.number("init"), a.length("warmup", 0)); }

std::string hf_linear(Args& a) {
  return decay("linear", a.number("init"), a.length("total"), a.length("warmup", 0), 0);
}

std::string hf_cosine(Args& a) {
  a.only("cycles", 0.5);
  return decay("cosine", a.number("init"), a.length("total"), a.length("warmup", 0), 0);
}

std::string hf_cosine_hard_restarts(Args& a) {
  return "cyclic(" + print_number(a.number("init")) + option("total", a.length("total")) +
         option("cycles", a.number("cycles", 1)) + option("warmup", a.length("warmup", 0)) + ")";
}

std::string hf_polynomial(Args& a) {
  a.only("power", 1);
  return decay("linear", a.number("init"), a.length("total"), a.length("warmup", 0), a.number("lr_end"));
}

std::string wsd(Args& a) {
  a.only("stable", 0);
  const std::string shape = a.text("shape", "linear");
  if (shape != "linear" && shape != "cosine") a.lacks("shape " + shape);
  const double warmup = a.length("warmup", 0);
  return decay(shape.c_str(), a.number("init"), warmup + a.length("decay"), warmup, a.number("floor", 0));
}

struct Shape {
  std::string_view name;
  std::string (*text)(Args& args);
};

constexpr Shape kShapes[] = {
    {"constant", constant_of},
    {"cosine", cosine},
    {"cosine_restarts", cosine_restarts},
    {"exponential", exponential},
    {"hf_constant_warmup", hf_constant_warmup},
    {"hf_cosine", hf_cosine},
    {"hf_cosine_hard_restarts", hf_cosine_hard_restarts},
    {"hf_linear", hf_linear},
    {"hf_polynomial", hf_polynomial},
    {"piecewise_interpolate", piecewise_interpolate},
    {"polynomial", polynomial},
    {"torch_constant", torch_constant},
    {"torch_cosine", torch_cosine},
    {"torch_cosine_warm_restarts", torch_cosine_warm_restarts},
    {"torch_linear", torch_linear},
    {"torch_polynomial", torch_polynomial},
    {"warmup_cosine", warmup_cosine},
    {"wsd", wsd},
};

// Schedulers of torch that are one of these functions of the epoch.
struct Scheduler {
  std::string_view name;
  std::string_view shape;
};

constexpr Scheduler kSchedulers[] = {
    {"ConstantLR", "torch_constant"},
    {"CosineAnnealingLR", "torch_cosine"},
    {"CosineAnnealingWarmRestarts", "torch_cosine_warm_restarts"},
    {"LinearLR", "torch_linear"},
    {"PolynomialLR", "torch_polynomial"},
};

// Lengths that the engine refuses at zero and below, while other libraries give them a meaning of their own.
constexpr const char* kLengths[] = {"steps",       "total", "decay_steps", "first_steps",
                                    "total_iters", "T_max", "T_0"};

void check_lengths(const Json& schedule) {
  for (const char* key : kLengths) {
    const auto length = schedule.find(key);
    if (length == schedule.end() || !length->is_number() || length->get<double>() > 0) continue;
    throw Skip("refused by design: " + std::string(key) + " " + print_number(length->get<double>()));
  }
}

// The fewest parts of an update in which every point is a whole number, and so a number of updates of a
// schedule whose lengths are as many times as long; nothing when there are none.
std::optional<double> parts_of_update(const std::vector<double>& points) {
  const auto whole = [&](double parts) {
    return std::all_of(points.begin(), points.end(), [&](double point) {
      return point >= 0 && point * parts <= kLargestPoint && std::round(point * parts) / parts == point;
    });
  };
  for (double parts = 1; parts <= kFinestShare; ++parts) {
    if (whole(parts)) return parts;
  }
  return std::nullopt;
}

Clock make_clock(const std::vector<double>& points) {
  if (points.empty()) throw Malformed("there are no points");
  const std::optional<double> parts = parts_of_update(points);
  if (!parts) throw Skip("points that are no numbers of updates");
  return {*std::max_element(points.begin(), points.end()), *parts};
}

std::uint64_t updates_at(double point, const Clock& clock) {
  return static_cast<std::uint64_t>(std::round(point * clock.scale));
}

const Scheduler& find_scheduler(const std::string& name) {
  const auto found = std::find_if(std::begin(kSchedulers), std::end(kSchedulers),
                                  [&](const Scheduler& scheduler) { return scheduler.name == name; });
  if (found == std::end(kSchedulers)) throw Skip("scheduler " + name);
  return *found;
}

// The only scheduler of the case; a chain of one is that one.
const Json& only_scheduler(const Json& test) {
  const Json* list = &read_array(member(test, "schedulers"), "schedulers");
  std::string names;
  while (true) {
    names.clear();
    for (const Json& one : *list)
      names += (names.empty() ? "" : " and ") + read_string(member(one, "cls"), "cls");
    if (list->size() != 1) throw Skip("several schedulers at once: " + names);
    const Json& only = list->at(0);
    if (names != "ChainedScheduler") return only;
    list = &read_array(member(member(only, "args"), "schedulers"), "schedulers");
  }
}

// At which epochs the rates are told.
std::vector<double> epochs_of(const Json& test, const std::string& scheduler, std::size_t count) {
  const std::string mode = read_string(member(test, "mode"), "mode");
  std::vector<double> epochs;
  if (mode == "epoch") {
    for (std::size_t i = 0; i < count; ++i) epochs.push_back(static_cast<double>(i));
    return epochs;
  }
  const bool at = mode == "cawr_at" || mode == "cawr_fraction";
  if (!at || scheduler != "CosineAnnealingWarmRestarts") throw Skip("mode " + mode + " of " + scheduler);
  epochs = read_numbers(member(test, "at"), "at");
  if (epochs.size() != count) throw Malformed("`at` and `expected_lr` differ in length");
  return epochs;
}

Schedule scheduler_of_group(const Json& scheduler, const Json& initial, const Clock& clock) {
  const std::string name = read_string(member(scheduler, "cls"), "cls");
  const auto args = scheduler.find("args");
  Json schedule = args == scheduler.end() ? Json::object() : *args;
  if (!schedule.is_object()) throw Malformed("`args` of a scheduler is no object");
  schedule["name"] = find_scheduler(name).shape;
  schedule["init"] = read_number(initial, "initial_lr");
  if (schedule.contains("last_epoch") && schedule["last_epoch"] == -1) schedule.erase("last_epoch");
  try {
    return make_schedule(schedule_text(schedule, clock));
  } catch (const Skip& skip) {
    throw Skip("scheduler " + name + ": " + skip.what());
  }
}

}  // namespace

std::string schedule_text(const Json& schedule, const Clock& clock) {
  const std::string name = read_string(member(schedule, "name"), "name");
  check_lengths(schedule);
  const auto found = std::find_if(std::begin(kShapes), std::end(kShapes),
                                  [&](const Shape& shape) { return shape.name == name; });
  if (found == std::end(kShapes)) throw Skip("schedule " + name);
  Args args(schedule, name, clock);
  args.find("name");
  const std::string text = found->text(args);
  for (const std::string& key : args.unread()) args.lacks(key);
  return text;
}

Schedule make_schedule(const std::string& text) {
  try {
    return Schedule(std::string_view(text));
  } catch (const Error& error) {
    throw Skip("refused by design: " + refusal(error));
  }
}

void replay_schedule(const Json& test, Comparison& comparison) {
  const Json& points = read_array(member(test, "points"), "points");
  std::vector<double> at, want;
  for (const Json& point : points) {
    if (!point.is_array() || point.size() != 2) throw Malformed("a point is no pair");
    at.push_back(read_number(point[0], "points"));
    want.push_back(read_number(point[1], "points"));
  }
  const Json& description = member(test, "schedule");
  const std::string name = read_string(member(description, "name"), "name");
  schedule_text(description, {});  // a name that the engine lacks is told before points that it lacks
  const Clock clock = make_clock(at);
  const Schedule schedule = make_schedule(schedule_text(description, clock));
  for (std::size_t i = 0; i < at.size(); ++i) {
    comparison.add(static_cast<std::uint64_t>(at[i]), "", i, schedule(updates_at(at[i], clock)), want[i]);
  }
}

void replay_scheduler(const Json& test, Comparison& comparison) {
  const Json& scheduler = only_scheduler(test);
  const std::string name = read_string(member(scheduler, "cls"), "cls");
  find_scheduler(name);
  for (const auto& [key, value] : test.items()) {
    const bool compared = key == "momentum_targets" || (key.starts_with("expected") && key != "expected_lr");
    if (compared) throw Skip("field " + key);
  }
  const Json& initial = read_array(member(test, "initial_lr"), "initial_lr");
  const Json& expected = read_array(member(test, "expected_lr"), "expected_lr");
  if (expected.size() > initial.size()) throw Malformed("a group has no `initial_lr`");
  for (std::size_t group = 0; group < expected.size(); ++group) {
    const std::vector<double> want = read_numbers(expected[group], "expected_lr");
    const std::vector<double> epochs = epochs_of(test, name, want.size());
    const Clock clock = make_clock(epochs);
    const Schedule schedule = scheduler_of_group(scheduler, initial[group], clock);
    for (std::size_t i = 0; i < want.size(); ++i) {
      comparison.add(i, "", group, schedule(updates_at(epochs[i], clock)), want[i]);
    }
  }
}

}  // namespace thalweg::oracle
