#include "device/noise.h"

#include <cmath>
#include <numbers>

#include "base/random.h"

namespace thalweg {
namespace {

// FNV-1a: a name as a number that is the same on every machine.
std::uint64_t hash(std::string_view name) {
  std::uint64_t h = 0xcbf29ce484222325;
  for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return h;
}

// Box and Muller 1958: elements 2 i and 2 i + 1 are the two numbers of one pair.
double normal(const Random& random, std::uint64_t element) {
  const std::uint64_t pair = element / 2 * 2;
  const double radius = std::sqrt(-2.0 * std::log1p(-random.uniform(pair)));
  const double angle = 2.0 * std::numbers::pi * random.uniform(pair + 1);
  return radius * (element == pair ? std::cos(angle) : std::sin(angle));
}

}  // namespace

void fill_noise(std::uint64_t seed, std::string_view parameter, std::uint64_t k, std::size_t begin,
                std::size_t n, Dtype dtype, void* out) {
  const Random random(seed ^ hash(parameter), Purpose::noise, k);
  for (std::size_t i = 0; i < n; ++i) {
    const double x = normal(random, begin + i);
    if (dtype == Dtype::f32) static_cast<float*>(out)[i] = static_cast<float>(x);
    if (dtype == Dtype::f64) static_cast<double*>(out)[i] = x;
  }
}

}  // namespace thalweg
