#include "base/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace thalweg {
namespace {

std::uintptr_t address(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

TEST(Arena, PiecesAreZeroAlignedPaddedAndAdjacent) {
  Arena arena;
  const void* next = nullptr;
  std::size_t total = 0;
  for (const std::size_t bytes : {1u, 64u, 65u, 0u, 1000u}) {
    const auto* piece = static_cast<const unsigned char*>(arena.allocate(bytes));
    const std::size_t padded = std::max<std::size_t>((bytes + 63) / 64, 1) * 64;
    EXPECT_EQ(address(piece) % Arena::kAlignment, 0u);
    EXPECT_TRUE(std::all_of(piece, piece + padded, [](unsigned char c) { return c == 0; }));
    if (next != nullptr) {
      EXPECT_EQ(piece, next);
    }
    next = piece + padded;
    total += padded;
  }
  EXPECT_EQ(arena.bytes(), total);
}

TEST(Arena, PiecesStayWhereTheyAreWhenItGrows) {
  Arena arena;
  auto* first = static_cast<unsigned char*>(arena.allocate(100));
  first[99] = 7;
  for (int i = 0; i < 10; ++i) {
    auto* piece = static_cast<unsigned char*>(arena.allocate(std::size_t{1} << 20));
    EXPECT_EQ(address(piece) % Arena::kAlignment, 0u);
    piece[(1 << 20) - 1] = 1;
  }
  EXPECT_EQ(first[99], 7);
}

TEST(Arena, ColoursStartAtDifferentOffsetsOfThePage) {
  for (const int colour : {0, 1, 2, 7}) {
    Arena arena(colour);
    EXPECT_EQ(address(arena.allocate(1)) % 4096, static_cast<std::size_t>(colour) * 576 % 4096);
  }
}

TEST(Arena, MoreThanTheSystemHasIsAnError) {
  Arena arena;
  try {
    arena.allocate(std::size_t{1} << 60);
    FAIL() << "an exabyte was granted";
  } catch (const std::exception& error) {
    EXPECT_NE(std::string(error.what()).find("1152921504606846976 bytes"), std::string::npos) << error.what();
  }
  EXPECT_NE(arena.allocate(64), nullptr);
}

}  // namespace
}  // namespace thalweg
