// Numbers beyond the range of double, for products and sums whose parts leave it.
#pragma once

#include <algorithm>
#include <cmath>

namespace thalweg::schedules {

// fraction * 2^exponent, the fraction in [0.5, 1) or 0, signed.
struct Wide {
  double fraction = 0.5;  // 1 when nothing is said
  double exponent = 1;    // whole

  static Wide of(double number) {
    if (!std::isfinite(number) || number == 0.0) return {number, 0.0};
    int exponent = 0;
    const double fraction = std::frexp(number, &exponent);
    return {fraction, static_cast<double>(exponent)};
  }
  double number() const {
    return std::ldexp(fraction, static_cast<int>(std::clamp(exponent, -4096.0, 4096.0)));
  }

  Wide operator*(const Wide& other) const {
    if (fraction == 0.0 || other.fraction == 0.0) return of(0.0);  // times infinity, too
    const Wide product = of(fraction * other.fraction);
    return {product.fraction, product.exponent + exponent + other.exponent};
  }
  Wide operator+(const Wide& other) const {
    if (fraction == 0.0 || other.fraction == 0.0) return fraction == 0.0 ? other : *this;
    if (exponent < other.exponent) return other + *this;
    const double behind = std::fmax(other.exponent - exponent, -4096.0);
    const Wide sum = of(fraction + std::ldexp(other.fraction, static_cast<int>(behind)));
    return {sum.fraction, sum.fraction == 0.0 ? 0.0 : sum.exponent + exponent};
  }
};

// value * gamma^power, in factors that double holds.
inline Wide wide_scaled(double value, double gamma, double power) {
  const double most =
      std::fmax(std::floor(1000.0 / std::abs(std::log2(gamma))), 1.0);  // infinite for gamma = 1
  Wide out = Wide::of(value);
  if (value == 0.0) return out;
  if (!(power > most)) return out * Wide::of(std::pow(gamma, power));
  Wide square = Wide::of(std::pow(gamma, most));
  for (double times = std::floor(power / most); times >= 1.0; times = std::floor(times / 2.0)) {
    if (std::fmod(times, 2.0) == 1.0) out = out * square;
    square = square * square;
  }
  return out * Wide::of(std::pow(gamma, std::fmod(power, most)));
}

}  // namespace thalweg::schedules
