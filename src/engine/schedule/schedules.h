// The catalogue of schedule shapes.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/spec.h"
#include "thalweg/schedule.h"

namespace thalweg {

// The options of one schedule as numbers, each at its index in the Spec.
struct ScheduleOptions {
  std::vector<double> numbers;  // a flag is 0 or 1, a choice its index; NaN: not given, not resolved
  std::vector<std::vector<double>> lists;  // empty where the option is no list
  std::vector<Schedule> parts;             // of the options that are schedules or lists of them
  double peak = 0;                         // where the warm-up ends: the first option
  double warmup = 0;                       // updates of the warm-up
  double warmup_from = 0;                  // where it starts
  double warmup_shape = 0;                 // index of its shape
  double ahead = 0;                        // what k is to be raised by: 1 with align=next

  double operator[](std::size_t i) const { return numbers[i]; }
};

struct Bounds {
  double lowest;
  double highest;
};

// A shape, without what all shapes share: an option `warmup`, the climb from `warmup_from` to the peak, is in
// front of whatever shape has it, and `align` moves the clock of whatever shape has it. j >= 0 counts the
// updates behind the warm-up. An option `total` that is not given is the run's length, unless the options
// that stand for it are given.
struct ScheduleShape {
  Spec spec;
  double (*value)(const ScheduleOptions& options, double j);
  // Of the values behind the warm-up; lengths may be NaN.
  Bounds (*bounds)(const ScheduleOptions& options);
  // What is wrong with options that are well-formed one by one; lengths may be NaN.
  std::optional<Message> (*check)(const Settings& settings, const ScheduleOptions& options) = nullptr;
  // The update at which the schedule ends, where that is not `total`; 0: never.
  double (*end)(const ScheduleOptions& options) = nullptr;
  // What the lengths of a part are shares of, where that is not the run.
  Lengths (*lengths_of_part)(const ScheduleOptions& options, std::size_t part, const Lengths& run) = nullptr;
  // Where the warm-up ends, where that is not the first option.
  double (*peak)(const ScheduleOptions& options) = nullptr;
  // The options that, all given, make up for a `total` that is not: "period".
  std::span<const std::string_view> for_total = {};
};

std::span<const ScheduleShape> schedule_shapes();

// The schedule as a value of a longer text.
Value to_value(const Schedule& schedule, bool every = false);

// A share or epochs as updates, rounded half up and at least 1 unless 0; as it is while what it is a share of
// is not known, and when it is plain.
Amount updates_of(const Amount& amount, double share_of, double per_epoch);

// What the shapes share.

inline constexpr Option kSchedulePeak{.name = "peak",
                                      .type = OptionType::number,
                                      .range = kNotNegative,
                                      .doc = "highest value, reached at the end of the warm-up",
                                      .required = true};
inline constexpr Option kScheduleTotal{
    .name = "total",
    .type = OptionType::length,
    .range = kAtLeastOne,
    .unit = "updates",
    .doc = "where the floor is reached, the warm-up included; the run's updates when left out"};
inline constexpr Option kScheduleWarmup{.name = "warmup",
                                        .type = OptionType::length,
                                        .fallback = "0",
                                        .range = kNotNegative,
                                        .unit = "updates",
                                        .doc = "updates of the climb to the peak, which k = warmup has"};
inline constexpr Option kScheduleWarmupFrom{
    .name = "warmup_from",
    .type = OptionType::amount,
    .fallback = "0",
    .range = kNotNegative,
    .doc = "where the warm-up starts, at k = 0; 10% is a share of the peak"};
inline constexpr Option kScheduleFloor{.name = "floor",
                                       .type = OptionType::amount,
                                       .fallback = "0",
                                       .range = kNotNegative,
                                       .doc = "lowest value behind the warm-up; 10% is a share of the peak"};

inline constexpr Option kScheduleWarmupShape{
    .name = "warmup_shape",
    .type = OptionType::choice,
    .fallback = "linear",
    .doc = "share climbed at x = k / warmup: x, (1 - cos(pi x)) / 2, ln(k + 1) / ln(warmup), 1 - sqrt(1 - x)",
    .choices = "linear|cosine|log|sqrt"};
inline constexpr Option kScheduleAlign{
    .name = "align",
    .type = OptionType::choice,
    .fallback = "done",
    .doc = "k counts the updates done, from 0, or (next) is the number of the update itself, from 1",
    .choices = "done|next"};

// (1 + cos(pi x)) / 2: from 1 at x = 0 to 0 at x = 1.
double half_cosine(double x);

// `share` of the way from `floor` to `peak`: exact at both ends and never outside them.
double between(double floor, double peak, double share);

// The climb's value at k < warmup.
double warmup_value(const ScheduleOptions& options, double k);

// value * gamma^power: 0 stays 0 also where the power overflows.
double scaled(double value, double gamma, double power);

// A complaint unless the positions are in order; equal ones are.
std::optional<Message> check_order(std::span<const double> positions);

// How many of the positions are at or before j.
std::size_t passed(std::span<const double> positions, double j);

}  // namespace thalweg
