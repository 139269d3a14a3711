#include "experiments/rules.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/test_error.h"

namespace thalweg::experiments {
namespace {

Findings found() {
  Findings out;
  out.add("low.loss", {1, 2, 3, 4, 5});
  out.add("high.loss", {2, 3, 4, 5, 6});
  out.add("mixed.loss", {2, 3, 4, 5, 4});
  out.add("endless.loss", {INFINITY, INFINITY, INFINITY, INFINITY, INFINITY});
  out.add("once", {10});
  out.add("short", {1, 2});
  return out;
}

Outcome outcome(const std::string& test) { return decide({"", test}, found()).outcome; }

TEST(ClaimRules, ComparePairsOfSeeds) {
  EXPECT_EQ(outcome("low.loss < high.loss"), Outcome::holds);  // though the samples overlap
  EXPECT_EQ(outcome("high.loss > low.loss"), Outcome::holds);
  EXPECT_EQ(outcome("high.loss < low.loss"), Outcome::reversed);
  EXPECT_EQ(outcome("low.loss < mixed.loss"), Outcome::undecided);  // one of five disagrees
  EXPECT_EQ(outcome("low.loss < low.loss"), Outcome::undecided);
}

TEST(ClaimRules, TakeFactorsOffsetsAndNumbers) {
  EXPECT_EQ(outcome("low.loss < 0.8 * high.loss"), Outcome::undecided);  // 1 < 1.6, but 5 > 4.8
  EXPECT_EQ(outcome("2 * low.loss > high.loss - 0.5"), Outcome::holds);
  EXPECT_EQ(outcome("low.loss < high.loss - 1"), Outcome::undecided);
  EXPECT_EQ(outcome("low.loss < 6"), Outcome::holds);
  EXPECT_EQ(outcome("once > high.loss + 3.5"), Outcome::holds);
  EXPECT_EQ(outcome("-1 < low.loss"), Outcome::holds);
}

TEST(ClaimRules, KnowTheMarginAndItsInterval) {
  const Decision decision = decide({"", "low.loss < mixed.loss"}, found());
  EXPECT_EQ(decision.margin.value, 1);
  EXPECT_EQ(decision.margin.low, -1);
  EXPECT_EQ(decision.margin.high, 1);
}

TEST(ClaimRules, InfiniteLossesAreMoreThanAllOthersAndNotThanEachOther) {
  EXPECT_EQ(outcome("low.loss < endless.loss"), Outcome::holds);
  EXPECT_EQ(outcome("endless.loss < endless.loss"), Outcome::undecided);
}

TEST(ClaimRules, FifteenSeedsMayHaveThreeThatDisagree) {
  Findings findings;
  std::vector<double> samples(15, 1.0);
  for (std::size_t i = 0; i < 3; ++i) samples[i] = -1;
  findings.add("a", samples);
  EXPECT_EQ(decide({"", "a > 0"}, findings).outcome, Outcome::holds);
  samples[3] = -1;
  findings.quantities[0].samples = samples;
  EXPECT_EQ(decide({"", "a > 0"}, findings).outcome, Outcome::undecided);
}

TEST(ClaimRules, RefuseWhatIsNoRule) {
  for (const char* const test : {"low.loss", "low.loss < unknown", "low.loss < 2 high.loss",
                                 "a * low.loss < 1", "low.loss < short", "<"}) {
    error_of(Code::usage, [&] { outcome(test); });
  }
}

TEST(ClaimVerdict, SaysWhichPartsHold) {
  const Decision yes{{"first", ""}, Outcome::holds, {}}, also{{"second", ""}, Outcome::holds, {}};
  const Decision open{{"third", ""}, Outcome::undecided, {}}, no{{"fourth", ""}, Outcome::reversed, {}};
  EXPECT_EQ(verdict({yes, also}), "holds");
  EXPECT_EQ(verdict({yes, open, also, no}), "holds when: first; second");
  EXPECT_EQ(verdict({open, no}), "does not hold here");
  EXPECT_EQ(summary({yes, also}), "holds");
  EXPECT_EQ(summary({yes, open, also, no}), "holds in 2 of 4 parts");
  EXPECT_EQ(summary({open, no}), "does not hold here");
}

}  // namespace
}  // namespace thalweg::experiments
