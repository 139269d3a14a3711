// Numbers that carry a derivative: a formula written once for any number gives its value for double and, for
// Dual, one partial derivative beside it (forward mode; Wengert 1964). Exact up to rounding.
//
// Where a function has no derivative - sqrt and abs at 0 - its slope is 0, so that the gradient of a kink's
// tip is 0 as that of every other minimum.
#pragma once

#include <cmath>

namespace thalweg::formula {

struct Dual {
  double value = 0;
  double slope = 0;

  constexpr Dual() = default;
  constexpr Dual(double v, double s = 0) : value(v), slope(s) {}  // NOLINT: a number is a Dual
};

inline Dual operator-(Dual a) { return {-a.value, -a.slope}; }
inline Dual operator+(Dual a, Dual b) { return {a.value + b.value, a.slope + b.slope}; }
inline Dual operator-(Dual a, Dual b) { return {a.value - b.value, a.slope - b.slope}; }
inline Dual operator*(Dual a, Dual b) { return {a.value * b.value, a.slope * b.value + a.value * b.slope}; }
inline Dual operator/(Dual a, Dual b) {
  const double value = a.value / b.value;
  return {value, (a.slope - value * b.slope) / b.value};
}

using std::abs;
using std::cos;
using std::exp;
using std::log;
using std::sin;
using std::sqrt;

inline Dual abs(Dual a) {
  return {std::abs(a.value), a.value == 0 ? 0 : a.slope * std::copysign(1.0, a.value)};
}
inline Dual cos(Dual a) { return {std::cos(a.value), -a.slope * std::sin(a.value)}; }
inline Dual exp(Dual a) { return {std::exp(a.value), a.slope * std::exp(a.value)}; }
inline Dual log(Dual a) { return {std::log(a.value), a.slope / a.value}; }
inline Dual sin(Dual a) { return {std::sin(a.value), a.slope * std::cos(a.value)}; }
inline Dual sqrt(Dual a) {
  const double root = std::sqrt(a.value);
  return {root, root == 0 ? 0 : a.slope / (2 * root)};
}

template <class T>
T square(T x) {
  return x * x;
}

}  // namespace thalweg::formula
