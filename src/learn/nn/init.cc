#include "nn/init.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace thalweg {
namespace {

double bound(const Init& init) {
  const double in = static_cast<double>(init.fan_in);
  const double out = static_cast<double>(init.fan_out);
  return std::sqrt(6.0 / (init.rule == InitRule::he ? in : in + out));
}

template <class T>
void fill(std::span<T> values, const Init& init, const Random& random) {
  if (init.rule == InitRule::zero) {
    std::fill(values.begin(), values.end(), T{0});
    return;
  }
  const double limit = bound(init);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<T>(limit * (2.0 * random.uniform(i) - 1.0));
  }
}

}  // namespace

InitRule init_rule(std::string_view name) {
  if (name == "he") return InitRule::he;
  return name == "glorot" ? InitRule::glorot : InitRule::automatic;
}

void initialise(Parameter& parameter, const Init& init, std::uint64_t seed, std::uint64_t number) {
  const Random random(seed, Purpose::init, number);
  if (parameter.dtype() == Dtype::f32) {
    fill(parameter.value<float>(), init, random);
  } else {
    fill(parameter.value<double>(), init, random);
  }
}

}  // namespace thalweg
