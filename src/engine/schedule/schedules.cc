#include "schedule/schedules.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace thalweg {

#define THALWEG_SCHEDULE(name) extern const ScheduleShape name;
#include "schedule/schedules.inc"
#undef THALWEG_SCHEDULE

namespace {

// The share of the climb that is done at k, as a numerator and a denominator: what is whole stays exact.
struct Climbed {
  double done;
  double of;
};

constexpr Climbed (*kClimbs[])(double k, double warmup) = {  // in the order of the choices
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

}  // namespace

std::span<const ScheduleShape> schedule_shapes() {
#define THALWEG_SCHEDULE(name) name,
  static const ScheduleShape kShapes[] = {
#include "schedule/schedules.inc"
  };
#undef THALWEG_SCHEDULE
  return kShapes;
}

double half_cosine(double x) { return (1.0 + std::cos(std::numbers::pi * x)) / 2.0; }

double between(double floor, double peak, double share) {
  if (share >= 1.0) return peak;
  if (share <= 0.0) return floor;
  return std::clamp(floor + (peak - floor) * share, std::min(floor, peak), std::max(floor, peak));
}

double warmup_value(const ScheduleOptions& o, double k) {
  const Climbed climbed = kClimbs[static_cast<std::size_t>(o.warmup_shape)](k, o.warmup);
  const double value = o.warmup_from + (o.peak - o.warmup_from) * climbed.done / climbed.of;
  return std::clamp(value, std::min(o.peak, o.warmup_from), std::max(o.peak, o.warmup_from));
}

double scaled(double value, double gamma, double power) {
  return value == 0.0 ? value : value * std::pow(gamma, power);
}

std::optional<Message> check_order(std::span<const double> positions) {
  for (std::size_t i = 1; i < positions.size(); ++i) {
    if (!(positions[i] < positions[i - 1])) continue;
    return Message{"", "the positions in `at` are not in order",
                   print_number(positions[i]) + " after " + print_number(positions[i - 1]),
                   "none before the one in front of it", ""};
  }
  return std::nullopt;
}

std::size_t passed(std::span<const double> positions, double j) {
  return static_cast<std::size_t>(std::upper_bound(positions.begin(), positions.end(), j) -
                                  positions.begin());
}

}  // namespace thalweg
