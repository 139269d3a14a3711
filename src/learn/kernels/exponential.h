// The exponential as the activations use it. In f32 it has no branches, so that loops around it become vector
// code, and its bits, unlike those of the C library, are the same on every machine; in f64 it is the C
// library's. Within a unit or two in the last place.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace thalweg {

inline constexpr std::uint32_t kSignBit = 0x80000000;
inline constexpr std::int32_t kInfinityBits = 0x7f800000;

// All bits where a < b, else none, for |a - b| < 2^31. A shift, because compilers turn a comparison into a
// branch around arithmetic that might trap, and a loop with a branch into no vector code.
inline std::uint32_t less(std::int32_t a, std::int32_t b) {
  return static_cast<std::uint32_t>((a - b) >> 31);
}

inline float choose(std::uint32_t mask, float yes, float no) {
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(yes) & mask) |
                              (std::bit_cast<std::uint32_t>(no) & ~mask));
}

// `yes` where a > b, else `no`.
inline float if_above(float a, float b, float yes, float no) {
  return choose(-static_cast<std::uint32_t>(a > b), yes, no);
}
inline double if_above(double a, double b, double yes, double no) { return a > b ? yes : no; }

// `negative` where the sign of x is set, else `positive`.
inline float by_sign(float x, float negative, float positive) {
  return choose(static_cast<std::uint32_t>(std::bit_cast<std::int32_t>(x) >> 31), negative, positive);
}
inline double by_sign(double x, double negative, double positive) {
  return std::signbit(x) ? negative : positive;
}

// |x|, or `most` where that is less; of a NaN a NaN.
inline float size_of(float x, float most) {
  const auto bits = static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(x) & ~kSignBit);
  const std::uint32_t above = less(std::bit_cast<std::int32_t>(most), bits) & ~less(kInfinityBits, bits);
  return choose(above, most, std::bit_cast<float>(bits));
}
inline double size_of(double x, double most) { return std::fabs(x) > most ? most : std::fabs(x); }

// Cephes' expf (Moshier 1992): e^z = 2^n e^r with |r| <= log(2) / 2.
struct Reduced {
  float r;
  std::int32_t n;
};

inline Reduced reduce(float z) {
  constexpr float kRound =
      12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest whole number in the low bits
  const float shifted = z * 1.44269504f + kRound;
  const float n = shifted - kRound;
  return {(z - n * 0.693359375f) + n * 2.12194440e-4f,  // z - n log(2), in two parts
          static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(shifted) -
                                    std::bit_cast<std::uint32_t>(kRound))};
}

inline float expm1_of_reduced(float r) {
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return p * r * r + r;
}

inline float exp_of_reduced(float r) { return expm1_of_reduced(r) + 1.0f; }

// 2^n for -127 < n < 128.
inline float power_of_two(std::int32_t n) {
  return std::bit_cast<float>((static_cast<std::uint32_t>(n) + 127) << 23);
}

// e^z for -87 <= z <= 88.
inline float exp_of(float z) {
  const Reduced reduced = reduce(z);
  return exp_of_reduced(reduced.r) * power_of_two(reduced.n);
}

// e^(z + rest) for -150 <= z <= 0 and a `rest` of at most 0.1: z and rest are one number in two parts. The
// power of two is applied in halves, so that small results are denormal numbers as they should.
inline float exp_below(float z, float rest = 0.0f) {
  const Reduced reduced = reduce(z);
  const std::int32_t half = reduced.n >> 1;
  return exp_of_reduced(reduced.r + rest) * power_of_two(half) * power_of_two(reduced.n - half);
}
inline double exp_below(double z, double rest = 0.0) { return std::exp(z + rest); }

// e^z - 1 for -87 <= z <= 0, with all its digits near 0.
inline float expm1_below(float z) {
  const Reduced reduced = reduce(z);
  const float scale = power_of_two(reduced.n);
  return scale * expm1_of_reduced(reduced.r) + (scale - 1.0f);
}
inline double expm1_below(double z) { return std::expm1(z); }

// Beyond this size e^-size is 0 in either type.
template <class T>
inline constexpr T kVanishes = sizeof(T) == 4 ? T{105} : T{750};

}  // namespace thalweg
