#include "optim/schedules.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace thalweg {

#define THALWEG_SCHEDULE(name) extern const ScheduleShape name;
#include "optim/schedules.inc"
#undef THALWEG_SCHEDULE

std::span<const ScheduleShape> schedule_shapes() {
#define THALWEG_SCHEDULE(name) name,
  static const ScheduleShape kShapes[] = {
#include "optim/schedules.inc"
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
