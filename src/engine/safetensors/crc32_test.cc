#include "safetensors/crc32.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string_view>
#include <vector>

#include "base/random.h"

namespace thalweg {
namespace {

using Bytes = std::span<const std::byte>;

Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::vector<std::byte> random_bytes(std::size_t n, std::uint64_t seed) {
  const Random random(seed, Purpose::init, 0);
  std::vector<std::byte> out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::byte>(256 * random.uniform(i));
  return out;
}

std::uint32_t zlib_crc(Bytes bytes, std::uint32_t before = 0) {
  if (bytes.empty()) return before;  // zlib begins anew for a null pointer
  return static_cast<std::uint32_t>(
      ::crc32(before, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

TEST(Crc32, OfKnownTexts) {
  for (const auto crc : {crc32_of, crc32_by_table}) {
    EXPECT_EQ(crc({}, 0), 0u);
    EXPECT_EQ(crc({}, 17), 17u);
    EXPECT_EQ(crc(bytes_of("123456789"), 0), 0xcbf43926u);  // the check value of the catalogues
    EXPECT_EQ(crc(bytes_of("a"), 0), 0xe8b7be43u);
    EXPECT_EQ(crc(bytes_of("The quick brown fox jumps over the lazy dog"), 0), 0x414fa339u);
    EXPECT_EQ(crc(std::vector<std::byte>(32), 0), 0x190a55adu);
    EXPECT_EQ(crc(std::vector<std::byte>(32, std::byte{0xff}), 0), 0xff6cab0bu);
  }
}

TEST(Crc32, IsThatOfZlibForEveryLengthAndOffset) {
  const std::vector<std::byte> all = random_bytes(700, 1);
  for (std::size_t offset = 0; offset < 20; ++offset) {
    for (std::size_t n = 0; offset + n <= all.size(); n += n < 300 ? 1 : 13) {
      const Bytes part = Bytes(all).subspan(offset, n);
      const std::uint32_t before = static_cast<std::uint32_t>(n * 0x9e3779b9u);
      ASSERT_EQ(crc32_of(part, before), zlib_crc(part, before)) << offset << " " << n;
      ASSERT_EQ(crc32_by_table(part, before), zlib_crc(part, before)) << offset << " " << n;
    }
  }
  const std::vector<std::byte> large = random_bytes(1'000'003, 2);
  EXPECT_EQ(crc32_of(large), zlib_crc(large));
  EXPECT_EQ(crc32_by_table(large), zlib_crc(large));
}

TEST(Crc32, OfPartsThatAreJoined) {
  const std::vector<std::byte> all = random_bytes(100'000, 3);
  for (const std::size_t cut : {0u, 1u, 2u, 15u, 16u, 64u, 4096u, 65'537u, 99'999u, 100'000u}) {
    const Bytes first = Bytes(all).first(cut), second = Bytes(all).subspan(cut);
    EXPECT_EQ(crc32_joined(crc32_of(first), crc32_of(second), second.size()), zlib_crc(all)) << cut;
    EXPECT_EQ(crc32_of(second, crc32_of(first)), zlib_crc(all)) << cut;
  }
}

TEST(Crc32, JoinsPartsLongerThanMemory) {
  const std::uint64_t kMany = std::uint64_t{5} << 33;
  const std::uint32_t a = 0x12345678u, b = 0x9abcdef0u;
  EXPECT_EQ(crc32_joined(a, b, kMany), static_cast<std::uint32_t>(::crc32_combine64(a, b, 5LL << 33)));
}

}  // namespace
}  // namespace thalweg
