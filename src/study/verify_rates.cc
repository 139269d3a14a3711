// The kinds of case that consist of rates: a schedule, or schedulers of torch.
#include <algorithm>
#include <cmath>
#include <optional>

#include "base/spec.h"
#include "study/verify.h"

namespace thalweg::oracle {
namespace {

constexpr double kLargestPoint = 1e9;  // in updates: a walk through that many cycles still ends
constexpr double kFinestShare = 100;   // of an update, in which points may be told

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
  return {*parts};
}

std::uint64_t updates_at(double point, const Clock& clock) {
  return static_cast<std::uint64_t>(std::round(point * clock.scale));
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
    {"ExponentialLR", "torch_exponential"},
    {"LinearLR", "torch_linear"},
    {"MultiStepLR", "torch_multi_step"},
    {"PolynomialLR", "torch_polynomial"},
    {"StepLR", "step"},
};

std::string name_of(const Json& scheduler) { return read_string(member(scheduler, "cls"), "cls"); }

// The arguments of the scheduler: those that do nothing are left out.
Json args_of(const Json& scheduler) {
  const auto found = scheduler.find("args");
  Json args = found == scheduler.end() ? Json::object() : *found;
  if (!args.is_object()) throw Malformed("`args` of a scheduler is no object");
  if (args.contains("last_epoch") && args["last_epoch"] == -1) args.erase("last_epoch");
  return args;
}

const Scheduler* find_scheduler(const std::string& name) {
  const auto found = std::find_if(std::begin(kSchedulers), std::end(kSchedulers),
                                  [&](const Scheduler& scheduler) { return scheduler.name == name; });
  return found == std::end(kSchedulers) ? nullptr : found;
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
    if (parts.empty() && find_scheduler(name_of(scheduler)) == nullptr) {
      add_reason(reasons, "scheduler " + name_of(scheduler));
    }
    check_known(parts, reasons);
  }
}

bool scales(const Json& scheduler) {
  const Scheduler* found = find_scheduler(name_of(scheduler));
  if (found != nullptr) return found->scales;
  const std::vector<Json> parts = inner(scheduler);
  return name_of(scheduler) == "ChainedScheduler" && std::all_of(parts.begin(), parts.end(), scales);
}

std::string text_of(const Json& scheduler, double initial, const Clock& clock);

// Schedulers at once: their factors multiply.
std::string text_at_once(const std::vector<Json>& schedulers, double initial, const Clock& clock) {
  if (schedulers.size() == 1) return text_of(schedulers[0], initial, clock);
  if (!std::all_of(schedulers.begin(), schedulers.end(), scales)) {
    std::string names;
    for (const Json& one : schedulers) names += (names.empty() ? "" : " and ") + name_of(one);
    throw Skip("several schedulers at once: " + names);
  }
  std::string text = "product([" + print_number(initial);
  for (const Json& one : schedulers) text += ", " + text_of(one, 1.0, clock);
  return text + "])";
}

// Schedulers one after another: each begins anew, from the initial rate.
std::string text_in_turn(const Json& scheduler, double initial, const Clock& clock) {
  std::string parts, at;
  for (const Json& one : inner(scheduler)) {
    parts += (parts.empty() ? "" : ", ") + text_of(one, initial, clock);
  }
  for (const double milestone : read_numbers(member(args_of(scheduler), "milestones"), "milestones")) {
    at += (at.empty() ? "" : ", ") + print_number(milestone * clock.scale);
  }
  return "join([" + parts + "], at=[" + at + "])";
}

std::string text_of(const Json& scheduler, double initial, const Clock& clock) {
  const std::string name = name_of(scheduler);
  Json schedule = args_of(scheduler);
  const bool at_once = name == "ChainedScheduler";
  if (at_once || name == "SequentialLR") {
    const std::size_t known = at_once ? 1 : 2;
    if (schedule.size() > known) throw Skip("scheduler " + name + " with more options");
    return at_once ? text_at_once(inner(scheduler), initial, clock) : text_in_turn(scheduler, initial, clock);
  }
  schedule["name"] = find_scheduler(name)->shape;
  schedule["init"] = initial;
  try {
    return schedule_text(schedule, clock);
  } catch (const Skip& skip) {
    throw Skip("scheduler " + name + ": " + skip.what());
  }
}

// At which epochs the rates are told.
std::vector<double> epochs_of(const Json& test, const std::string& schedulers, std::size_t count) {
  const std::string mode = read_string(member(test, "mode"), "mode");
  std::vector<double> epochs;
  if (mode == "epoch") {
    for (std::size_t i = 0; i < count; ++i) epochs.push_back(static_cast<double>(i));
    return epochs;
  }
  const bool at = mode == "cawr_at" || mode == "cawr_fraction";
  if (!at || schedulers != "CosineAnnealingWarmRestarts") throw Skip("mode " + mode + " of " + schedulers);
  epochs = read_numbers(member(test, "at"), "at");
  if (epochs.size() != count) throw Malformed("`at` and `expected_lr` differ in length");
  return epochs;
}

}  // namespace

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
  const std::vector<Json> schedulers = read_array(member(test, "schedulers"), "schedulers");
  std::string reasons, names;
  check_known(schedulers, reasons);
  for (const auto& [key, value] : test.items()) {
    const bool compared = key == "momentum_targets" || (key.starts_with("expected") && key != "expected_lr");
    if (compared) add_reason(reasons, "field " + key);
  }
  if (!reasons.empty()) throw Skip(reasons);
  if (schedulers.empty()) throw Malformed("there are no schedulers");
  for (const Json& one : schedulers) names += (names.empty() ? "" : " and ") + name_of(one);
  const Json& initial = read_array(member(test, "initial_lr"), "initial_lr");
  const Json& expected = read_array(member(test, "expected_lr"), "expected_lr");
  if (expected.size() > initial.size()) throw Malformed("a group has no `initial_lr`");
  for (std::size_t group = 0; group < expected.size(); ++group) {
    const std::vector<double> want = read_numbers(expected[group], "expected_lr");
    const std::vector<double> epochs = epochs_of(test, names, want.size());
    const Clock clock = make_clock(epochs);
    const double first = read_number(initial[group], "initial_lr");
    const Schedule schedule = make_schedule(text_at_once(schedulers, first, clock));
    for (std::size_t i = 0; i < want.size(); ++i) {
      comparison.add(i, "", group, schedule(updates_at(epochs[i], clock)), want[i]);
    }
  }
}

}  // namespace thalweg::oracle
