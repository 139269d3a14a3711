// Schedules that go from the peak to the floor once.
//
// j counts the n updates of the decay, total - warmup as a rule. Ends are exact: the value is the peak at j =
// 0 and the floor at j = n.
#include <algorithm>
#include <cmath>

#include "schedule/schedules.h"

namespace thalweg {
namespace {

constexpr const char* kSource = "Loshchilov and Hutter 2016, arXiv:1608.03983";

// constant(value, warmup, warmup_from)
constexpr Option kConstant[] = {{.name = "value",
                                 .type = OptionType::number,
                                 .range = kNotNegative,
                                 .doc = "the value",
                                 .required = true},
                                kScheduleWarmup,
                                kScheduleWarmupFrom,
                                kScheduleWarmupShape,
                                kScheduleAlign};

double constant_value(const ScheduleOptions& o, double) { return o[0]; }

Bounds constant_bounds(const ScheduleOptions& o) { return {o[0], o[0]}; }

// linear, rex and cosine(peak, total, warmup, floor, ...), polynomial(peak, total, power, warmup, floor, ...)
constexpr Option kPast{.name = "past",
                       .type = OptionType::choice,
                       .fallback = "hold",
                       .doc = "behind `total` the floor is held, or the curve climbs again as it fell",
                       .choices = "hold|bounce"};
constexpr Option kLinear[] = {kSchedulePeak,       kScheduleTotal, kScheduleWarmup,      kScheduleFloor,
                              kScheduleWarmupFrom, kPast,          kScheduleWarmupShape, kScheduleAlign};
constexpr Option kCosine[] = {kSchedulePeak,
                              kScheduleTotal,
                              kScheduleWarmup,
                              kScheduleFloor,
                              kScheduleWarmupFrom,
                              kPast,
                              {.name = "exponent",
                               .type = OptionType::number,
                               .fallback = "1",
                               .range = kPositive,
                               .doc = "power of (1 + cos) / 2"},
                              {.name = "total_from",
                               .type = OptionType::choice,
                               .fallback = "start",
                               .doc = "`total` counts from k = 0, or (warmup) from the end of the warm-up",
                               .choices = "start|warmup"},
                              kScheduleWarmupShape,
                              kScheduleAlign,
                              kDialect};

// CosineAnnealingLR climbs again; CosineDecay counts its steps from the end of the warm-up.
constexpr DialectDefault kCosineDialects[] = {{"torch", "past", "bounce"}, {"keras", "total_from", "warmup"}};

constexpr Option kPolynomial[] = {
    kSchedulePeak,
    kScheduleTotal,
    {.name = "power",
     .type = OptionType::number,
     .fallback = "1",
     .range = kPositive,
     .doc = "power of the share that is left"},
    kScheduleWarmup,
    kScheduleFloor,
    kScheduleWarmupFrom,
    {.name = "past",
     .type = OptionType::choice,
     .fallback = "hold",
     .doc = "behind `total`: the floor; climb as it fell; or the decay stretched to the next multiple",
     .choices = "hold|bounce|stretch"},
    kScheduleWarmupShape,
    kScheduleAlign,
    kDialect};

constexpr DialectDefault kPolynomialDialects[] = {{"keras", "floor", "0.0001"}};

constexpr double kHold = 0, kStretch = 2;  // choices of `past`; bounce is the other one

// The share of a decay of n updates that is done, 0 to 1.
double done(double n, double j, double past) {
  if (past == kHold || j <= n) return std::fmin(j / n, 1.0);
  if (past == kStretch) return std::fmin(j / (n * std::ceil(j / n)), 1.0);
  const double x = std::fmod(j, 2.0 * n);
  return std::fmin(x, 2.0 * n - x) / n;
}

double updates(const ScheduleOptions& o) { return o[1] - o.warmup; }

double linear_value(const ScheduleOptions& o, double j) {
  return between(o[3], o[0], 1.0 - done(updates(o), j, o[5]));
}

double rex_value(const ScheduleOptions& o, double j) {
  const double x = done(updates(o), j, o[5]);
  return between(o[3], o[0], (1.0 - x) / (1.0 - x / 2.0));
}

double cosine_end(const ScheduleOptions& o) { return o[7] != 0 ? o[1] + o.warmup : o[1]; }

double cosine_value(const ScheduleOptions& o, double j) {
  return between(o[3], o[0], std::pow(half_cosine(done(cosine_end(o) - o.warmup, j, o[5])), o[6]));
}

double polynomial_value(const ScheduleOptions& o, double j) {
  return between(o[4], o[0], std::pow(1.0 - done(updates(o), j, o[6]), o[2]));
}

Bounds decay_bounds(const ScheduleOptions& o) { return {std::min(o[0], o[3]), std::max(o[0], o[3])}; }
Bounds polynomial_bounds(const ScheduleOptions& o) { return {std::min(o[0], o[4]), std::max(o[0], o[4])}; }

}  // namespace

extern const ScheduleShape kConstantSchedule{
    {"constant", "one value, behind a warm-up if wanted", "", kConstant}, constant_value, constant_bounds};

extern const ScheduleShape kLinearSchedule{
    {"linear", "a line from the peak at k = warmup to the floor at k = total", "", kLinear},
    linear_value,
    decay_bounds};

extern const ScheduleShape kRexSchedule{
    {"rex", "(1 - x) / (1 - x / 2), x the share done, from the peak at k = warmup to the floor at k = total",
     "Chen, Wolfe and Kyrillidis 2021, arXiv:2107.04197", kLinear},
    rex_value,
    decay_bounds};

extern const ScheduleShape kCosineSchedule{
    .spec = {"cosine", "half a cosine from the peak at k = warmup to the floor at k = total", kSource,
             kCosine, true, kCosineDialects},
    .value = cosine_value,
    .bounds = decay_bounds,
    .end = cosine_end};

extern const ScheduleShape kPolynomialSchedule{
    {"polynomial", "(1 - share done)^power, from the peak at k = warmup to the floor at k = total", "",
     kPolynomial, true, kPolynomialDialects},
    polynomial_value,
    polynomial_bounds};

}  // namespace thalweg
