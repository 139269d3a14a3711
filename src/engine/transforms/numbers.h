// Numbers and options that several rules need.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "base/spec.h"

namespace thalweg {

inline constexpr Range kShare{.min = 0.0, .max = 1.0};                                       // [0, 1]
inline constexpr Range kInside{.min = 0.0, .max = 1.0, .open_min = true, .open_max = true};  // (0, 1)

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A bound that is not given is none.
inline double or_infinity(double bound) { return std::isnan(bound) ? kInfinity : bound; }

// Options of one type each; `needs`: beside that option only, where it differs from its default.
constexpr Option scalar_option(std::string_view name, std::string_view fallback, Range range,
                               std::string_view doc, std::string_view needs = {}) {
  return {.name = name,
          .type = OptionType::scalar,
          .fallback = fallback,
          .range = range,
          .doc = doc,
          .needs = needs};
}
constexpr Option required_option(std::string_view name, Range range, std::string_view doc) {
  return {.name = name, .type = OptionType::scalar, .range = range, .doc = doc, .required = true};
}
constexpr Option number_option(std::string_view name, std::string_view fallback, Range range,
                               std::string_view doc, std::string_view needs = {}) {
  return {.name = name, .fallback = fallback, .range = range, .doc = doc, .needs = needs};
}
constexpr Option count_option(std::string_view name, std::string_view fallback, Range range,
                              std::string_view doc, std::string_view unit = {}, std::string_view needs = {}) {
  return {.name = name,
          .type = OptionType::integer,
          .fallback = fallback,
          .range = range,
          .unit = unit,
          .doc = doc,
          .needs = needs};
}
constexpr Option flag_option(std::string_view name, std::string_view fallback, std::string_view doc,
                             std::string_view needs = {}) {
  return {.name = name, .type = OptionType::flag, .fallback = fallback, .doc = doc, .needs = needs};
}
constexpr Option choice_option(std::string_view name, std::string_view choices, std::string_view fallback,
                               std::string_view doc, std::string_view needs = {}) {
  return {.name = name,
          .type = OptionType::choice,
          .fallback = fallback,
          .doc = doc,
          .choices = choices,
          .needs = needs};
}

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

constexpr Option threshold_option(std::string_view needs = {}) {
  return scalar_option("threshold", "5", {.min = 4.0},
                       "length of the average square above which it divides the update", needs);
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
