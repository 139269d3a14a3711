#include "draw/axis.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "draw/number.h"

namespace thalweg::page {
namespace {

constexpr std::size_t kLongestLabel = 7;
constexpr double kThinnest = 1e-4;  // a span that is a smaller share of the numbers is widened to it
constexpr double kSlack = 1e-9;     // of a step: a limit this near to a tick is on it
constexpr std::array<double, 3> kNice = {1, 2, 5};

double ten_to(int exponent) { return std::pow(10.0, exponent); }

// floor(log10) that takes 0.001 for what it says.
int decade(double number) { return static_cast<int>(std::floor(std::log10(number) + kSlack)); }

double nice_step(double span, int most) {
  const double raw = span / most;
  const double unit = ten_to(decade(raw));
  for (const double nice : kNice) {
    if (raw <= nice * unit * (1 + kSlack)) return nice * unit;
  }
  return 10 * unit;
}

// Equal or nearly equal limits are moved apart, else no tick would tell them from each other.
void widen(double& min, double& max) {
  const double size = std::max(std::abs(min), std::abs(max));
  if (size == 0) {
    max = 1;
  } else if (max - min < size * kThinnest) {
    const double margin = min == max ? size / 2 : size * kThinnest / 2;
    min -= margin;
    max += margin;
  }
}

int decimals_of(double step, int exponent) { return std::max(0, exponent - decade(step)); }

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Numbers too long to read at a glance are counted in units of a power of ten.
void choose_exponent(Axis& axis) {
  const double size = std::max(std::abs(axis.lo), std::abs(axis.hi));
  const bool too_long = std::ranges::any_of(
      axis.ticks, [&](double tick) { return characters(axis.label(tick)) > kLongestLabel; });
  if (size < 0.01 || (too_long && size >= 1e4)) axis.exponent = decade(size);
}

Axis stepped(double min, double max, double step, Fit fit) {
  Axis axis;
  const bool out = fit == Fit::ticks;
  const double first = out ? std::floor(min / step + kSlack) : std::ceil(min / step - kSlack);
  const double last = out ? std::ceil(max / step - kSlack) : std::floor(max / step + kSlack);
  for (double i = first; i <= last && axis.ticks.size() < 100; ++i) axis.ticks.push_back(i * step);
  axis.lo = out && !axis.ticks.empty() ? axis.ticks.front() : min;
  axis.hi = out && !axis.ticks.empty() ? axis.ticks.back() : max;
  choose_exponent(axis);
  return axis;
}

// The nearest 1, 2 or 5 times a power of ten that is not above, or not below.
double nice_below(double number) {
  const double unit = ten_to(decade(number));
  double best = unit;
  for (const double nice : kNice) {
    if (nice * unit <= number * (1 + kSlack)) best = nice * unit;
  }
  return best;
}

double nice_above(double number) {
  const double unit = ten_to(decade(number));
  for (const double nice : kNice) {
    if (nice * unit >= number * (1 - kSlack)) return nice * unit;
  }
  return 10 * unit;
}

void add_within(const Axis& axis, double number, std::vector<double>& to) {
  if (number >= axis.lo * (1 - kSlack) && number <= axis.hi * (1 + kSlack)) to.push_back(number);
}

}  // namespace

double Axis::place(double number) const {
  if (log) return (std::log10(number) - std::log10(lo)) / (std::log10(hi) - std::log10(lo));
  return (number - lo) / (hi - lo);
}

std::string Axis::label(double tick) const {
  if (!log) {
    const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
    return fixed(tick / ten_to(exponent), decimals_of(step, exponent));
  }
  if (lo >= 0.9e-3 && hi <= 1.1e4) return fixed(tick, std::max(0, -decade(tick)));
  const int power = decade(tick);
  const double mantissa = std::round(tick / ten_to(power));
  return (mantissa == 1 ? "" : fixed(mantissa, 0) + "\u00d7") + power_of_ten(power);
}

Axis linear_axis(double min, double max, int most, Fit fit) {
  widen(min, max);
  return stepped(min, max, nice_step(max - min, most), fit);
}

Axis whole_axis(double min, double max, int most) {
  if (max - min < 1) return stepped(min - 0.5, max + 0.5, 1, Fit::data);
  return stepped(min, max, std::max(1.0, nice_step(max - min, most)), Fit::data);
}

Axis log_axis(double min, double max) {
  Axis axis;
  axis.log = true;
  axis.lo = nice_below(min);
  axis.hi = nice_above(max);
  if (axis.lo == axis.hi) {
    axis.lo = nice_below(min / 2);
    axis.hi = nice_above(max * 2);
  }
  const int first = decade(axis.lo);
  const int last = decade(axis.hi);
  const double decades = std::log10(axis.hi) - std::log10(axis.lo);
  const int stride = std::max(1, static_cast<int>(std::ceil(decades / 6)));
  for (int power = first; power <= last; ++power) {
    const bool whole = power % stride == 0;
    if (whole || decades <= 4) add_within(axis, ten_to(power), whole ? axis.ticks : axis.minor);
    for (int digit = 2; decades <= 4 && digit <= 9; ++digit) {
      const bool labelled = decades <= 2.5 && (digit == 2 || digit == 5);
      add_within(axis, digit * ten_to(power), labelled ? axis.ticks : axis.minor);
    }
  }
  return axis;
}

}  // namespace thalweg::page
