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

inline constexpr std::size_t kFolded = 16;    // bytes of a register
inline constexpr std::size_t kRegisters = 4;  // that are folded side by side, to hide the latency

// Folds all whole registers of `bytes`, of which there are at least kRegisters, and `state` before them into
// one with the same remainder, and returns how many bytes those are; 0 where the target cannot multiply so.
std::size_t crc32_fold(std::span<const std::byte> bytes, std::uint32_t state,
                       std::array<std::byte, kFolded>& folded);

}  // namespace thalweg
