// linear_regression: half the mean squared error of a line with two weights on seeded data.   Gauss 1809
//   f = 1/n sum_i (a u_i + b - t_i)^2 / 2,   u_i even in [0, 2),   t_i = 1.5 u_i - 0.5 + noise z_i,  z_i
//   normal
// u is not centred, so slope and intercept are correlated: a valley across both axes. The minimum is that of
// the normal equations.
#pragma once

#include "problems/normal.h"
#include "problems/problem.h"

namespace thalweg::formula {

struct LinearRegression {
  static constexpr Option kOptions[] = {
      {.name = "samples",
       .type = OptionType::integer,
       .fallback = "64",
       .range = {.min = 2, .max = 10'000},
       .doc = "samples of data"},
      {.name = "noise",
       .type = OptionType::number,
       .fallback = "0.5",
       .range = kNotNegative,
       .doc = "standard deviation of what is added to the line's values"},
      {.name = "seed",
       .type = OptionType::integer,
       .fallback = "1",
       .range = {.min = 0, .max = 1e15},
       .doc = "of the data"},
  };
  static constexpr Spec kSpec{"linear_regression",
                              "half the mean squared error of a line, its slope and intercept, over samples",
                              "Gauss 1809, Theoria motus corporum coelestium", kOptions};

  static std::size_t samples(std::span<const double> o) { return static_cast<std::size_t>(o[0]); }

  struct Sample {
    double u, t;
  };
  static Sample data(std::span<const double> o, std::size_t i) {
    const Random random(static_cast<std::uint64_t>(o[2]), Purpose::noise, i);
    const double u = 2 * (static_cast<double>(i) + 0.5) / o[0];
    return {u, 1.5 * u - 0.5 + o[1] * normal(random, 0)};
  }

  static Facts facts(std::span<const double> o) {
    double u = 0, t = 0, squares = 0, products = 0;
    for (std::size_t i = 0; i < samples(o); ++i) {
      u += data(o, i).u / o[0];
      t += data(o, i).t / o[0];
    }
    for (std::size_t i = 0; i < samples(o); ++i) {
      const Sample s = data(o, i);
      squares += square(s.u - u);
      products += (s.u - u) * (s.t - t);
    }
    const double slope = products / squares, intercept = t - slope * u;
    double errors = 0;
    for (std::size_t i = 0; i < samples(o); ++i) {
      errors += square(slope * data(o, i).u + intercept - data(o, i).t);
    }
    return {.start = {-1.5, 2}, .minima = {{slope, intercept}}, .minimum = errors / (2 * o[0])};
  }

  template <class T>
  static T sample(std::span<const double> o, std::size_t i, std::span<const T> x) {
    const Sample s = data(o, i);
    return 0.5 * square(x[0] * s.u + x[1] - s.t);
  }
};
THALWEG_PROBLEM(LinearRegression)

}  // namespace thalweg::formula
