#include "base/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

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

TEST(Arena, WhatIsReservedLiesInOneBlock) {
  Arena arena(1);
  arena.reserve(std::size_t{5} << 20);
  EXPECT_EQ(arena.bytes(), 0u);
  const auto* first = static_cast<const unsigned char*>(arena.allocate(std::size_t{2} << 20));
  EXPECT_EQ(arena.allocate(std::size_t{3} << 20), first + (std::size_t{2} << 20));
  EXPECT_EQ(arena.bytes(), std::size_t{5} << 20);
}

TEST(Arena, ColoursStartAtDifferentOffsetsOfThePage) {
  for (const int colour : {0, 1, 2, 7}) {
    Arena arena(colour);
    EXPECT_EQ(address(arena.allocate(1)) % 4096, static_cast<std::size_t>(colour) * 576 % 4096);
  }
}

// What the system keeps about the mapping that holds an address, as /proc/self/smaps writes it: the advice on
// huge pages is the flag `hg`. Empty where the system does not tell.
std::string flags_of(std::uintptr_t wanted) {
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0, end = 0;
    char dash = 0;
    std::istringstream head(line);
    if (head >> std::hex >> begin >> dash >> end && dash == '-') inside = begin <= wanted && wanted < end;
    if (inside && line.starts_with("VmFlags:")) return line + " ";
  }
  return {};
}

TEST(Arena, LargeBlocksAskForHugePages) {
  if (!std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled")) GTEST_SKIP() << "a system without them";
  Arena small, large;
  const std::string kept = flags_of(address(small.allocate(100)));
  const std::string advised = flags_of(address(large.allocate(std::size_t{8} << 20)));
  if (advised.empty()) GTEST_SKIP() << "a system that does not tell";
  EXPECT_EQ(kept.find(" hg "), std::string::npos) << kept;
  EXPECT_NE(advised.find(" hg "), std::string::npos) << advised;
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
