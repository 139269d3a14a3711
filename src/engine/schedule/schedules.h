// The catalogue of schedules: what a shape is to schedule.cc, and what other rooms need of schedules in
// longer texts.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/options.h"
#include "schedule/wide.h"
#include "thalweg/schedule.h"

namespace thalweg {

// The options of one schedule as numbers, each at its index in the Spec, and those by name that many have; 0
// where the shape has none.
struct ScheduleOptions {
  std::vector<double> numbers;  // a flag is 0 or 1, a choice its index; NaN: not given, not resolved
  std::vector<std::vector<double>> lists;  // empty where the option is not a list
  std::vector<Schedule> parts;             // of the options that are schedules or lists of them
  double peak = 0;                         // where the warm-up ends: the first option
  double total = 0;
  double floor = 0;
  double warmup = 0;        // updates of the warm-up
  double warmup_from = 0;   // where it starts
  double warmup_shape = 0;  // index of its shape
  double ahead = 0;         // what k is to be raised by: 1 with align=next
};

struct Bounds {
  double lowest;
  double highest;
};

// A shape, without what all shapes share: an option `warmup`, the climb from `warmup_from` to the peak, comes
// before whatever shape has it, and `align` moves the clock of whatever shape has it. j >= 0 counts the
// updates after the warm-up. An option `total` that is not given is the run's length, unless the options that
// stand for it are given.
struct ScheduleShape {
  Spec spec;
  double (*value)(const ScheduleOptions& options, double j);
  // Of the values after the warm-up; lengths may be NaN.
  Bounds (*bounds)(const ScheduleOptions& options);
  // What is wrong with options that are well-formed one by one; lengths may be NaN.
  std::optional<Message> (*check)(const Settings& settings, const ScheduleOptions& options);
  // The update at which the schedule ends, where that is not `total`; 0: never.
  double (*end)(const ScheduleOptions& options);
  // What the lengths of a part are shares of, where that is not the run.
  Lengths (*lengths_of_part)(const ScheduleOptions& options, std::size_t part, const Lengths& run);
  // Where the warm-up ends, where that is not the first option.
  double (*peak)(const ScheduleOptions& options);
  // The options that, all given, make up for a `total` that is not: "period".
  std::span<const std::string_view> for_total;
  // The value in a wider range than double's, of what may leave that.
  schedules::Wide (*wide)(const ScheduleOptions& options, double j);
};

// A shape is a struct in a file of shapes/, which ends with THALWEG_SCHEDULE(Name); its line in schedules.inc
// is all that lists it. It has
//   static constexpr Spec kSpec;
//   static double value(const ScheduleOptions& o, double j);
// and, where it needs them, static bounds (from floor to peak when left out), check, end, lengths_of_part,
// peak, kForTotal and wide, as above.
std::span<const ScheduleShape> schedule_shapes();

// The schedule that `value` of a longer text stands for; errors show that text. Throws Error(usage) as
// Schedule does.
Schedule read_schedule(const Value& value, const Source& source);

// The value of the schedule at k in a wider range than double's.
schedules::Wide wide_value(const Schedule& schedule, std::uint64_t k);

// The schedule as a value of a longer text.
Value to_value(const Schedule& schedule, bool every = false);

// A share or epochs as updates, rounded half up and at least 1 unless 0; as it is while what it is a share of
// is not known, and when it is plain.
Amount updates_of(const Amount& amount, double share_of, double per_epoch);

}  // namespace thalweg
