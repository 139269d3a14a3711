#include "transforms/numbers.h"

namespace thalweg {

double one_minus_power(double beta, std::uint64_t t) {
  if (beta == 0.0) return 1.0;
  return -std::expm1(static_cast<double>(t) * std::log(beta));
}

Rectifier::Rectifier(double beta2, std::uint64_t t) : longest(2.0 / (1.0 - beta2) - 1.0) {
  const double correction = one_minus_power(beta2, t);
  length = longest - 2.0 * static_cast<double>(t) * (1.0 - correction) / correction;
}

double Rectifier::factor() const {
  const double r = length;
  return std::sqrt((r - 4.0) * (r - 2.0) * longest / ((longest - 4.0) * (longest - 2.0) * r));
}

}  // namespace thalweg
