// Options that many schedules have.
#pragma once

#include "base/options.h"

namespace thalweg::schedules {

constexpr Option number_option(std::string_view name, std::string_view fallback, Range range,
                               std::string_view doc) {
  return {.name = name, .type = OptionType::number, .fallback = fallback, .range = range, .doc = doc};
}
constexpr Option share_option(std::string_view name, std::string_view fallback, Range range,
                              std::string_view doc) {
  return {.name = name,
          .type = OptionType::number,
          .fallback = fallback,
          .range = range,
          .unit = "fraction",
          .doc = doc};
}
constexpr Option length_option(std::string_view name, std::string_view fallback, Range range,
                               std::string_view doc) {
  return {.name = name,
          .type = OptionType::length,
          .fallback = fallback,
          .range = range,
          .unit = "updates",
          .doc = doc};
}
constexpr Option flag_option(std::string_view name, std::string_view fallback, std::string_view doc) {
  return {.name = name, .type = OptionType::flag, .fallback = fallback, .doc = doc};
}
constexpr Option choice_option(std::string_view name, std::string_view choices, std::string_view fallback,
                               std::string_view doc) {
  return {.name = name, .type = OptionType::choice, .fallback = fallback, .doc = doc, .choices = choices};
}
constexpr Option amount_option(std::string_view name, std::string_view fallback, std::string_view doc) {
  return {.name = name, .type = OptionType::amount, .fallback = fallback, .range = kNotNegative, .doc = doc};
}
constexpr Option required(Option option) {
  option.required = true;
  return option;
}
constexpr Option needing(std::string_view other, Option option) {
  option.needs = other;
  return option;
}

inline constexpr Option kPeak =
    required(number_option("peak", "", kNotNegative, "highest value, reached at the end of the warm-up"));
inline constexpr Option kTotal =
    length_option("total", "", kAtLeastOne,
                  "where the floor is reached, warm-up included; by default the updates of the run");
inline constexpr Option kFloor =
    amount_option("floor", "0", "lowest value after the warm-up; 10% is a share of the peak");
inline constexpr Option kPast = choice_option(
    "past", "hold|bounce", "hold", "after `total` the floor is held, or the curve climbs again as it fell");
inline constexpr Option kGamma = number_option("gamma", "0.1", kPositive, "the factor");
inline constexpr Option kAt{.name = "at",
                            .type = OptionType::lengths,
                            .range = kNotNegative,
                            .unit = "updates",
                            .doc = "numbers of updates done, in order, at which it changes",
                            .required = true};
inline constexpr Option kStaircase =
    flag_option("staircase", "false", "falls in steps, once every `every` updates, instead of smoothly");
inline constexpr Option kAlign =
    choice_option("align", "done|next", "done",
                  "k counts the updates done, from 0, or (next) is the number of the update itself, from 1");

}  // namespace thalweg::schedules
