#include "compare/ranks.h"

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
