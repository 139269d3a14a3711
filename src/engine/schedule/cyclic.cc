// Cosine annealing with restarts.
#include <algorithm>
#include <cmath>

#include "schedule/schedules.h"

namespace thalweg {
namespace {

constexpr Option kCyclic[] = {
    kSchedulePeak,
    kScheduleTotal,
    {.name = "cycles",
     .type = OptionType::integer,
     .range = {1, 1e9},
     .doc = "how many cycles fill the span behind the warm-up"},
    {.name = "period",
     .type = OptionType::length,
     .range = kAtLeastOne,
     .unit = "updates",
     .doc = "length of the first cycle, instead of `cycles`; without `total` cycles go on for ever"},
    {.name = "mult",
     .type = OptionType::number,
     .fallback = "1",
     .range = kAtLeastOne,
     .doc = "each cycle is this many times as long as the one before"},
    {.name = "gamma",
     .type = OptionType::number,
     .fallback = "1",
     .range = kPositive,
     .doc = "the peak of each cycle is this many times that of the one before"},
    kScheduleWarmup,
    kScheduleFloor,
    kScheduleWarmupFrom,
    {.name = "floor_form",
     .type = OptionType::choice,
     .fallback = "absolute",
     .doc = "gamma scales the peak above a floor that stays, or (share) the peak's height above the floor",
     .choices = "absolute|share"},
    {.name = "inclusive",
     .type = OptionType::flag,
     .fallback = "false",
     .doc = "the last update of a cycle has the floor; else only the restart behind it would"},
    kScheduleWarmupShape,
    kScheduleAlign,
    kDialect};

constexpr DialectDefault kDialects[] = {
    {"torch", "floor_form", "share"}, {"keras", "floor_form", "share"}, {"keras", "mult", "2"}};

constexpr std::string_view kForTotal[] = {"period"};

// The options by name.
struct Cyclic {
  explicit Cyclic(const ScheduleOptions& o)
      : peak(o[0]),
        total(o[1]),
        cycles(o[2]),
        period(o[3]),
        mult(o[4]),
        gamma(o[5]),
        floor(o[7]),
        share(o[9] != 0),
        inclusive(o[10] != 0),
        span(total - o.warmup) {}

  // The height of a cycle; the first one's is the peak exactly.
  double top(double cycle) const {
    if (!share || gamma == 1.0 || cycle == 0.0) return scaled(peak, gamma, cycle);
    return floor + scaled(peak - floor, gamma, cycle);
  }

  double peak, total, cycles, period, mult, gamma, floor;
  bool share, inclusive;
  double span;  // NaN when `total` is not given
};

struct Position {
  double cycle;   // number of the cycle
  double done;    // of it, in a measure of its own
  double length;  // of it, in the same measure
  double update;  // one update in the same measure
};

// Cycles of equal length n / c: cycle boundaries are compared in whole numbers, so that a restart is never an
// update late by rounding.
Position equal_cycles(double j, double n, double c) {
  const double cycle = std::floor(j * c / n);
  return {cycle, j * c - cycle * n, n, c};
}

// Cycles that grow from `period`; the last of `cycles` takes what rounding left. Whole lengths are exact in
// double. The logarithm may miss a restart by rounding, so the cycle is looked for beside the one that it
// names.
Position growing_cycles(double j, double period, double mult, double cycles) {
  const auto begin = [&](double cycle) { return period * (std::pow(mult, cycle) - 1.0) / (mult - 1.0); };
  const double guess = std::floor(std::log1p(j * (mult - 1.0) / period) / std::log(mult));
  double cycle = std::fmin(std::fmax(guess - 1.0, 0.0), cycles - 1.0);
  while (cycle + 1.0 < cycles && j >= begin(cycle + 1.0)) ++cycle;
  return {cycle, j - begin(cycle), period * std::pow(mult, cycle), 1.0};
}

Position position(const Cyclic& o, double j) {
  const bool by_period = !std::isnan(o.period);
  if (o.mult == 1.0) return by_period ? equal_cycles(j, o.period, 1.0) : equal_cycles(j, o.span, o.cycles);
  if (by_period) return growing_cycles(j, o.period, o.mult, INFINITY);
  const double first = o.span * (o.mult - 1.0) / (std::pow(o.mult, o.cycles) - 1.0);
  return growing_cycles(j, first, o.mult, o.cycles);
}

double cyclic_value(const ScheduleOptions& options, double j) {
  const Cyclic o(options);
  if (j >= o.span) return o.floor;  // false when `total` is not given
  const Position at = position(o, j);
  // A cycle of one update is its restart, which has the peak.
  const double length = o.inclusive ? std::fmax(at.length - at.update, at.update) : at.length;
  return between(o.floor, o.top(at.cycle), half_cosine(std::fmin(at.done / length, 1.0)));
}

// The tops of the cycles rise or fall from the peak, for ever where their number is not known.
Bounds cyclic_bounds(const ScheduleOptions& options) {
  const Cyclic o(options);
  double last = o.peak;
  if (o.gamma != 1.0) last = o.top(std::isnan(o.cycles) ? INFINITY : o.cycles - 1.0);
  return {std::min({o.peak, o.floor, last}), std::max({o.peak, o.floor, last})};
}

std::optional<Message> check_cyclic(const Settings& settings, const ScheduleOptions&) {
  const auto given = [&](std::size_t i) { return !std::holds_alternative<std::monostate>(settings[i]); };
  if (given(2) != given(3)) return std::nullopt;
  return Message{"", "`cyclic` needs either `cycles` or `period`", given(2) ? "both" : "neither",
                 "one of the two", ""};
}

}  // namespace

extern const ScheduleShape kCyclicSchedule{
    .spec = {"cyclic",
             "cosine annealing with restarts: a restart has the new cycle's peak; the floor from `total` on",
             "Loshchilov and Hutter 2016, arXiv:1608.03983", kCyclic, true, kDialects},
    .value = cyclic_value,
    .bounds = cyclic_bounds,
    .check = check_cyclic,
    .for_total = kForTotal};

}  // namespace thalweg
