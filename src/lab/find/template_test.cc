#include "thalweg/lab/tune.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "thalweg/catalog.h"
#include "thalweg/chain.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

TEST(Template, DrawsWithinItsEnds) {
  const Template text("optimizer", "adamw(lr=log(1e-5, 1e-1), decay=uniform(0.5, 2))");
  ASSERT_TRUE(text.has_ranges());
  int low = 0;
  for (std::uint64_t trial = 0; trial < 400; ++trial) {
    const DrawnText drawn = text.draw(1, trial);
    ASSERT_EQ(drawn.values.size(), 2u);
    EXPECT_EQ(drawn.values[0].name, "adamw.lr");
    EXPECT_TRUE(drawn.values[0].log);
    EXPECT_GE(drawn.values[0].number, 1e-5);
    EXPECT_LE(drawn.values[0].number, 1e-1);
    EXPECT_EQ(drawn.values[1].name, "adamw.decay");
    EXPECT_FALSE(drawn.values[1].log);
    EXPECT_GE(drawn.values[1].number, 0.5);
    EXPECT_LE(drawn.values[1].number, 2);
    EXPECT_EQ(drawn.text, "adamw(lr=" + drawn.values[0].value + ", decay=" + drawn.values[1].value + ")");
    EXPECT_NO_THROW(Chain(drawn.text));
    low += drawn.values[0].number < 1e-3 ? 1 : 0;  // the middle of the logarithm
  }
  EXPECT_NEAR(low, 200, 50);  // five deviations of a binomial distribution
}

TEST(Template, IsAFunctionOfSeedAndTrial) {
  const Template text("optimizer", "sgd(lr=log(1e-4, 1), momentum=uniform(0, 0.99))");
  EXPECT_EQ(text.draw(1, 3).text, text.draw(1, 3).text);
  EXPECT_NE(text.draw(1, 3).text, text.draw(1, 4).text);
  EXPECT_NE(text.draw(1, 3).text, text.draw(2, 3).text);
}

TEST(Template, ChoosesWordsNumbersAndTexts) {
  const Template text("model", "dense(choice(32, 64)) | choice(relu, gelu) | dense(whole(10, 12))");
  std::map<std::string, int> seen;
  for (std::uint64_t trial = 0; trial < 300; ++trial) ++seen[text.draw(1, trial).text];
  EXPECT_EQ(seen.size(), 12u);
  EXPECT_TRUE(seen.contains("dense(32) | gelu | dense(12)"));
  const DrawnText drawn = text.draw(1, 0);
  ASSERT_EQ(drawn.values.size(), 3u);
  EXPECT_EQ(drawn.values[0].name, "dense");
  EXPECT_EQ(drawn.values[2].name, "dense#2");
  EXPECT_TRUE(std::isnan(drawn.values[1].number));
}

TEST(Template, ChoicesHoldRanges) {
  const Template text("optimizer", "choice(adam(lr=log(1e-4, 1e-2)), sgd(lr=log(1e-2, 1)) | box(-1, 1))");
  bool adam = false, sgd = false;
  for (std::uint64_t trial = 0; trial < 50; ++trial) {
    const std::string drawn = text.draw(1, trial).text;
    EXPECT_NO_THROW(Chain{drawn}) << drawn;
    adam = adam || drawn.starts_with("adam(lr=0.00");
    sgd = sgd || drawn.ends_with("| box(-1, 1)");
  }
  EXPECT_TRUE(adam && sgd);
}

TEST(Template, LeavesTextsWithoutRangesAsTheyAre) {
  for (const char* text : {"adam(lr=linear(1e-3, total=5))", "idx(/somewhere/log)", "no ( grammar",
                           "adam(lr=cosine(1, warmup=2, warmup_shape=log))"}) {
    const Template kept("data", text);
    EXPECT_FALSE(kept.has_ranges());
    EXPECT_EQ(kept.draw(1, 1).text, text);
  }
}

TEST(Template, NothingElseIsNamedLikeARange) {
  for (const CatalogEntry& entry : catalog()) {
    for (const char* range : {"log", "uniform", "whole", "choice"}) EXPECT_NE(entry.name, range);
  }
}

TEST(Template, RefusesRangesThatAreNone) {
  for (const char* text : {"adam(lr=log(1e-3))", "adam(lr=log(0, 1))", "adam(lr=log(2, 1))",
                           "adam(lr=log(a, b))", "adam(lr=uniform(1, 1))", "dense(whole(1, 2.5))",
                           "dense(choice(a=1))", "adam(lr=log(low=1, high=2))"}) {
    EXPECT_THROW(Template("optimizer", text), Error) << text;
  }
}

}  // namespace
}  // namespace thalweg
