#include "device/limit.h"
#include "device/limit_loops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/arena.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

// Three streams of 1.0, of which lines 1 and 2 are passed over.
class Pass3 : public testing::Test {
 protected:
  static constexpr std::size_t kFloats = kLine / sizeof(float);
  Pass3() {
    for (void*& stream : streams) {
      stream = arena.allocate(4 * kLine);
      std::fill_n(static_cast<float*>(stream), 4 * kFloats, 1.0f);
    }
  }
  float at(std::size_t stream, std::size_t line) const {
    return static_cast<const float*>(streams[stream])[line * kFloats + 3];
  }
  Arena arena;
  std::array<void*, 3> streams{};
};

TEST_F(Pass3, EveryWrittenStreamChangesAndDependsOnEveryReadOne) {
  pass_over(3, 2, streams.data(), 1, 3);
  for (const std::size_t line : {1u, 2u}) {
    EXPECT_EQ(at(0, line), 1.0f);
    EXPECT_EQ(at(1, line), 1.5f + 1.0f / 1024);
    EXPECT_EQ(at(2, line), 1.5f + 1.0f / 1024);
  }
  for (const std::size_t stream : {0u, 1u, 2u}) {
    EXPECT_EQ(at(stream, 0), 1.0f);
    EXPECT_EQ(at(stream, 3), 1.0f);
  }
}

TEST_F(Pass3, APassThatWritesNothingReturnsASumOfAll) {
  EXPECT_EQ(pass_over(3, 0, streams.data(), 0, 2), 2 * 16 * 3.0f);
  EXPECT_EQ(at(0, 0), 1.0f);
}

TEST_F(Pass3, AskingAheadChangesNoNumber) {
  for (const std::size_t ahead : kDistances) {
    EXPECT_EQ(pass_over(3, 0, streams.data(), 0, 4, ahead), 4 * 16 * 3.0f);
  }
  pass_over(3, 2, streams.data(), 1, 3, 1024);
  EXPECT_EQ(at(1, 1), 1.5f + 1.0f / 1024);
  EXPECT_EQ(at(1, 3), 1.0f);
}

TEST(MemoryLimit, ADistanceIsChosenOfThoseListed) {
  std::map<std::size_t, int> calls;
  fastest_distance([&](std::size_t distance) { ++calls[distance]; });
  EXPECT_EQ(calls.size(), kDistances.size());
  MemoryLimit limit({{.reads = 2, .writes = 1, .bytes = 40'000}}, 1);
  EXPECT_EQ(limit.distance(), 0u);
  limit.calibrate();
  EXPECT_EQ(std::count(kDistances.begin(), kDistances.end(), limit.distance()), 1);
}

TEST(MemoryLimit, MakesEveryPassAndCountsItsBytes) {
  for (const int threads : {1, 2}) {
    MemoryLimit limit({{.reads = 1, .writes = 0, .bytes = 40'000},
                       {.reads = 4, .writes = 3, .bytes = 40'000},
                       {.reads = kMostStreams, .writes = kMostStreams, .bytes = 100, .region = 1}},
                      threads);
    EXPECT_EQ(limit.bytes(), 40'000u + 7 * 40'000 + 2 * kMostStreams * 100);
    const auto seconds = limit.run();
    ASSERT_EQ(seconds.size(), 3u);
    for (const double each : seconds) EXPECT_GE(each, 0.0);
  }
}

TEST(MemoryLimit, AnImpossiblePassIsAnError) {
  for (const Pass& pass : {Pass{.reads = 0}, Pass{.reads = kMostStreams + 1}, Pass{.reads = 1, .writes = 2},
                           Pass{.reads = 1, .writes = -1}}) {
    EXPECT_THROW(MemoryLimit({pass}, 1), Error) << pass.reads << " " << pass.writes;
  }
}

}  // namespace
}  // namespace thalweg
