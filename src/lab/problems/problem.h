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
  std::vector<std::string> names = {};  // of the coordinates; none: x, x and y, or x1, x2, ...
  std::size_t biases = 0;               // how many of them, the last ones, are biases
};

// A problem is a struct with its Spec, formula included, as kSpec; its options are numbers, here `o`, in the
// order of the Spec; and with
//   static Facts facts(std::span<const double> o);
//   template <class T> static T value(std::span<const double> o, std::span<const T> x);
// for double and Dual; the dimension is that of the start. One that is the mean of losses of samples has in
// place of these two
//   static Points points(const Settings& settings, std::span<const double> o);  // may read a file
//   static Facts facts(const Points& points);
//   template <class T> static T sample(const Points& points, std::size_t i, std::span<const T> x);
// What is no number among its options is NaN in `o`.

// Samples of a linear regression: numbers with the number that they tell.
struct Points {
  std::size_t inputs = 1;
  std::vector<double> u;  // size() x inputs
  std::vector<double> t;
  Point start = {};  // of a descent; none: zeros
  std::size_t size() const { return t.size(); }
};

// A table of numbers in a text file, of `target` (a name, or a number from 0, negative from the right) and
// all other columns. Throws Error(usage) and Error(data) as the reader csv does, and for a cell that is
// missing or no number, for a table without inputs or rows and for one of more than kMostInputs numbers in
// them.
inline constexpr std::size_t kMostInputs = 1'000'000;
Points read_points(const std::string& file, const std::string& target);

// Half the mean squared error of t = x_1 u_1 + ... + x_n u_n + x_n+1: where it is least, by the normal
// equations, and its value there; not known where they have no single solution.
Facts least_squares(const Points& points);

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
