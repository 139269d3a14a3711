// Options that many schedules have.
#pragma once

#include "base/options.h"

namespace thalweg::schedules {

constexpr Option share_option(std::string_view name, std::string_view fallback, Range range,
                              std::string_view doc) {
  return in_unit("fraction", number_option(name, fallback, range, doc));
}
constexpr Option length_option(std::string_view name, std::string_view fallback, Range range,
                               std::string_view doc) {
  return in_unit("updates", typed_option(OptionType::length, name, fallback, range, doc));
}
constexpr Option amount_option(std::string_view name, std::string_view fallback, std::string_view doc) {
  return typed_option(OptionType::amount, name, fallback, kNotNegative, doc);
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
inline constexpr Option kAt =
    required(in_unit("updates", typed_option(OptionType::lengths, "at", "", kNotNegative,
                                             "numbers of updates done, in order, at which it changes")));
inline constexpr Option kStaircase =
    flag_option("staircase", "false", "falls in steps, once every `every` updates, instead of smoothly");
inline constexpr Option kAlign =
    choice_option("align", "done|next", "done",
                  "k counts the updates done, from 0, or (next) is the number of the update itself, from 1");

}  // namespace thalweg::schedules
