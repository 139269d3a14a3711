// The kinds of case that consist of rates: a schedule, or schedulers of torch.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "base/spec.h"
#include "transforms/reduce_on_plateau.h"
#include "verify/verify.h"

namespace thalweg::oracle {
namespace {

constexpr double kLargestPoint = 1e9;  // in updates: a walk through that many cycles still ends
constexpr double kFinestShare = 100;   // of an update, in which points may be told

// The fewest parts of an update in which every point is a whole number, and so a number of updates of a
// schedule whose lengths are as many times as long; nothing when there are none.
std::optional<double> parts_of_update(const std::vector<double>& points) {
  const auto whole = [&](double parts) {
    return std::all_of(points.begin(), points.end(), [&](double point) {
      return std::abs(point * parts) <= kLargestPoint && std::round(point * parts) / parts == point;
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
  return {*parts, std::min(0.0, *std::min_element(points.begin(), points.end()))};
}

std::uint64_t updates_at(double point, const Clock& clock) {
  return static_cast<std::uint64_t>(std::round((point - clock.origin) * clock.scale));
}

// A scheduler of torch that is one function of the epoch.
struct Scheduler {
  std::string_view name;
  std::string_view shape;
  bool scales = true;  // it multiplies the rate by a factor that depends on the epoch alone
};

constexpr Scheduler kSchedulers[] = {
    {"ConstantLR", "torch_constant"},
    {"CosineAnnealingLR", "torch_cosine", false},
    {"CosineAnnealingWarmRestarts", "torch_cosine_warm_restarts", false},
    {"CyclicLR", "torch_cyclic", false},
    {"ExponentialLR", "torch_exponential"},
    {"LambdaLR", "torch_lambda"},
    {"LinearLR", "torch_linear"},
    {"MultiStepLR", "torch_multi_step"},
    {"MultiplicativeLR", "torch_multiplicative"},
    {"OneCycleLR", "torch_onecycle", false},
    {"PolynomialLR", "torch_polynomial"},
    {"StepLR", "step"},
};

std::string name_of(const Json& scheduler) { return read_string(member(scheduler, "cls"), "cls"); }

std::string names_of(const std::vector<Json>& schedulers) {
  std::vector<std::string> names(schedulers.size());
  std::ranges::transform(schedulers, names.begin(), name_of);
  return listed(names, " and ");
}

// Arguments that may be a list with a member for each group.
constexpr const char* kOfGroups[] = {"base_lr",      "max_lr", "base_momentum",
                                     "max_momentum", "min_lr", "lr_lambda"};

// A group of parameters.
struct Group {
  std::size_t index = 0;
  double initial = 0;  // its rate
};

// The arguments of the scheduler for a group: those that do nothing are left out.
Json args_of(const Json& scheduler, const Group& group = {}) {
  const auto found = scheduler.find("args");
  Json args = found == scheduler.end() ? Json::object() : *found;
  if (!args.is_object()) throw Malformed("`args` of a scheduler is not an object");
  if (args.contains("last_epoch") && args["last_epoch"] == -1) args.erase("last_epoch");
  for (const char* key : kOfGroups) {
    if (!args.contains(key) || !args[key].is_array()) continue;
    if (group.index >= args[key].size()) throw Malformed("a group has no `" + std::string(key) + "`");
    args[key] = Json(args[key][group.index]);
  }
  return args;
}

// The schedulers that one holds: at once (chained) or one after another (sequential).
std::vector<Json> inner(const Json& scheduler) {
  const std::string name = name_of(scheduler);
  if (name != "ChainedScheduler" && name != "SequentialLR") return {};
  return read_array(member(args_of(scheduler), "schedulers"), "schedulers");
}

// Every scheduler, the inner ones included, that the engine has no schedule for.
void check_known(const std::vector<Json>& schedulers, std::string& reasons) {
  for (const Json& scheduler : schedulers) {
    const std::vector<Json> parts = inner(scheduler);
    if (parts.empty() && find_named(kSchedulers, name_of(scheduler)) == nullptr) {
      add_reason(reasons, "scheduler " + name_of(scheduler));
    }
    check_known(parts, reasons);
  }
}

bool scales(const Json& scheduler) {
  const Scheduler* found = find_named(kSchedulers, name_of(scheduler));
  if (found != nullptr) return found->scales;
  const std::vector<Json> parts = inner(scheduler);
  return name_of(scheduler) == "ChainedScheduler" && std::ranges::all_of(parts, scales);
}

std::string text_of(const Json& scheduler, const Group& group, const Clock& clock);

// Schedulers at once: their factors multiply.
std::string text_at_once(const std::vector<Json>& schedulers, const Group& group, const Clock& clock) {
  if (schedulers.size() == 1) return text_of(schedulers[0], group, clock);
  if (!std::ranges::all_of(schedulers, scales)) {
    throw Skip("several schedulers at once: " + names_of(schedulers));
  }
  std::vector<std::string> factors = {print_number(group.initial)};
  for (const Json& one : schedulers) factors.push_back(text_of(one, {group.index, 1.0}, clock));
  return "product([" + listed(factors) + "])";
}

// Schedulers one after another: each begins anew, from the initial rate.
std::string text_in_turn(const Json& scheduler, const Group& group, const Clock& clock) {
  std::vector<std::string> parts;
  for (const Json& one : inner(scheduler)) parts.push_back(text_of(one, group, clock));
  std::vector<double> at = read_numbers(member(args_of(scheduler), "milestones"), "milestones");
  for (double& milestone : at) milestone *= clock.scale;
  return "join([" + listed(parts) + "], at=" + list_text(at) + ")";
}

std::string named_text(const std::string& name, Json schedule, const Clock& clock) {
  schedule["name"] = find_named(kSchedulers, name)->shape;
  try {
    return schedule_text(schedule, clock);
  } catch (const Skip& skip) {
    throw Skip("scheduler " + name + ": " + skip.what());
  }
}

std::string text_of(const Json& scheduler, const Group& group, const Clock& clock) {
  const std::string name = name_of(scheduler);
  Json schedule = args_of(scheduler, group);
  const bool at_once = name == "ChainedScheduler";
  if (at_once || name == "SequentialLR") {
    const std::size_t known = at_once ? 1 : 2;
    if (schedule.size() > known) throw Skip("scheduler " + name + " with more options");
    return at_once ? text_at_once(inner(scheduler), group, clock) : text_in_turn(scheduler, group, clock);
  }
  schedule["init"] = group.initial;
  return named_text(name, std::move(schedule), clock);
}

// The momentum that a scheduler moves against the rate: the same schedule, upside down.
std::string momentum_text(const Json& scheduler, const Group& group, const Clock& clock) {
  const std::string name = name_of(scheduler);
  Json schedule = args_of(scheduler, group);
  const bool cyclic = name == "CyclicLR";
  if (!schedule.value("cycle_momentum", true)) throw Skip("a momentum that is not cycled");
  schedule[cyclic ? "base_lr" : "floor"] = schedule.value("base_momentum", Json(cyclic ? 0.8 : 0.85));
  schedule["max_lr"] = schedule.value("max_momentum", Json(cyclic ? 0.9 : 0.95));
  schedule["opposite"] = true;
  return named_text(name, std::move(schedule), clock);
}

// The schedulers of a case.
struct Case {
  std::string mode;
  std::vector<Json> schedulers;
  std::optional<Json> plateau;  // stands before them
  std::vector<double> at;       // epochs, where they are told
};

// Functions of Python are told beside the schedulers, as text.
void add_lambdas(const Json& test, std::vector<Json>& schedulers) {
  const auto found = test.find("lambda_expressions");
  if (found == test.end() || schedulers.size() != 1 || !schedulers[0].contains("args")) return;
  schedulers[0]["args"]["lr_lambda"] = *found;
}

Case read_case(const Json& test) {
  Case out{read_string(member(test, "mode"), "mode"),
           read_array(member(test, "schedulers"), "schedulers"),
           {},
           {}};
  if (out.schedulers.empty()) throw Malformed("there are no schedulers");
  add_lambdas(test, out.schedulers);
  if (name_of(out.schedulers[0]) == "ReduceLROnPlateau") {
    out.plateau = out.schedulers[0];
    out.schedulers.erase(out.schedulers.begin());
  }
  std::string reasons;
  check_known(out.schedulers, reasons);
  for (const auto& [key, value] : test.items()) {
    if (key.starts_with("expected") && key != "expected_lr") add_reason(reasons, "field " + key);
  }
  if (!reasons.empty()) throw Skip(reasons);
  if (const auto at = test.find("at"); at != test.end()) out.at = read_numbers(*at, "at");
  return out;
}

// At which epochs the rates are told.
std::vector<double> epochs_of(const Case& rates, std::size_t count) {
  if (rates.mode == "epoch" || rates.mode == "cycle") {
    std::vector<double> epochs(count);
    std::iota(epochs.begin(), epochs.end(), 0.0);
    return epochs;
  }
  const bool at = rates.mode == "cawr_at" || rates.mode == "cawr_fraction";
  const std::string names = names_of(rates.schedulers);
  if (!at || names != "CosineAnnealingWarmRestarts") throw Skip("mode " + rates.mode + " of " + names);
  if (rates.at.size() != count) throw Malformed("`at` and `expected_lr` differ in length");
  return rates.at;
}

void compare_rates(const Case& rates, const Group& group, const std::vector<double>& want,
                   Comparison& comparison) {
  const std::vector<double> epochs = epochs_of(rates, want.size());
  const Clock clock = make_clock(epochs);
  const Schedule schedule = make_schedule(text_at_once(rates.schedulers, group, clock));
  for (std::size_t i = 0; i < want.size(); ++i) {
    comparison.add(i, "", group.index, schedule(updates_at(epochs[i], clock)), want[i]);
  }
}

bool holds_numbers(const Json& targets) {
  return targets.is_array() ? std::ranges::any_of(targets, holds_numbers) : !targets.is_null();
}

// A momentum for each group and epoch, beside the rates; null where none is cycled.
void compare_momenta(const Case& rates, const Json& targets, Comparison& comparison) {
  if (!holds_numbers(targets)) return;
  const std::string names = names_of(rates.schedulers);
  if (names != "CyclicLR" && names != "OneCycleLR") throw Skip("momentum_targets of " + names);
  for (std::size_t group = 0; group < read_array(targets, "momentum_targets").size(); ++group) {
    if (!holds_numbers(targets[group])) continue;
    const std::vector<double> want = read_numbers(targets[group], "momentum_targets");
    const Schedule schedule = make_schedule(momentum_text(rates.schedulers[0], {group, 0.0}, {}));
    for (std::size_t i = 0; i < want.size(); ++i) comparison.add(i, "momentum", group, schedule(i), want[i]);
  }
}

Plateau make_plateau(const Json& scheduler, const Group& group) {
  const Json args = args_of(scheduler, group);
  Fields a(args, "scheduler ReduceLROnPlateau");
  const auto count = [&](const char* keys) { return static_cast<std::uint64_t>(a.number(keys)); };
  const bool max = a.text("mode", "min") == "max", absolute = a.text("threshold_mode", "rel") == "abs";
  const PlateauOptions options{
      .factor = a.number("factor|0.1"),
      .patience = count("patience|10"),
      .cooldown = count("cooldown|0"),
      .threshold = a.number("threshold|1e-4"),
      .threshold_mode = absolute ? PlateauOptions::Threshold::absolute : PlateauOptions::Threshold::torch,
      .mode = max ? PlateauOptions::Mode::max : PlateauOptions::Mode::min,
      .floor = a.number("min_lr|0"),
      .eps = a.number("eps|1e-8")};
  a.skip_unread();
  return {.options = options};
}

// The rate that the schedulers' changes are in proportion to the distance from: 0 where they scale.
double resting_rate(const std::vector<Json>& schedulers) {
  if (std::ranges::all_of(schedulers, scales)) return 0.0;
  if (schedulers.size() == 1 && name_of(schedulers[0]) == "CosineAnnealingLR") {
    return args_of(schedulers[0]).value("eta_min", 0.0);
  }
  throw Skip("ReduceLROnPlateau beside a scheduler that sets the rate");
}

// A cut of the present rate stays, as a share of the schedule: each scheduler goes on from the rate that it
// finds. At its resting rate the schedule begins anew.
void compare_plateau(const Json& test, const Case& rates, const Group& group, const std::vector<double>& want,
                     Comparison& comparison) {
  if (rates.mode != "plateau") throw Skip("mode " + rates.mode + " of ReduceLROnPlateau");
  const std::vector<double> metrics = read_numbers(member(test, "metrics"), "metrics");
  if (metrics.size() != want.size()) throw Malformed("`metrics` and `expected_lr` differ in length");
  const double rest = resting_rate(rates.schedulers);
  const Schedule schedule = rates.schedulers.empty()
                                ? Schedule(group.initial)
                                : make_schedule(text_at_once(rates.schedulers, group, {}));
  Plateau plateau = make_plateau(*rates.plateau, group);
  double share = 1.0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double found = rest + share * (schedule(i) - rest);
    plateau.rate = found;
    plateau.observe(metrics[i]);
    share = found == rest ? 1.0 : share * (plateau.rate - rest) / (found - rest);
    comparison.add(i, "", group.index, rest + share * (schedule(i + 1) - rest), want[i]);
  }
}

}  // namespace

void replay_schedule(const Json& test, Comm*, Comparison& comparison) {
  const Json& points = read_array(member(test, "points"), "points");
  std::vector<double> at, want;
  for (const Json& point : points) {
    if (!point.is_array() || point.size() != 2) throw Malformed("a point is not a pair");
    at.push_back(read_number(point[0], "points"));
    want.push_back(read_number(point[1], "points"));
  }
  const Json& description = member(test, "schedule");
  const std::string name = read_string(member(description, "name"), "name");
  schedule_text(description, {});  // a name that the engine lacks is told before points that it lacks
  const Clock clock = make_clock(at);
  const Schedule schedule = make_schedule(schedule_text(description, clock));
  for (std::size_t i = 0; i < at.size(); ++i) {
    comparison.add(static_cast<std::uint64_t>(std::max(at[i], 0.0)), "", i,
                   schedule(updates_at(at[i], clock)), want[i]);
  }
}

void replay_scheduler(const Json& test, Comm*, Comparison& comparison) {
  const Case rates = read_case(test);
  const Json& initial = read_array(member(test, "initial_lr"), "initial_lr");
  const Json& expected = read_array(member(test, "expected_lr"), "expected_lr");
  if (expected.size() > initial.size()) throw Malformed("a group has no `initial_lr`");
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Group group{i, read_number(initial[i], "initial_lr")};
    const std::vector<double> want = read_numbers(expected[i], "expected_lr");
    if (rates.plateau) {
      compare_plateau(test, rates, group, want, comparison);
    } else {
      compare_rates(rates, group, want, comparison);
    }
  }
  if (const auto targets = test.find("momentum_targets"); targets != test.end()) {
    compare_momenta(rates, *targets, comparison);
  }
}

}  // namespace thalweg::oracle
