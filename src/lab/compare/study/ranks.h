// What may be said of several methods on several data sets by their ranks (Demsar 2006, Journal of Machine
// Learning Research 7).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace thalweg {

struct Friedman {
  std::vector<double> mean_ranks;  // of the methods, 1 the best
  double chi_square = 0;           // with the correction for ties
  double p = 1;
  // Iman and Davenport (Communications in Statistics A9, 1980): the same ranks by analysis of variance, less
  // conservative; infinite, and p 0, where every row ranks alike.
  double f = 0;
  double f_p = 1;
};

// Friedman's test (Journal of the American Statistical Association 32, 1937) of rows of numbers, one row a
// data set, one column a method, the lower the better; equal ones share the mean of their ranks. p is that of
// the chi-square distribution, 1 where all ranks are equal. Two rows or more, of one size, at least 2.
Friedman friedman(const std::vector<std::vector<double>>& rows);

// The chance that chi-square with so many degrees of freedom is `x` or more.
double chi_square_tail(double x, std::size_t freedom);

// The chance that F with these degrees of freedom, each at least 1, is `f` or more.
double f_tail(double f, std::size_t above, std::size_t below);

// The chance that the largest and the smallest of `n` standard normal numbers are `q` or more apart: the
// studentized range with infinitely many degrees of freedom.
double range_tail(double q, std::size_t n);

// Nemenyi's test (1963): mean ranks over `sets` data sets that differ by this much differ at that level, of
// all pairs of `methods`.
double critical_difference(std::size_t methods, std::size_t sets, double level);

// p of a difference of two mean ranks, of all pairs.
double nemenyi(double difference, std::size_t methods, std::size_t sets);

}  // namespace thalweg
