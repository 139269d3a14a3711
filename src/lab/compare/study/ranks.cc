#include "compare/study/ranks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "compare/signed_rank.h"

namespace thalweg {
namespace {

double density(double z) { return std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi); }
double below(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

// The standard error of a difference of mean ranks.
double error_of_ranks(std::size_t methods, std::size_t sets) {
  const auto k = static_cast<double>(methods), n = static_cast<double>(sets);
  return std::sqrt(k * (k + 1) / (6 * n));
}

// The continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8) by Lentz's method:
// for x below (a + 1) / (a + b + 2) it converges within O(sqrt(max(a, b))) terms.
double beta_fraction(double a, double b, double x) {
  constexpr int kMost = 10'000;
  double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), out = d;
  for (int m = 1; m <= kMost; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double factor = 1;
    for (const double term : {even, odd}) {
      d = 1 / (1 + term * d);
      c = 1 + term / c;
      factor = c * d;
      out *= factor;
    }
    if (std::fabs(factor - 1) < 1e-16) break;
  }
  return out;
}

// The regularized incomplete beta function, of x and y = 1 - x.
double beta_below(double a, double b, double x, double y) {
  if (x > (a + 1) / (a + b + 2)) return 1 - beta_below(b, a, y, x);
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log(y));
  return front / a * beta_fraction(a, b, x);
}

}  // namespace

Friedman friedman(const std::vector<std::vector<double>>& rows) {
  const std::size_t methods = rows.front().size();
  const auto k = static_cast<double>(methods), n = static_cast<double>(rows.size());
  Friedman out{.mean_ranks = std::vector<double>(methods)};
  double ties = 0;  // sum of t^3 - t over the groups of equal numbers
  for (const std::vector<double>& row : rows) {
    const std::vector<double> ranks = midranks(row);
    for (std::size_t i = 0; i < methods; ++i) out.mean_ranks[i] += ranks[i] / n;
    std::map<double, double> groups;
    for (const double rank : ranks) ++groups[rank];
    for (const auto& [rank, t] : groups) ties += t * t * t - t;
  }
  double squares = 0;
  for (const double rank : out.mean_ranks) squares += rank * rank;
  const double untied = 12 * n / (k * (k + 1)) * (squares - k * (k + 1) * (k + 1) / 4);
  const double correction = 1 - ties / (n * k * (k * k - 1));
  if (correction <= 0) return out;  // every row is one tie
  out.chi_square = std::max(0.0, untied / correction);
  out.p = chi_square_tail(out.chi_square, methods - 1);
  const double most = n * (k - 1);  // of chi-square: every row ranks alike
  const bool alike = out.chi_square >= most * (1 - 1e-12);
  out.f = alike ? INFINITY : (n - 1) * out.chi_square / (most - out.chi_square);
  out.f_p = f_tail(out.f, methods - 1, (methods - 1) * (rows.size() - 1));
  return out;
}

// Finite sums: of e^-h h^i / i!, and of half-integer powers beside the tail of a normal number.
double chi_square_tail(double x, std::size_t freedom) {
  if (!(x > 0)) return 1;
  const double h = x / 2;
  const bool odd = freedom % 2 == 1;
  double sum = odd ? std::erfc(std::sqrt(h)) : 0;
  double term = odd ? std::exp(-h) * std::sqrt(h / std::numbers::pi) * 2 : std::exp(-h);
  for (std::size_t i = 0; i < freedom / 2; ++i) {
    sum += term;
    term *= h / (static_cast<double>(i) + (odd ? 1.5 : 1.0));
  }
  return std::min(1.0, sum);
}

double f_tail(double f, std::size_t above, std::size_t below) {
  if (!(f > 0)) return 1;
  if (std::isinf(f)) return 0;
  const auto a = static_cast<double>(above), b = static_cast<double>(below);
  return beta_below(b / 2, a / 2, b / (b + a * f), a * f / (b + a * f));
}

// n times the integral, over the smallest number, of its density and the chance that all others are above it
// and within q. Simpson's rule; beyond 8.5 there is nothing that a double would show.
double range_tail(double q, std::size_t n) {
  if (!(q > 0)) return 1;
  constexpr double kFar = 8.5;
  constexpr int kSteps = 4000;
  const double from = -kFar - q, step = (2 * kFar + q) / kSteps;
  double sum = 0;
  for (int i = 0; i <= kSteps; ++i) {
    const double z = from + step * i;
    const double weight = i == 0 || i == kSteps ? 1 : i % 2 == 1 ? 4 : 2;
    sum += weight * density(z) * std::pow(below(z + q) - below(z), static_cast<double>(n - 1));
  }
  return std::clamp(1 - static_cast<double>(n) * sum * step / 3, 0.0, 1.0);
}

double critical_difference(std::size_t methods, std::size_t sets, double level) {
  double low = 0, high = 100;
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    (range_tail(middle, methods) > level ? low : high) = middle;
  }
  return high / std::numbers::sqrt2 * error_of_ranks(methods, sets);
}

double nemenyi(double difference, std::size_t methods, std::size_t sets) {
  return range_tail(std::fabs(difference) / error_of_ranks(methods, sets) * std::numbers::sqrt2, methods);
}

}  // namespace thalweg
