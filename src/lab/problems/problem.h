// What a problem is to problem.cc. A problem file defines a struct and registers it with THALWEG_PROBLEM; its
// line in problems.inc is all that lists it, and problem.cc reads it within the namespace of formulas.
#pragma once

#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

#include "base/options.h"
#include "problems/dual.h"

namespace thalweg {

using Point = std::vector<double>;

// What is known of a problem.
struct Facts {
  Point start;                // the standard one of the literature, where there is one
  std::vector<Point> minima;  // every point of the region where it is least; none: not known
  double minimum = 0;         // its value there
  Point low = {};             // the region; empty: everywhere
  Point high = {};
};

// A problem is a struct with its Spec, formula included, as kSpec; its options are numbers, here `o`, in the
// order of the Spec; and with
//   static Facts facts(std::span<const double> o);
//   template <class T> static T value(std::span<const double> o, std::span<const T> x);
// for double and Dual; the dimension is that of the start. One that is the mean of losses of samples has in
// place of the value
//   static std::size_t samples(std::span<const double> o);
//   template <class T> static T sample(std::span<const double> o, std::size_t i, std::span<const T> x);

// Partial derivatives are taken one by one, so time grows with the square of the dimension.
inline constexpr double kMostDimensions = 1000;

constexpr Option dimension_from(double least) {
  return {.name = "dimension",
          .type = OptionType::integer,
          .fallback = "2",
          .range = {.min = least, .max = kMostDimensions},
          .doc = "coordinates"};
}

// The point of n equal coordinates.
inline Point all_equal(double n, double x) { return Point(static_cast<std::size_t>(n), x); }

// The problems in the order of problems.inc.
std::span<const Spec* const> problem_specs();

}  // namespace thalweg
