#include "compare/rates.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/test_error.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

Contender one(const std::string& text, const std::string& schedule = "cosine(1, warmup=5%)") {
  return contenders({.optimizers = {text}, .schedule = schedule}).front();
}

TEST(CompareRates, AnOptimizerWithoutARateGetsTheSchedule) {
  EXPECT_EQ(one("adam").chain.text(), "adam | lr(cosine(1, warmup=5%))");
  EXPECT_EQ(one("adamw").chain.text(),
            "adam | decay(0.01, on=[matrices, embedding]) | lr(cosine(1, warmup=5%))");
  EXPECT_EQ(one("sgd(momentum=0.9)", "constant(1)").chain.text(), "momentum | lr(constant(1))");
  EXPECT_EQ(one("adam | average").chain.text(), "adam | lr(cosine(1, warmup=5%)) | average");
  EXPECT_FALSE(one("adam").names_rate);
  EXPECT_TRUE(one("adam(lr=0.1)").names_rate);
}

TEST(CompareRates, OnlyGradientDescentTakesAllSamples) {
  EXPECT_TRUE(one("gd").full_batch);
  EXPECT_TRUE(one("gd(lr=0.5)").full_batch);
  EXPECT_FALSE(one("sgd").full_batch);
  EXPECT_FALSE(one("lr(0.5)").full_batch);
}

TEST(CompareRates, EveryRateIsMultiplied) {
  const auto scaled = [](const char* text, double factor) { return times(Chain(text), factor).text(); };
  EXPECT_EQ(scaled("adam(lr=1e-3)", 3.16), "adam | lr(0.00316)");
  EXPECT_EQ(scaled("adam | lr(0.02, on=matrices) | lr(3e-4, on=rest)", 10),
            "adam | lr(0.2, on=matrices) | lr(0.003, on=rest)");
  EXPECT_EQ(scaled("adam(lr=cosine(5e-3, warmup=5%, floor=10%))", 0.1),
            "adam | lr(cosine(0.0005, warmup=5%, floor=10%))");
  EXPECT_EQ(scaled("adam(lr=0.1)", 1), "adam | lr(0.1)");
  EXPECT_EQ(scaled("momentum | lr(0.1) | decay(0.5)", 2), "momentum | lr(0.2) | decay(0.5)");
}

TEST(CompareRates, TheLadderIsEvenOnALogScale) {
  EXPECT_EQ(ladder(1, 5), std::vector<double>{1});
  EXPECT_EQ(ladder(3, 2), (std::vector<double>{0.1, 1, 10}));
  EXPECT_EQ(one("adam").factors[1], 3.16e-4);
  EXPECT_NEAR(ladder(5, 2)[3], std::sqrt(10), 1e-15);
  EXPECT_EQ(times(one("adam").chain, one("adam").factors.front()).rate(), 1e-4);
  EXPECT_EQ(one("adam").factors.back(), 10);
}

TEST(CompareRates, ANameMayStandBeforeAChain) {
  const Contender mine = one(" my own = adam(beta1=0.8) | cautious | lr(1e-3)");
  EXPECT_EQ(mine.name, "my own");
  EXPECT_EQ(mine.label(), "my own");
  EXPECT_EQ(mine.given, "adam(beta1=0.8) | cautious | lr(1e-3)");
  EXPECT_EQ(one("adam(lr=1e-3)").name, "");
  EXPECT_EQ(one("adam(lr=1e-3)").label(), "adam(lr=1e-3)");
}

TEST(CompareRates, BadNamesAreToldAsWhatTheyAre) {
  const auto refuse = [](std::vector<std::string> texts, const std::string& says) {
    const std::string message = error_of(Code::usage, [&] { contenders({.optimizers = std::move(texts)}); });
    EXPECT_NE(message.find(says), std::string::npos) << message;
  };
  refuse({" = adam", "sgd"}, "optimizers: the name is empty");
  refuse({"a, b = adam", "sgd"}, "the name has a character that parts texts; got `a, b`");
  refuse({"a\x1b = adam", "sgd"}, "characters that nobody sees");
  refuse({std::string(101, 'a') + " = adam", "sgd"}, "the name is too long");
  refuse({"a = adam", "a = sgd"}, "two are called alike; got `a`");
  refuse({"sgd", "sgd = adam"}, "two are called alike; got `sgd`");
  refuse({"a = adam", "b = adam"}, "the same one twice; got `b = adam`");
}

TEST(CompareRates, RefusesWhatCannotBeCompared) {
  EXPECT_THROW(one("adm"), Error);
  EXPECT_THROW(one("accumulate(4) | adam"), Error);
  EXPECT_THROW(one("adam", "cosin(1)"), Error);
  EXPECT_THROW(contenders({.optimizers = {"adam", "adam()"}}), Error);
}

}  // namespace
}  // namespace thalweg
