#include "nn/memory_plan.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace thalweg {
namespace {

TEST(MemoryPlan, AChainOfBuffersThatAlternateTakesTwo) {
  MemoryPlan plan;
  std::size_t before = plan.take(64);
  for (int i = 0; i < 10; ++i) {
    const std::size_t next = plan.take(64);
    plan.give_back(before, 64);
    before = next;
  }
  EXPECT_EQ(plan.bytes(), 128u);
}

TEST(MemoryPlan, GapsThatTouchBecomeOneAndTheLastOneGrows) {
  MemoryPlan plan;
  const std::size_t a = plan.take(10), b = plan.take(20), c = plan.take(30);
  plan.give_back(a, 10);
  plan.give_back(c, 30);
  EXPECT_EQ(plan.take(40), c);  // what was there, and ten more
  plan.give_back(b, 20);
  EXPECT_EQ(plan.take(30), a);
  EXPECT_EQ(plan.bytes(), 70u);
}

TEST(MemoryPlan, NothingOverlapsWhateverTheOrder) {
  struct Piece {
    std::size_t offset, bytes;
  };
  const Random random(5, Purpose::init, 0);
  MemoryPlan plan;
  std::vector<Piece> alive;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    if (random.uniform(3 * i) < 0.45 && !alive.empty()) {
      const std::size_t chosen = random.below(alive.size(), 3 * i + 1);
      plan.give_back(alive[chosen].offset, alive[chosen].bytes);
      alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(chosen));
      continue;
    }
    const std::size_t bytes = random.below(100, 3 * i + 2);
    const Piece piece{plan.take(bytes), bytes};
    ASSERT_LE(piece.offset + bytes, plan.bytes());
    for (const Piece& other : alive) {
      ASSERT_TRUE(piece.offset + bytes <= other.offset || other.offset + other.bytes <= piece.offset ||
                  bytes == 0 || other.bytes == 0);
    }
    alive.push_back(piece);
  }
}

}  // namespace
}  // namespace thalweg
