// Numbers and options that several rules need.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "base/options.h"

namespace thalweg {

inline constexpr Range kShare{.min = 0.0, .max = 1.0};                                       // [0, 1]
inline constexpr Range kInside{.min = 0.0, .max = 1.0, .open_min = true, .open_max = true};  // (0, 1)

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A bound that is not given is none.
inline double or_infinity(double bound) { return std::isnan(bound) ? kInfinity : bound; }

// Options of the same meaning in every rule; the default is the rule's own.
constexpr Option share_kept(std::string_view name, std::string_view fallback, std::string_view doc) {
  return scalar_option(name, fallback, kFraction, doc);
}
constexpr Option beta1_option(std::string_view fallback) {
  return share_kept("beta1", fallback, "share of the average gradient that is kept");
}
constexpr Option beta2_option(std::string_view fallback) {
  return share_kept("beta2", fallback, "share of the average square that is kept");
}
constexpr Option eps_option(std::string_view fallback) {
  return scalar_option("eps", fallback, kNotNegative, "keeps the denominator away from 0");
}
constexpr Option eps_root_option(std::string_view fallback, std::string_view doc) {
  return scalar_option("eps_root", fallback, kNotNegative, doc);
}
constexpr Option initial_option(std::string_view fallback, std::string_view doc) {
  return number_option("initial_accumulator", fallback, kNotNegative, doc);
}
constexpr Option correction_option() {
  return flag_option("bias_correction", "true", "divide the averages by 1 - beta^t");
}

constexpr Option threshold_option() {
  return scalar_option("threshold", "5", {.min = 4.0},
                       "length of the average square above which it divides the update");
}
constexpr Option amsgrad_option() {
  return flag_option("amsgrad", "false", "divide by the largest average square so far");
}

// A moving average: what is kept of it and what is taken of a new number.
template <class T>
struct Kept {
  T keep, take;
};
inline Kept<double> kept(double beta) { return {beta, 1.0 - beta}; }

// 1 - beta^t without cancellation for beta near 1, and without overflow of t.
double one_minus_power(double beta, std::uint64_t t);

// How much an average of squares that is `r` updates long may be trusted, r above 4: RAdam's rectification.
//   r = r_inf - 2 t b2^t / (1 - b2^t),  r_inf = 2/(1-b2) - 1
//   l(r)^2 = (r-4)(r-2) r_inf / ((r_inf-4)(r_inf-2) r)
struct Rectifier {
  double longest;  // r_inf
  double length;   // r

  Rectifier(double beta2, std::uint64_t t);
  bool holds(double threshold, bool inclusive) const {
    return inclusive ? length >= threshold : length > threshold;
  }
  double factor() const;
};

}  // namespace thalweg
