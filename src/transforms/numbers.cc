#include "transforms/numbers.h"

namespace thalweg {

double one_minus_power(double beta, std::uint64_t t) {
  if (beta == 0.0) return 1.0;
  return -std::expm1(static_cast<double>(t) * std::log(beta));
}

}  // namespace thalweg
