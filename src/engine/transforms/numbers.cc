#include "transforms/numbers.h"

#include <array>
#include <bit>

namespace thalweg {
namespace {

// std::log of a number that is mostly one of the last few.
double log_of(double x) {
  struct Known {
    double x = 1.0, log = 0.0;
  };
  constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15;  // Fibonacci hashing
  thread_local std::array<Known, 8> known;
  Known& one = known[std::bit_cast<std::uint64_t>(x) * kSpread >> 61];
  if (one.x != x) one = {x, std::log(x)};
  return one.log;
}

}  // namespace

double one_minus_power(double beta, std::uint64_t t) {
  if (beta == 0.0) return 1.0;
  return -std::expm1(static_cast<double>(t) * log_of(beta));
}

Rectifier::Rectifier(double beta2, std::uint64_t t) : longest(2.0 / (1.0 - beta2) - 1.0) {
  const double correction = one_minus_power(beta2, t);
  length = longest - 2.0 * static_cast<double>(t) * (1.0 - correction) / correction;
}

double Rectifier::factor() const {
  const double r = length;
  if (r >= longest) return 1.0;  // 4 of 4 too
  return std::sqrt((r - 4.0) * (r - 2.0) * longest / ((longest - 4.0) * (longest - 2.0) * r));
}

}  // namespace thalweg
