#include "safetensors/crc32.h"

#include <array>
#include <bit>
#include <cstring>

#include "safetensors/crc32_fold.h"

namespace thalweg {
namespace {

static_assert(std::endian::native == std::endian::little, "eight bytes are read as one number");

constexpr std::size_t kAtOnce = 8;
using Tables = std::array<std::array<std::uint32_t, 256>, kAtOnce>;

// [i][b]: what a byte b becomes when i zero bytes follow it.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t a = byte;
    for (int bit = 0; bit < 8; ++bit) a = times_x(a);
    tables[0][byte] = a;
  }
  for (std::size_t i = 1; i < kAtOnce; ++i) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t a = tables[i - 1][byte];
      tables[i][byte] = a >> 8 ^ tables[0][a & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

std::uint32_t remainder_after(std::span<const std::byte> bytes, std::uint32_t state) {
  const std::byte* from = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= kAtOnce; left -= kAtOnce, from += kAtOnce) {
    std::uint64_t eight;
    std::memcpy(&eight, from, kAtOnce);
    eight ^= state;
    state = 0;
    for (std::size_t i = 0; i < kAtOnce; ++i) state ^= kTables[kAtOnce - 1 - i][eight >> 8 * i & 0xff];
  }
  for (; left > 0; --left, ++from) {
    state = state >> 8 ^ kTables[0][(state ^ std::to_integer<std::uint32_t>(*from)) & 0xff];
  }
  return state;
}

// Of two polynomials.
std::uint32_t product(std::uint32_t a, std::uint32_t b) {
  std::uint32_t sum = 0;
  for (std::uint32_t bit = 0x80000000u; bit != 0; bit >>= 1, b = times_x(b)) {
    if ((a & bit) != 0) sum ^= b;
  }
  return sum;
}

}  // namespace

std::uint32_t crc32_by_table(std::span<const std::byte> bytes, std::uint32_t before) {
  return ~remainder_after(bytes, ~before);
}

std::uint32_t crc32_of(std::span<const std::byte> bytes, std::uint32_t before) {
  Folded folded;
  crc32_fold(bytes, ~before, folded);
  if (folded.done == 0) return crc32_by_table(bytes, before);
  const std::span<const std::byte> row = std::span(folded.bytes).first(folded.size);
  return ~remainder_after(bytes.subspan(folded.done), remainder_after(row, 0));
}

// first x^(8 bytes) + second, the power by squaring.
std::uint32_t crc32_joined(std::uint32_t first, std::uint32_t second, std::uint64_t bytes_of_second) {
  std::uint32_t square = x_to_the(8);
  for (std::uint64_t n = bytes_of_second; n != 0; n >>= 1, square = product(square, square)) {
    if ((n & 1) != 0) first = product(first, square);
  }
  return first ^ second;
}

}  // namespace thalweg
