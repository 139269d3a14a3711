#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "thalweg/error.h"
#include "thalweg/lab/analyze.h"

namespace thalweg {
namespace {

TEST(Analyze, EveryPhaseHasItsBytesAndTheStepMovesTheirSum) {
  Params params;
  params.add("w", {70, 100}, Role::weight);
  params.add("b", {100}, Role::bias);
  params.add("x", {3000}, Role::weight, Dtype::f64);
  const Chain chain("clip_norm(1) | adam | decay(0.1, on=[matrices, x]) | lr(0.1)");
  const Analysis result = analyze(chain, params, {.threads = 2, .rounds = 7});
  EXPECT_EQ(result.elements, 10'100u);
  EXPECT_EQ(result.chain, chain.text());
  ASSERT_EQ(result.phases.size(), 6u);  // two phases of three groups
  std::uint64_t bytes = 0;
  for (const PhaseCost& phase : result.phases) {
    EXPECT_EQ(phase.kind, phase.phase == 1 ? "gather" : "update");
    bytes += phase.elements * phase.bytes_per_element;
  }
  EXPECT_EQ(bytes, result.bytes);
  EXPECT_EQ(bytes, 7100u * (4 + 28) + 3000u * (8 + 56));
  EXPECT_LE(result.share.low, result.share.value);
  EXPECT_LE(result.share.value, result.share.high);
  EXPECT_GT(result.step_seconds.value, 0.0);
}

TEST(Analyze, JsonAndTextSayTheSame) {
  Params params;
  params.add("w", {5000}, Role::weight);
  const Analysis result = analyze(Chain("momentum | lr(0.1)"), params, {.threads = 1, .rounds = 3});
  const nlohmann::json json = nlohmann::json::parse(result.json());
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["chain"], "momentum | lr(0.1)");
  EXPECT_EQ(json["elements"], 5000);
  EXPECT_EQ(json["bytes"], 5000 * 20);
  EXPECT_EQ(json["rounds"], 3);
  ASSERT_EQ(json["phases"].size(), 1u);
  EXPECT_EQ(json["phases"][0]["engine"], "loop momentum");
  EXPECT_EQ(json["phases"][0]["bytes_per_element"], 20);
  for (const char* key : {"limit_seconds", "step_seconds", "share"}) {
    EXPECT_GT(json[key]["median"].get<double>(), 0.0) << key;
    EXPECT_LE(json[key]["low"].get<double>(), json[key]["high"].get<double>()) << key;
  }
  EXPECT_NE(result.text().find("update, loop momentum"), std::string::npos) << result.text();
}

TEST(Analyze, NothingToMeasureIsAnError) {
  Params params;
  EXPECT_THROW(analyze(Chain("lr(0.1)"), params), Error);
  params.add("w", {4}, Role::weight);
  EXPECT_THROW(analyze(Chain("lr(0.1)"), params, {.threads = 1, .rounds = 0}), Error);
}

// Ten million f32 on four ranks, by hand: each sends three quarters of the gradient and of the values.
TEST(PredictRanks, CountsBytesAndDividesThemByTheLink) {
  Params params;
  params.add("w", {10'000'000}, Role::weight);
  const Chain chain("adam | lr(0.1)");
  const RankPrediction four =
      predict_ranks(chain, params, {.ranks = 4, .link = {1e9, 1e-3}, .threads = 1, .rounds = 3});
  EXPECT_NEAR(static_cast<double>(four.out), 60e6, 60e3);
  EXPECT_NEAR(static_cast<double>(four.in), 60e6, 60e3);
  EXPECT_NEAR(four.values, 31e-3, 0.1e-3);
  EXPECT_GT(four.gradients, four.values) << "sums are formed";
  EXPECT_GE(four.small, 1e-3);
  EXPECT_EQ(four.whole, 80'000'000u);
  EXPECT_EQ(four.state_alone, 80'000'000u);
  EXPECT_NEAR(static_cast<double>(four.state), 20e6, 20e3);
  EXPECT_EQ(four.seconds(), four.gradients + four.step + four.values + four.small);
  EXPECT_GT(four.step, 0);
  const nlohmann::json json = nlohmann::json::parse(four.json());
  EXPECT_EQ(json["bytes_out"], four.out);
  EXPECT_EQ(json["seconds"], four.seconds());
  EXPECT_NE(four.text().find("a prediction"), std::string::npos);
}

TEST(PredictRanks, OneRankSendsNothing) {
  Params params;
  params.add("w", {5000}, Role::weight);
  const RankPrediction one =
      predict_ranks(Chain("lr(0.1)"), params, {.ranks = 1, .link = {1e9, 1e-3}, .rounds = 1});
  EXPECT_EQ(one.out + one.in + one.rooms, 0u);
  EXPECT_EQ(one.seconds(), one.alone);
}

TEST(PredictRanks, WhatCannotBeIsRefused) {
  Params params;
  const Chain chain("lr(0.1)");
  EXPECT_THROW(predict_ranks(chain, params, {.ranks = 2, .link = {1e9, 0}}), Error) << "nothing to move";
  params.add("w", {4}, Role::weight);
  for (const RankOptions& bad : {RankOptions{.ranks = 0, .link = {1e9, 0}},
                                 {.ranks = 2, .link = {0, 0}},
                                 {.ranks = 2, .link = {1e9, -1}},
                                 {.ranks = 2, .link = {1e9, 0}, .per_host = 3},
                                 {.ranks = 2, .link = {1e9, 0}, .rounds = 0}})
    EXPECT_THROW(predict_ranks(chain, params, bad), Error);
}

}  // namespace
}  // namespace thalweg
