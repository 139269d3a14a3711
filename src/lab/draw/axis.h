// One axis of a chart: its limits, where its ticks stand and what they say.
#pragma once

#include <string>
#include <vector>

namespace thalweg::page {

struct Axis {
  double lo = 0;
  double hi = 1;
  bool log = false;
  std::vector<double> ticks;  // labelled, ascending, within the limits
  std::vector<double> minor;  // grid lines without label, of a log axis
  int exponent = 0;           // labels of a linear axis count units of 10^exponent

  // Where a number stands: 0 at lo, 1 at hi. On a log axis the number must be positive.
  double place(double number) const;
  std::string label(double tick) const;
};

enum class Fit {
  data,   // the limits are those of the data
  ticks,  // the limits are moved out to the next tick
};

// At most about `most` ticks at 1, 2 or 5 times a power of ten. Needs finite min <= max within +-kLargest.
Axis linear_axis(double min, double max, int most, Fit fit);

// The same with whole steps only: numbers of updates.
Axis whole_axis(double min, double max, int most);

// Limits moved out to 1, 2 or 5 times a power of ten. Needs kSmallest <= min <= max <= kLargest.
Axis log_axis(double min, double max);

// Numbers beyond these are not drawn: their differences and powers would overflow.
inline constexpr double kLargest = 1e300;
inline constexpr double kSmallest = 1e-300;

}  // namespace thalweg::page
