// tanh.
#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/exponential.h"
#include "nn/module.h"
#include "nn/ops/unary.h"

namespace thalweg {
namespace {

// Cephes' tanhf with both of its branches computed and one chosen. Unlike the C library's its bits are the
// same on every machine.
inline float tanh_of(float x) {
  constexpr std::int32_t kNear = std::bit_cast<std::int32_t>(0.625f);
  constexpr std::int32_t kFar = std::bit_cast<std::int32_t>(10.0f);  // where it is 1 in f32
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const auto size_bits = static_cast<std::int32_t>(bits & ~kSignBit);  // in the order of the sizes
  const float size = std::bit_cast<float>(size_bits);
  const float square = x * x;
  float p = -5.70498872745e-3f;
  p = p * square + 2.06390887954e-2f;
  p = p * square - 5.37397155531e-2f;
  p = p * square + 1.33314422036e-1f;
  p = p * square - 3.33332819422e-1f;
  const float near = p * square * size + size;  // of a NaN a NaN
  const float limited = choose(less(size_bits, kFar), size, 10.0f);
  const float far = 1.0f - 2.0f / (exp_of(2.0f * limited) + 1.0f);
  const float result = choose(less(size_bits, kNear) | less(kInfinityBits, size_bits), near, far);
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(result) | (bits & kSignBit));
}

inline double tanh_of(double x) { return std::tanh(x); }

struct Tanh {
  static constexpr std::size_t kGrain = 1 << 13;

  template <class T>
  static T value(T x) {
    return tanh_of(x);
  }
  template <class T>
  static T gradient(T, T y, T dy) {
    return dy * (T{1} - y * y);
  }
};

}  // namespace

Tensor tanh(Tape& tape, Tensor x) { return record_unary(tape, x, Tanh{}); }

extern constinit const Layer tanh_layer{
    .spec = {.name = "tanh",
             .doc = "hyperbolic tangent",
             .source = "LeCun et al. 1998, Efficient BackProp",
             .formula = R"(
y  = tanh(x)
dx = dy (1 - y^2))"},
    .record = record_alone<tanh>,
    .describe = describe_alone<"Tanh">,
};

}  // namespace thalweg
