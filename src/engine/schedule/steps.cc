// Schedules that fall by a factor, at once or evenly, and values between boundaries.
#include <algorithm>
#include <cmath>

#include "schedule/schedules.h"

namespace thalweg {
namespace {

constexpr Option kEvery{.name = "every",
                        .type = OptionType::length,
                        .range = kAtLeastOne,
                        .unit = "updates",
                        .doc = "updates between two steps, counted from the end of the warm-up",
                        .required = true};
constexpr Option kGamma{
    .name = "gamma", .type = OptionType::number, .fallback = "0.1", .range = kPositive, .doc = "the factor"};
constexpr Option kAt{.name = "at",
                     .type = OptionType::lengths,
                     .range = kNotNegative,
                     .unit = "updates",
                     .doc = "numbers of updates done, in order, from which on it is different",
                     .required = true};

// step(peak, every, gamma, warmup, warmup_from)
constexpr Option kStep[] = {kSchedulePeak,        kEvery,        kGamma, kScheduleWarmup, kScheduleWarmupFrom,
                            kScheduleWarmupShape, kScheduleAlign};

double step_value(const ScheduleOptions& o, double j) { return scaled(o[0], o[2], std::floor(j / o[1])); }

// From the peak towards `gamma` to infinity.
Bounds without_end(double peak, double gamma) {
  if (gamma == 1.0 || peak == 0.0) return {peak, peak};
  return gamma < 1.0 ? Bounds{0.0, peak} : Bounds{peak, INFINITY};
}

Bounds step_bounds(const ScheduleOptions& o) { return without_end(o[0], o[2]); }

// multi_step(peak, at, gamma, warmup, warmup_from)
constexpr Option kMultiStep[] = {
    kSchedulePeak, kAt, kGamma, kScheduleWarmup, kScheduleWarmupFrom, kScheduleWarmupShape, kScheduleAlign};

double multi_step_value(const ScheduleOptions& o, double j) {
  return scaled(o[0], o[2], static_cast<double>(passed(o.lists[1], j + o.warmup)));
}

Bounds multi_step_bounds(const ScheduleOptions& o) {
  const double last = scaled(o[0], o[2], static_cast<double>(o.lists[1].size()));
  return {std::min(o[0], last), std::max(o[0], last)};
}

std::optional<Message> check_multi_step(const Settings&, const ScheduleOptions& o) {
  const std::vector<double>& at = o.lists[1];
  if (!at.empty() && o.warmup > 0 && at[0] <= o.warmup) {
    return Message{"", "a step of `multi_step` lies within the warm-up",
                   "at=" + print_number(at[0]) + ", warmup=" + print_number(o.warmup),
                   "steps behind the warm-up", ""};
  }
  return check_order(at);
}

// exponential(peak, every, gamma, floor, staircase, warmup, warmup_from)
constexpr Option kExponential[] = {
    kSchedulePeak,
    {.name = "every",
     .type = OptionType::length,
     .fallback = "1",
     .range = kAtLeastOne,
     .unit = "updates",
     .doc = "updates in which it falls by gamma, counted from the end of the warm-up"},
    {.name = "gamma", .type = OptionType::number, .range = kPositive, .doc = "the factor", .required = true},
    {.name = "floor",
     .type = OptionType::amount,
     .range = kNotNegative,
     .doc = "where the fall stops, or the growth with gamma above 1; 10% is a share of the peak"},
    {.name = "staircase",
     .type = OptionType::flag,
     .fallback = "false",
     .doc = "falls at once after every `every` updates rather than evenly"},
    kScheduleWarmup,
    kScheduleWarmupFrom,
    kScheduleWarmupShape,
    kScheduleAlign};

double exponential_value(const ScheduleOptions& o, double j) {
  const double power = o[4] != 0 ? std::floor(j / o[1]) : j / o[1];
  const double value = scaled(o[0], o[2], power);
  return o[2] < 1.0 ? std::fmax(value, o[3]) : std::fmin(value, o[3]);  // a floor of NaN is none
}

Bounds exponential_bounds(const ScheduleOptions& o) {
  const Bounds free = without_end(o[0], o[2]);
  if (o[2] < 1.0) return {std::fmax(free.lowest, o[3]), free.highest};
  return {free.lowest, std::fmin(free.highest, o[3])};
}

std::optional<Message> check_exponential(const Settings&, const ScheduleOptions& o) {
  const bool falls = o[2] < 1.0;
  if (!(falls ? o[3] > o[0] : o[3] < o[0])) return std::nullopt;
  return Message{
      "", "`exponential` leads away from its floor",
      "peak=" + print_number(o[0]) + ", gamma=" + print_number(o[2]) + ", floor=" + print_number(o[3]),
      falls ? "a floor below the peak" : "a floor above the peak, as gamma is not below 1", ""};
}

// piecewise(values, at, kind)
constexpr Option kPiecewise[] = {
    {.name = "values",
     .type = OptionType::numbers,
     .doc = "the values: the first one before the first boundary, one more at each",
     .required = true},
    kAt,
    {.name = "kind",
     .type = OptionType::choice,
     .fallback = "constant",
     .doc = "a value holds up to the next boundary, or leads there",
     .choices = "constant|linear|cosine"},
    {.name = "boundary",
     .type = OptionType::choice,
     .fallback = "new",
     .doc = "what k = a boundary has: the new value, or the old one still",
     .choices = "new|old"},
    kScheduleAlign,
    kDialect};

constexpr DialectDefault kPiecewiseDialects[] = {{"keras", "boundary", "old"}};

constexpr double kConstantKind = 0, kCosineKind = 2;  // choices of `kind`; linear is the other one
constexpr double kOldBoundary = 1;                    // choice of `boundary`

// How many of the positions are before j.
std::size_t left_behind(std::span<const double> positions, double j) {
  return static_cast<std::size_t>(std::lower_bound(positions.begin(), positions.end(), j) -
                                  positions.begin());
}

double piecewise_value(const ScheduleOptions& o, double j) {
  const std::vector<double>&values = o.lists[0], &at = o.lists[1];
  const std::size_t i = o[3] == kOldBoundary ? left_behind(at, j) : passed(at, j);
  if (o[2] == kConstantKind || i == at.size()) return values[i];
  const double begin = i == 0 ? 0.0 : at[i - 1];
  const double x = at[i] > begin ? (j - begin) / (at[i] - begin) : 0.0;
  return between(values[i + 1], values[i], o[2] == kCosineKind ? half_cosine(x) : 1.0 - x);
}

Bounds piecewise_bounds(const ScheduleOptions& o) {
  const auto [lowest, highest] = std::minmax_element(o.lists[0].begin(), o.lists[0].end());
  return {*lowest, *highest};
}

std::optional<Message> check_piecewise(const Settings&, const ScheduleOptions& o) {
  const std::size_t values = o.lists[0].size(), boundaries = o.lists[1].size();
  if (values == boundaries + 1) return check_order(o.lists[1]);
  return Message{"", "`piecewise` has one value more than boundaries",
                 std::to_string(values) + " values, " + std::to_string(boundaries) + " in `at`",
                 std::to_string(boundaries + 1) + " values", ""};
}

double piecewise_end(const ScheduleOptions& o) { return o.lists[1].empty() ? 0.0 : o.lists[1].back(); }

}  // namespace

extern const ScheduleShape kStepSchedule{
    {"step", "the peak times gamma^floor((k - warmup) / every): a step is taken at each multiple of `every`",
     "", kStep},
    step_value,
    step_bounds};

extern const ScheduleShape kMultiStepSchedule{
    {"multi_step", "the peak, times gamma from each k in `at` on; equal ones multiply", "", kMultiStep},
    multi_step_value,
    multi_step_bounds,
    check_multi_step};

extern const ScheduleShape kExponentialSchedule{
    {"exponential", "the peak times gamma^((k - warmup) / every), down to the floor where one is given", "",
     kExponential},
    exponential_value,
    exponential_bounds,
    check_exponential};

extern const ScheduleShape kPiecewiseSchedule{
    {"piecewise",
     "values between boundaries; a boundary has the new value or the old one, the first begins at k = 0", "",
     kPiecewise, true, kPiecewiseDialects},
    piecewise_value,
    piecewise_bounds,
    check_piecewise,
    piecewise_end};

}  // namespace thalweg
