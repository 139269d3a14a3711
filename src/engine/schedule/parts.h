// What schedules made of schedules share.
#pragma once

#include "schedule/curves.h"
#include "schedule/options.h"

namespace thalweg::schedules {

inline constexpr Option kParts =
    required(typed_option(OptionType::schedules, "parts", "", {}, "the schedules, all on the same clock"));

// A clock as the whole number that it is, or the largest of them that counts.
inline std::uint64_t whole(double j) { return static_cast<std::uint64_t>(std::fmin(j, 0x1p63)); }

inline std::optional<Message> check_parts(const ScheduleOptions& o) {
  if (!o.parts.empty()) return std::nullopt;
  return Message{"", "`parts` is empty", "`[]`", "schedules and numbers", ""};
}

inline double longest(const ScheduleOptions& o) {
  std::uint64_t end = 0;
  for (const Schedule& part : o.parts) end = std::max(end, part.total());
  return static_cast<double>(end);
}

inline Bounds bounds_of(const Schedule& part) { return {part.lowest(), part.highest()}; }

inline Bounds times(const Bounds& a, const Bounds& b) {
  double ends[] = {a.lowest * b.lowest, a.lowest * b.highest, a.highest * b.lowest, a.highest * b.highest};
  for (double& end : ends) end = std::isnan(end) ? 0.0 : end;  // 0 times what grows without end
  return {*std::min_element(ends, ends + 4), *std::max_element(ends, ends + 4)};
}

// Parts that have grown past all numbers, up and down, cancel.
inline Wide sum_of(const ScheduleOptions& o, double j) {
  Wide sum = Wide::of(0.0);
  for (const Schedule& part : o.parts) sum = sum + wide_value(part, whole(j));
  return sum;
}

inline Bounds bounds_of_sum(const ScheduleOptions& o) {
  Bounds all{0.0, 0.0};
  for (const Schedule& part : o.parts) all = {all.lowest + part.lowest(), all.highest + part.highest()};
  return all;
}

}  // namespace thalweg::schedules
