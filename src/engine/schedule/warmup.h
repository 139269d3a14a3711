// The climb to the peak that a shape with these options begins with.
#pragma once

#include "schedule/curves.h"
#include "schedule/options.h"
#include "schedule/schedules.h"

namespace thalweg::schedules {

inline constexpr Option kWarmup =
    length_option("warmup", "0", kNotNegative, "updates of the climb to the peak, reached at k = warmup");
inline constexpr Option kWarmupFrom =
    amount_option("warmup_from", "0", "where the warm-up starts, at k = 0; 10% is a share of the peak");
inline constexpr Option kWarmupShape = choice_option(
    "warmup_shape", "linear|cosine|log|sqrt", "linear",
    "share climbed at x = k / warmup: x, (1 - cos(pi x)) / 2, ln(k + 1) / ln(warmup), 1 - sqrt(1 - x)");

// The share of the climb that is done at k, as a numerator and a denominator: what is whole stays exact.
struct Climbed {
  double done;
  double of;
};

inline constexpr Climbed (*kClimbs[])(double k, double warmup) = {  // in the order of the choices
    [](double k, double warmup) {
      return Climbed{k, warmup};
    },
    [](double k, double warmup) {
      return Climbed{half_cosine(1.0 - k / warmup), 1.0};
    },
    // From ln 1 = 0 to 1 at k = warmup - 1, so that a climb of one update is its start.
    [](double k, double warmup) {
      return Climbed{std::log(k + 1.0), std::log(std::fmax(warmup, 2.0))};
    },
    [](double k, double warmup) {
      return Climbed{1.0 - std::sqrt(1.0 - k / warmup), 1.0};
    }};

// The climb's value at k < warmup.
inline double warmup_value(const ScheduleOptions& o, double k) {
  const Climbed climbed = kClimbs[static_cast<std::size_t>(o.warmup_shape)](k, o.warmup);
  const double value = o.warmup_from + (o.peak - o.warmup_from) * climbed.done / climbed.of;
  return std::clamp(value, std::min(o.peak, o.warmup_from), std::max(o.peak, o.warmup_from));
}

}  // namespace thalweg::schedules
