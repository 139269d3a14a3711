// The shapes of schedules: one function and one row each.
//
// k is the number of updates done. A warm-up of w updates is the line peak * k / w and is part of `total`;
// behind it j = k - w counts the n = total - w updates of the decay. Ends are exact: the value is the peak at
// j = 0 and the floor from j = n on.
#include "optim/schedules.h"

#include <cmath>
#include <numbers>

namespace thalweg {
namespace {

using Numbers = std::span<const double>;

constexpr Option kPeak{.name = "peak",
                       .type = OptionType::number,
                       .range = kNotNegative,
                       .doc = "highest value, reached at the end of the warm-up",
                       .required = true};
constexpr Option kTotal{
    .name = "total",
    .type = OptionType::length,
    .range = kAtLeastOne,
    .unit = "updates",
    .doc = "where the floor is reached, the warm-up included; the run's updates when left out"};
constexpr Option kWarmup{.name = "warmup",
                         .type = OptionType::length,
                         .fallback = "0",
                         .range = kNotNegative,
                         .unit = "updates",
                         .doc = "updates of the line from 0 to the peak"};
constexpr Option kFloor{.name = "floor",
                        .type = OptionType::amount,
                        .fallback = "0",
                        .range = kNotNegative,
                        .doc = "lowest value behind the warm-up; 10% is a share of the peak"};

// cos(pi x) between its exact ends 1 and 0: (1 + cos(pi x)) / 2.
double half_cosine(double x) { return (1.0 + std::cos(std::numbers::pi * x)) / 2.0; }

double between(double floor, double peak, double share) {
  if (share >= 1.0) return peak;
  if (share <= 0.0) return floor;
  return floor + (peak - floor) * share;
}

double warming(double peak, double warmup, double k) { return peak * k / warmup; }

// constant(value, warmup)
constexpr Option kConstant[] = {{.name = "value",
                                 .type = OptionType::number,
                                 .range = kNotNegative,
                                 .doc = "the value",
                                 .required = true},
                                kWarmup};

double constant_value(Numbers o, double k) { return k < o[1] ? warming(o[0], o[1], k) : o[0]; }

// linear and cosine(peak, total, warmup, floor)
constexpr Option kDecay[] = {kPeak, kTotal, kWarmup, kFloor};

double linear_value(Numbers o, double k) {
  const double total = o[1], warmup = o[2];
  if (k < warmup) return warming(o[0], warmup, k);
  return between(o[3], o[0], 1.0 - (std::fmin(k, total) - warmup) / (total - warmup));
}

double cosine_value(Numbers o, double k) {
  const double total = o[1], warmup = o[2];
  if (k < warmup) return warming(o[0], warmup, k);
  if (k >= total) return o[3];
  return between(o[3], o[0], half_cosine((k - warmup) / (total - warmup)));
}

// cyclic(peak, total, cycles or period, mult, gamma, warmup, floor)
constexpr Option kCyclic[] = {
    kPeak,
    kTotal,
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
    kWarmup,
    kFloor};

struct Position {
  double cycle;  // number of the cycle
  double share;  // of the cycle that is done, [0, 1)
};

// Cycles of equal length n / c: cycle boundaries are compared in whole numbers, so that a restart is never an
// update late by rounding.
Position equal_cycles(double j, double n, double c) {
  const double cycle = std::floor(j * c / n);
  return {cycle, (j * c - cycle * n) / n};
}

// Cycles that grow from `period`; the last of `cycles` takes what rounding left. The logarithm may miss a
// restart by rounding, so the cycle is looked for beside the one that it names.
Position growing_cycles(double j, double period, double mult, double cycles) {
  const auto begin = [&](double cycle) { return period * (std::pow(mult, cycle) - 1.0) / (mult - 1.0); };
  const double guess = std::floor(std::log1p(j * (mult - 1.0) / period) / std::log(mult));
  double cycle = std::fmin(std::fmax(guess - 1.0, 0.0), cycles - 1.0);
  while (cycle + 1.0 < cycles && j >= begin(cycle + 1.0)) ++cycle;
  return {cycle, std::fmin((j - begin(cycle)) / (period * std::pow(mult, cycle)), 1.0)};
}

double cyclic_value(Numbers o, double k) {
  const double peak = o[0], total = o[1], cycles = o[2], period = o[3], mult = o[4], gamma = o[5],
               warmup = o[6], floor = o[7];
  if (k < warmup) return warming(peak, warmup, k);
  if (k >= total) return floor;  // false when total is not given
  const double j = k - warmup, n = total - warmup;
  const bool by_period = !std::isnan(period);
  Position at{};
  if (mult == 1.0) {
    at = by_period ? equal_cycles(j, period, 1.0) : equal_cycles(j, n, cycles);
  } else if (by_period) {
    at = growing_cycles(j, period, mult, INFINITY);
  } else {
    at = growing_cycles(j, n * (mult - 1.0) / (std::pow(mult, cycles) - 1.0), mult, cycles);
  }
  const double top = peak * std::pow(gamma, at.cycle);
  return floor + (top - floor) * half_cosine(at.share);
}

const ScheduleShape kShapes[] = {
    {{"constant", "one value, with a warm-up if wanted", "", kConstant}, constant_value},
    {{"linear", "a line from the peak down to the floor at `total`, then the floor", "", kDecay},
     linear_value},
    {{"cosine", "half a cosine from the peak down to the floor at `total`, then the floor",
      "Loshchilov and Hutter 2016, arXiv:1608.03983", kDecay},
     cosine_value},
    {{"cyclic",
      "cosine annealing with restarts: a restart has the new cycle's peak; the floor from `total` on",
      "Loshchilov and Hutter 2016, arXiv:1608.03983", kCyclic},
     cyclic_value},
};

}  // namespace

std::span<const ScheduleShape> schedule_shapes() { return kShapes; }

}  // namespace thalweg
