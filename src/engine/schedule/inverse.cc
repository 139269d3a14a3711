// Schedules that fall as a power of the number of updates.
#include <algorithm>
#include <cmath>

#include "schedule/schedules.h"

namespace thalweg {
namespace {

// inverse_time(peak, every, rate, power, staircase, warmup, warmup_from)
constexpr Option kInverseTime[] = {kSchedulePeak,
                                   {.name = "every",
                                    .type = OptionType::length,
                                    .fallback = "1",
                                    .range = kAtLeastOne,
                                    .unit = "updates",
                                    .doc = "updates that count as one, from the end of the warm-up"},
                                   {.name = "rate",
                                    .type = OptionType::number,
                                    .range = kNotNegative,
                                    .doc = "how much of the peak's inverse is added in `every` updates",
                                    .required = true},
                                   {.name = "power",
                                    .type = OptionType::number,
                                    .fallback = "1",
                                    .range = kPositive,
                                    .doc = "power of the sum"},
                                   {.name = "staircase",
                                    .type = OptionType::flag,
                                    .fallback = "false",
                                    .doc = "falls at once after every `every` updates rather than evenly"},
                                   kScheduleWarmup,
                                   kScheduleWarmupFrom,
                                   kScheduleWarmupShape,
                                   kScheduleAlign};

double inverse_time_value(const ScheduleOptions& o, double j) {
  const double x = o[4] != 0 ? std::floor(j / o[1]) : j / o[1];
  return o[0] / std::pow(1.0 + o[2] * x, o[3]);
}

Bounds inverse_time_bounds(const ScheduleOptions& o) { return {o[2] == 0.0 ? o[0] : 0.0, o[0]}; }

// inverse_sqrt(peak, warmup, timescale, warmup_from)
constexpr Option kInverseSqrt[] = {
    kSchedulePeak,
    kScheduleWarmup,
    {.name = "timescale",
     .type = OptionType::length,
     .range = kAtLeastOne,
     .unit = "updates",
     .doc = "the root of 2 is lost in as many updates behind the warm-up; `warmup`, or 10000 when that is 0"},
    kScheduleWarmupFrom,
    kScheduleWarmupShape,
    kScheduleAlign};

double fallen(double peak, double timescale, double j) { return peak / std::sqrt(1.0 + j / timescale); }

double inverse_sqrt_value(const ScheduleOptions& o, double j) {
  const double usual = o.warmup > 0 ? o.warmup : 10000.0;
  return fallen(o[0], std::isnan(o[2]) ? usual : o[2], j);
}

Bounds inverse_sqrt_bounds(const ScheduleOptions& o) { return {0.0, o[0]}; }

// noam(model_size, warmup, factor)
constexpr Option kNoam[] = {{.name = "model_size",
                             .type = OptionType::number,
                             .range = kPositive,
                             .doc = "width of the model",
                             .required = true},
                            {.name = "warmup",
                             .type = OptionType::length,
                             .range = kAtLeastOne,
                             .unit = "updates",
                             .doc = "the last of them has the peak, factor / sqrt(model_size * warmup)",
                             .required = true},
                            {.name = "factor",
                             .type = OptionType::number,
                             .fallback = "1",
                             .range = kNotNegative,
                             .doc = "what all is multiplied by"},
                            {.name = "align",
                             .type = OptionType::choice,
                             .fallback = "next",
                             .doc = kScheduleAlign.doc,
                             .choices = kScheduleAlign.choices}};

double noam_peak(const ScheduleOptions& o) { return o[2] / std::sqrt(o[0] * o.warmup); }

// min(k^-0.5, k * warmup^-1.5) behind the warm-up, and its line in front.
double noam_value(const ScheduleOptions& o, double j) { return fallen(o.peak, o.warmup, j); }

Bounds noam_bounds(const ScheduleOptions& o) {
  return {0.0, std::isnan(o.peak) ? o[2] / std::sqrt(o[0]) : o.peak};
}

}  // namespace

extern const ScheduleShape kInverseTimeSchedule{
    {"inverse_time", "the peak / (1 + rate (k - warmup) / every)^power", "", kInverseTime},
    inverse_time_value,
    inverse_time_bounds};

extern const ScheduleShape kInverseSqrtSchedule{
    {"inverse_sqrt", "the peak / sqrt(1 + (k - warmup) / timescale): peak sqrt(warmup / k) as a rule", "",
     kInverseSqrt},
    inverse_sqrt_value,
    inverse_sqrt_bounds};

extern const ScheduleShape kNoamSchedule{
    .spec = {"noam", "factor model_size^-0.5 min(k^-0.5, k warmup^-1.5), k the number of the update, from 1",
             "Vaswani et al. 2017, arXiv:1706.03762", kNoam},
    .value = noam_value,
    .bounds = noam_bounds,
    .peak = noam_peak};

}  // namespace thalweg
