// Polynomials modulo that of the CRC-32, and the loop that folds registers of them.
//
// The bits of a number are coefficients in reflected order: bit 31 is that of x^0.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace thalweg {

inline constexpr std::uint32_t kPolynomial = 0xEDB88320u;

constexpr std::uint32_t times_x(std::uint32_t a) { return a >> 1 ^ ((a & 1) != 0 ? kPolynomial : 0u); }

constexpr std::uint32_t x_to_the(unsigned n) {
  std::uint32_t a = 0x80000000u;
  for (unsigned i = 0; i < n; ++i) a = times_x(a);
  return a;
}

// What two halves of a register are multiplied by to be carried `bits` bits on. The product of two reflected
// numbers is one bit short, which the shift makes up for.
struct Fold {
  std::uint64_t lower, upper;
};
constexpr Fold fold_by(unsigned bits) {
  return {std::uint64_t{x_to_the(bits + 32)} << 1, std::uint64_t{x_to_the(bits - 32)} << 1};
}

// What is left of a message: fewer bytes with the same remainder.
struct Folded {
  static constexpr std::size_t kMost = 256;
  alignas(64) std::array<std::byte, kMost> bytes;
  std::size_t size = 0;  // of them that count
  std::size_t done = 0;  // bytes of the message that they stand for; 0: none
};

// Folds `bytes`, and `state` before them, as far as whole rows of registers go; not at all where they are too
// few, or the target cannot multiply so.
void crc32_fold(std::span<const std::byte> bytes, std::uint32_t state, Folded& out);

}  // namespace thalweg
