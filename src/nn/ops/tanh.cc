// tanh: y = tanh(x), dx = dy (1 - y^2).   LeCun et al. 1998, Efficient BackProp
#include <bit>
#include <cmath>
#include <cstdint>

#include "nn/module.h"
#include "nn/ops/unary.h"

namespace thalweg {
namespace {

// exp(z) for 0 <= z <= 20 within a unit or two in the last place: Cephes' expf (Moshier 1992), with no
// branches.
inline float exp_of(float z) {
  constexpr float kRound =
      12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest whole number in the low bits
  const float shifted = z * 1.44269504f + kRound;
  const float n = shifted - kRound;
  const float r = (z - n * 0.693359375f) + n * 2.12194440e-4f;  // z - n log(2), in two parts
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float power = std::bit_cast<float>((std::bit_cast<std::uint32_t>(shifted) + 127) << 23);  // 2^n
  return (p * r * r + r + 1.0f) * power;
}

// All bits where a < b, else none; a and b are not negative. A shift, because compilers turn a comparison
// into a branch around arithmetic that might trap, and a loop with a branch into no vector code.
inline std::uint32_t less(std::int32_t a, std::int32_t b) {
  return static_cast<std::uint32_t>((a - b) >> 31);
}

inline float choose(std::uint32_t mask, float yes, float no) {
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(yes) & mask) |
                              (std::bit_cast<std::uint32_t>(no) & ~mask));
}

// Cephes' tanhf with both of its branches computed and one chosen. Unlike the C library's its bits are the
// same on every machine.
inline float tanh_of(float x) {
  constexpr std::uint32_t kSign = 0x80000000;
  constexpr std::int32_t kNear = std::bit_cast<std::int32_t>(0.625f);
  constexpr std::int32_t kFar = std::bit_cast<std::int32_t>(10.0f);  // where it is 1 in f32
  constexpr std::int32_t kInfinity = 0x7f800000;
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const auto size_bits = static_cast<std::int32_t>(bits & ~kSign);  // in the order of the sizes
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
  const float result = choose(less(size_bits, kNear) | less(kInfinity, size_bits), near, far);
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(result) | (bits & kSign));
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

constexpr Op kTanh = unary_op<Tanh>("tanh");

Shape plan(const Settings&, const Shape& input, std::vector<Weight>&) { return input; }

Tensor record(Tape& tape, Tensor x, const Settings&, std::span<const Tensor>) { return tanh(tape, x); }

}  // namespace

Tensor tanh(Tape& tape, Tensor x) { return record_unary(tape, kTanh, x); }

extern constinit const Layer tanh_layer{
    .spec = {"tanh", "hyperbolic tangent", "LeCun et al. 1998, Efficient BackProp", {}},
    .plan = plan,
    .record = record,
};

}  // namespace thalweg
