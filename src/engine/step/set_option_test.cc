#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <vector>

#include "base/test_error.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

// One weight of 1 with a gradient of 1.
struct One {
  explicit One(const char* chain) {
    params.adopt("w", {1}, &w, &g);
    optimizer.emplace(params, Chain(chain));
  }
  double step() {
    optimizer->step();
    return w;
  }

  double w = 1, g = 1;
  Params params;
  std::optional<Optimizer> optimizer;
};

TEST(SetOption, TheRateIsTheCallersUntilItIsGivenBack) {
  for (const char* chain : {"lr(0.5)", "lr(step(0.5, every=100, gamma=0.1))"}) {
    One one(chain);
    EXPECT_EQ(one.step(), 0.5);
    one.optimizer->set_option("lr.value", 0.25);
    EXPECT_EQ(one.step(), 0.25);
    EXPECT_EQ(one.step(), 0.0);
    EXPECT_EQ(one.optimizer->step().lr, 0.25);
    one.optimizer->set_option("lr", NAN);
    EXPECT_EQ(one.step(), -0.75);
  }
}

TEST(SetOption, ARunOfGivenRatesEqualsTheirSchedule) {
  const Schedule cosine("cosine(0.1, total=20)");
  const Schedule betas("linear(0.9, total=20)");
  One written("adam(beta1=linear(0.9, total=20), beta2=0.99) | decay(0.1) | lr(cosine(0.1, total=20))");
  One given("adam(beta1=0.5, beta2=0.99) | decay(0.1) | lr(1)");
  for (std::uint64_t k = 0; k < 20; ++k) {
    written.g = given.g = std::sin(static_cast<double>(k));
    given.optimizer->set_option("lr.value", cosine(k));
    given.optimizer->set_option("adam.beta1", betas(k));
    EXPECT_EQ(given.step(), written.step()) << k;
  }
}

TEST(SetOption, StaysGivenWhenThePlanIsMadeAnew) {
  One one("adam | lr(1)");
  one.optimizer->set_option("lr", 0.25);
  one.optimizer->replan();
  EXPECT_EQ(one.optimizer->step().lr, 0.25);
}

TEST(SetOption, TheSecondTransformOfANameHasANumber) {
  One one("scale(2) | scale(3) | lr(0.125)");
  one.optimizer->set_option("scale2.factor", 1);
  EXPECT_EQ(one.step(), 0.75);
}

TEST(SetOption, WhatDecidesHowTheChainRunsStandsFast) {
  One one("momentum(0.9, nesterov=true) | clip_norm(1, per=tensor) | lr(0.1)");
  for (const char* name : {"momentum.nesterov", "clip_norm.per"}) {
    expect_contains(usage_error([&] { one.optimizer->set_option(name, 0); }),
                    "it decides how the chain runs");
  }
}

TEST(SetOption, ErrorsNameWhatThereIs) {
  One one("adam | lr(0.1)");
  expect_contains(usage_error([&] { one.optimizer->set_option("adm.beta1", 0.5); }), "`adam.beta1`");
  expect_contains(usage_error([&] { one.optimizer->set_option("adam.beta1", 1.5); }), "want [0, 1)");
  expect_contains(usage_error([&] { one.optimizer->set_option("lr", INFINITY); }), "got inf");
  EXPECT_NEAR(one.step(), 0.9, 1e-7);
}

}  // namespace
}  // namespace thalweg
