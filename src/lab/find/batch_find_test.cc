#include <gtest/gtest.h>

#include <algorithm>

#include "thalweg/error.h"
#include "thalweg/lab/find.h"

namespace thalweg {
namespace {

const BatchSearch kShort{.rounds = 2, .seconds = 0.002, .most = 64};

RunConfig config() {
  RunConfig config;
  config.model = "dense(16) | relu | dense(10)";
  return config;
}

TEST(FindBatch, ChoosesTheSmallestThatIsFastEnough) {
  const FoundBatch found = find_batch(config(), kShort);
  ASSERT_EQ(found.timings.size(), 7u);
  double best = 0;
  for (std::size_t i = 0; i < 7; ++i) {
    const BatchTiming& t = found.timings[i];
    EXPECT_EQ(t.batch, 1u << i);
    EXPECT_LE(t.low, t.median);
    EXPECT_LE(t.median, t.high);
    best = std::max(best, t.median);
  }
  const auto first =
      std::ranges::find_if(found.timings, [&](const BatchTiming& t) { return t.median >= 0.95 * best; });
  EXPECT_EQ(found.batch, first->batch);
  EXPECT_FALSE(found.why.empty());
}

TEST(FindBatch, StaysWithinTheMemory) {
  const FoundBatch all = find_batch(config(), kShort);
  BatchSearch search = kShort;
  search.memory = all.timings[3].bytes;
  const FoundBatch some = find_batch(config(), search);
  EXPECT_LE(some.timings.back().bytes, search.memory);
  EXPECT_NE(some.why.find("fits the memory"), std::string::npos) << some.why;
  search.memory = 1000;
  EXPECT_THROW(find_batch(config(), search), Error);
}

TEST(FindBatch, RefusesWhatIsOutOfRange) {
  EXPECT_THROW(find_batch(config(), {.rounds = 0}), Error);
  EXPECT_THROW(find_batch(config(), {.seconds = 0}), Error);
  EXPECT_THROW(find_batch(config(), {.slack = 1}), Error);
}

}  // namespace
}  // namespace thalweg
