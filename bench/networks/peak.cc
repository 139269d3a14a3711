#include "networks/peak.h"

namespace {

constexpr std::size_t kLanes = 16;
constexpr std::size_t kSums = 16;  // enough to hide the latency of a multiply-add on two units

using Vector [[gnu::vector_size(kLanes * sizeof(float))]] = float;

}  // namespace

float multiply_add(double flops) {
  Vector sums[kSums];  // each another number, lest they be computed once
  for (std::size_t i = 0; i < kSums; ++i) sums[i] = Vector{} + static_cast<float>(i);
  const Vector factor = Vector{} + 0.999f, term = Vector{} + 0.001f;
  const auto rounds = static_cast<std::size_t>(flops / (2.0 * kLanes * kSums)) + 1;
  for (std::size_t i = 0; i < rounds; ++i) {
#pragma GCC unroll 16
    for (Vector& sum : sums) sum = sum * factor + term;
  }
  float all = 0;
  for (const Vector& sum : sums) all += sum[0];
  return all;
}
