// Schedules made of schedules.
#include <algorithm>
#include <cmath>

#include "schedule/schedules.h"

namespace thalweg {
namespace {

// A clock as the whole number that it is, or the largest of them that counts.
std::uint64_t whole(double j) { return static_cast<std::uint64_t>(std::fmin(j, 0x1p63)); }

// join(parts, at)
constexpr Option kJoin[] = {
    {.name = "parts",
     .type = OptionType::schedules,
     .doc = "the schedules; each one's run is its span, and its clock starts there at 0",
     .required = true},
    {.name = "at",
     .type = OptionType::lengths,
     .range = kNotNegative,
     .unit = "updates",
     .doc = "numbers of updates done, in order, from which on the next part holds",
     .required = true},
    kScheduleAlign};

double begin_of(const ScheduleOptions& o, std::size_t part) { return part == 0 ? 0.0 : o.lists[1][part - 1]; }

double join_value(const ScheduleOptions& o, double j) {
  const std::size_t part = passed(o.lists[1], j);
  return o.parts[part](whole(j - begin_of(o, part)));
}

bool is_skipped(const ScheduleOptions& o, std::size_t part) {
  return part < o.lists[1].size() && o.lists[1][part] == begin_of(o, part);
}

Bounds join_bounds(const ScheduleOptions& o) {
  Bounds all{INFINITY, -INFINITY};
  for (std::size_t part = 0; part < o.parts.size(); ++part) {
    if (is_skipped(o, part)) continue;
    all.lowest = std::min(all.lowest, o.parts[part].lowest());
    all.highest = std::max(all.highest, o.parts[part].highest());
  }
  return all;
}

std::optional<Message> check_join(const Settings&, const ScheduleOptions& o) {
  const std::size_t boundaries = o.lists[1].size();
  if (o.parts.size() == boundaries + 1) return check_order(o.lists[1]);
  return Message{"", "`join` has one part more than boundaries",
                 std::to_string(o.parts.size()) + " parts, " + std::to_string(boundaries) + " in `at`",
                 std::to_string(boundaries + 1) + " parts", ""};
}

double join_end(const ScheduleOptions& o) {
  const double last = static_cast<double>(o.parts.back().total());
  return last > 0 ? begin_of(o, o.parts.size() - 1) + last : 0.0;
}

// A part's run is its span. One that is never used takes the whole run, so that its lengths are known too.
Lengths lengths_of_join(const ScheduleOptions& o, std::size_t part, const Lengths& run) {
  const double begin = begin_of(o, part);
  const double end = part < o.lists[1].size() ? o.lists[1][part] : static_cast<double>(run.updates);
  if (std::isnan(begin) || std::isnan(end)) return {.updates = 0, .per_epoch = run.per_epoch};
  return {.updates = end > begin ? static_cast<std::uint64_t>(end - begin) : run.updates,
          .per_epoch = run.per_epoch};
}

// product, sum and mean(parts)
constexpr Option kTogether[] = {{.name = "parts",
                                 .type = OptionType::schedules,
                                 .doc = "the schedules, all on the same clock",
                                 .required = true},
                                kScheduleAlign};

std::optional<Message> check_together(const Settings&, const ScheduleOptions& o) {
  if (!o.parts.empty()) return std::nullopt;
  return Message{"", "`parts` is empty", "`[]`", "schedules and numbers", ""};
}

double longest(const ScheduleOptions& o) {
  std::uint64_t end = 0;
  for (const Schedule& part : o.parts) end = std::max(end, part.total());
  return static_cast<double>(end);
}

double product_value(const ScheduleOptions& o, double j) {
  double product = 1.0;
  for (const Schedule& part : o.parts) {
    const double factor = part(whole(j));
    if (factor == 0.0) return 0.0;  // also where another one has grown past all numbers
    product *= factor;
  }
  return product;
}

Bounds times(const Bounds& a, const Bounds& b) {
  double ends[] = {a.lowest * b.lowest, a.lowest * b.highest, a.highest * b.lowest, a.highest * b.highest};
  for (double& end : ends) end = std::isnan(end) ? 0.0 : end;  // 0 times what grows for ever
  return {*std::min_element(ends, ends + 4), *std::max_element(ends, ends + 4)};
}

Bounds bounds_of(const Schedule& part) { return {part.lowest(), part.highest()}; }

Bounds product_bounds(const ScheduleOptions& o) {
  Bounds all{1.0, 1.0};
  for (const Schedule& part : o.parts) all = times(all, bounds_of(part));
  return all;
}

// Parts that have grown past all numbers, up and down, cancel.
double sum_value(const ScheduleOptions& o, double j) {
  double sum = 0.0;
  for (const Schedule& part : o.parts) sum += part(whole(j));
  return std::isnan(sum) ? 0.0 : sum;
}

Bounds sum_bounds(const ScheduleOptions& o) {
  Bounds all{0.0, 0.0};
  for (const Schedule& part : o.parts) all = {all.lowest + part.lowest(), all.highest + part.highest()};
  return all;
}

double mean_value(const ScheduleOptions& o, double j) {
  return sum_value(o, j) / static_cast<double>(o.parts.size());
}

Bounds mean_bounds(const ScheduleOptions& o) {
  const Bounds sum = sum_bounds(o);
  const double parts = static_cast<double>(o.parts.size());
  return {sum.lowest / parts, sum.highest / parts};
}

// scale(part, factor)
constexpr Option kScale[] = {
    {.name = "part", .type = OptionType::scalar, .doc = "the schedule", .required = true},
    {.name = "factor",
     .type = OptionType::number,
     .doc = "what each of its values is multiplied by",
     .required = true},
    kScheduleAlign};

double scale_value(const ScheduleOptions& o, double j) {
  return o[1] == 0.0 ? 0.0 : o.parts[0](whole(j)) * o[1];
}

Bounds scale_bounds(const ScheduleOptions& o) { return times(bounds_of(o.parts[0]), {o[1], o[1]}); }

}  // namespace

extern const ScheduleShape kJoinSchedule{
    {"join", "one schedule after another, each on its own clock; a boundary has the new one's first value",
     "", kJoin},
    join_value,
    join_bounds,
    check_join,
    join_end,
    lengths_of_join};

extern const ScheduleShape kProductSchedule{{"product", "schedules multiplied at each k", "", kTogether},
                                            product_value,
                                            product_bounds,
                                            check_together,
                                            longest};

extern const ScheduleShape kSumSchedule{
    {"sum", "schedules added at each k", "", kTogether}, sum_value, sum_bounds, check_together, longest};

extern const ScheduleShape kMeanSchedule{{"mean", "the mean of schedules at each k", "", kTogether},
                                         mean_value,
                                         mean_bounds,
                                         check_together,
                                         longest};

extern const ScheduleShape kScaleSchedule{.spec = {"scale", "a schedule times a number", "", kScale},
                                          .value = scale_value,
                                          .bounds = scale_bounds,
                                          .end = longest};

}  // namespace thalweg
