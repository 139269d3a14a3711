// A finite gradient that a rule's state or a weight cannot hold: what each policy does about it.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "params/test_params.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

OptimizerOptions with_policy(Nonfinite policy, int most_skips = 10) {
  OptimizerOptions options;
  options.nonfinite = policy;
  options.most_skips = most_skips;
  return options;
}

// Weights, state, kept numbers and clocks.
std::string bits_of_all(const Params& params, Optimizer& optimizer) {
  std::string out = std::to_string(optimizer.updates());
  for (const Parameter& p : params) out += value_bits(p);
  for (const StateTensor& s : optimizer.state()) out += bits_of(s.buffer.data, s.buffer.bytes());
  for (const StateNumber& n : optimizer.numbers()) out += bits_of(n.value, sizeof(double));
  return out + bits_of(optimizer.clocks().data(), optimizer.clocks().size_bytes());
}

// Decimal arithmetic of 60 digits.
TEST(Overflow, AdamGoesOnAfterAHugeGradientWhereItsSquareFits) {
  OneParameter<double> one({1.0});
  Optimizer optimizer(one.params(), Chain("adam | lr(0.01)"), with_policy(Nonfinite::error));
  const std::vector<double> grads = {1, 1e21, 1, 1, 1},
                            want = {0.9900000000999999990, 0.98255863186433012556, 0.97680643265075205658,
                                    0.97209458106541187504, 0.96811199204331005533};
  for (std::size_t i = 0; i < grads.size(); ++i) {
    one.set_grad({grads[i]});
    EXPECT_EQ(optimizer.step().nonfinite, 0u);
    EXPECT_NEAR(one.value()[0], want[i], 1e-15) << i;
  }
}

TEST(Overflow, WhatAFloatCannotHoldIsReported) {
  for (const char* rule : {"adam", "rmsprop", "adagrad", "adadelta", "adabelief", "ademamix", "nadam", "yogi",
                           "radam", "adan", "adopt", "adabound", "madgrad", "ftrl", "proximal_adagrad"}) {
    OneParameter<float> one({1.0f, 1.0f, 1.0f});
    Optimizer optimizer(one.params(), Chain(std::string(rule) + " | lr(0.01)"));
    one.set_grad({1, 1, 1});
    Report report = optimizer.step();
    EXPECT_TRUE(report.nonfinite == 0 && !report.overflows) << rule;
    one.set_grad({1, 1e25f, 1});
    report = optimizer.step();
    EXPECT_TRUE(report.nonfinite > 0 && report.overflows && !report.skipped) << rule;
    EXPECT_EQ(report.nonfinite_parameter, &one.params()[0]) << rule;
    EXPECT_EQ(report.nonfinite_index, 1u) << rule;
    one.set_grad({NAN, 1, 1});
    report = optimizer.step();
    EXPECT_TRUE(report.nonfinite == 1 && !report.overflows) << rule;  // the gradient's own come first
  }
}

TEST(Overflow, IsFoundBeforeAnythingIsWritten) {
  for (const char* chain :
       {"adam | lr(0.01)", "lr(1e30)", "clip_norm(1e38) | yogi | lr(0.1)", "rmsprop | average | lr(1)",
        "momentum | cautious | lr(1e30)", "adam | lookahead | lr(1)", "accumulate(1) | adagrad | lr(1)",
        "schedule_free | lr(1e38)", "adan | clip_norm(1) | lr(1)", "scale(1e10) | nadam | lr(1)"}) {
    for (const Nonfinite policy : {Nonfinite::error, Nonfinite::skip, Nonfinite::zero}) {
      OneParameter<float> one(std::vector<float>(37, 1.0f)), same(std::vector<float>(37, 1.0f));
      Optimizer optimizer(one.params(), Chain(chain), with_policy(policy));
      Optimizer other(same.params(), Chain(chain));
      const auto both = [&](float g) {
        for (OneParameter<float>* each : {&one, &same}) each->set_grad(std::vector<float>(37, g));
      };
      both(1e-3f);
      EXPECT_EQ(optimizer.step().nonfinite, 0u) << chain;
      other.step();
      const std::string before = bits_of_all(one.params(), optimizer);
      std::vector<float> huge(37, 1e-3f);
      huge[35] = 2e38f;
      one.set_grad(huge);
      if (policy == Nonfinite::error) {
        try {
          optimizer.step();
          ADD_FAILURE() << chain;
        } catch (const Error& error) {
          EXPECT_EQ(error.code(), Code::diverged);
          expect_contains(error.what(), "`p` at 35,");
        }
      } else {
        const Report report = optimizer.step();
        EXPECT_TRUE(report.skipped && report.overflows) << chain;
        EXPECT_EQ(report.nonfinite_index, 35u) << chain;
      }
      EXPECT_TRUE(bits_of_all(one.params(), optimizer) == before) << chain;
      both(2e-3f);
      optimizer.step();
      other.step();
      EXPECT_TRUE(bits_of_all(one.params(), optimizer) == bits_of_all(same.params(), other)) << chain;
      EXPECT_EQ(optimizer.skips(), 0u);
    }
  }
}

TEST(Overflow, TooManyInARowEndTheTraining) {
  OneParameter<float> one({1.0f});
  Optimizer optimizer(one.params(), Chain("adam | lr(0.01)"), with_policy(Nonfinite::skip, 2));
  one.set_grad({1e30f});
  for (const std::uint64_t skips : {1u, 2u}) {
    EXPECT_TRUE(optimizer.step().skipped);
    EXPECT_EQ(optimizer.skips(), skips);
  }
  EXPECT_THROW(optimizer.step(), Error);
  EXPECT_EQ(optimizer.updates(), 0u);
}

// 0 / 0 is 0; ftrl's algorithm has a weight of 0 where |z| <= l1.
TEST(Overflow, RulesWithoutEpsStandStillWhereTheyHaveSeenNothing) {
  for (const char* rule :
       {"adam(eps=0)", "adam(eps=0, amsgrad=true)", "adagrad(eps=0)", "rmsprop(eps=0)",
        "rmsprop(eps=0, centered=true, momentum=0.9)", "adadelta(eps=0)", "adabelief(eps=0, eps_root=0)",
        "ademamix(eps=0)", "nadam(eps=0)", "yogi(eps=0, initial_accumulator=0)", "adamax(eps=0)",
        "adan(eps=0)", "adopt(eps=0)", "adabound(eps=0)", "radam(eps=0)", "madgrad(eps=0)",
        "proximal_adagrad(initial_accumulator=0)", "ftrl(initial_accumulator=0)"}) {
    OneParameter<float> one({1.0f, 1.0f});
    Optimizer optimizer(one.params(), Chain(std::string(rule) + " | lr(0.01)"),
                        with_policy(Nonfinite::error));
    for (const float g : {0.0f, 0.5f, -0.25f, 0.0f}) {
      one.set_grad({g, 0.0f});
      EXPECT_EQ(optimizer.step().nonfinite, 0u) << rule;
    }
    EXPECT_EQ(one.value()[1], std::string(rule).find("ftrl") == 0 ? 0.0f : 1.0f) << rule;
    const bool never = std::string(rule).find("adadelta") == 0;  // its first rate is the root of eps
    EXPECT_EQ(one.value()[0] == 1.0f, never) << rule;
  }
}

// It is found wherever in the parameters it is, in tiles, loops and tails, by any number of threads.
TEST(Overflow, IsFoundInEveryPlace) {
  for (const char* chain :
       {"adam | lr(0.01)", "momentum | adam | lr(0.01)", "adam | clip_norm(1) | lr(0.01)"}) {
    for (const std::size_t at : {0u, 15u, 16u, 2047u, 2048u, 99998u, 100000u}) {
      Params params;
      params.add("a", {3}, Role::weight);
      Parameter& p = params.add("w", {100001}, Role::weight);
      OptimizerOptions options = with_policy(at % 2 == 0 ? Nonfinite::report : Nonfinite::skip);
      options.threads = 3;
      Optimizer optimizer(params, Chain(chain), options);
      p.grad<float>()[at] = 1e25f;
      const Report report = optimizer.step();
      EXPECT_TRUE(report.overflows) << chain << " at " << at;
      EXPECT_EQ(report.nonfinite_parameter, &p);
      EXPECT_EQ(report.nonfinite_index, at);
    }
  }
}

TEST(Overflow, AccumulateTellsWhatItTakesIn) {
  OneParameter<float> one({1.0f, 1.0f});
  Optimizer optimizer(one.params(), Chain("accumulate(3) | lr(1)"));
  one.set_grad({1, NAN});
  Report report = optimizer.step();
  EXPECT_TRUE(report.waits && report.nonfinite == 1 && !report.overflows);
  EXPECT_EQ(report.nonfinite_index, 1u);
  EXPECT_EQ(optimizer.step({.last = true}).nonfinite, 1u);
  one.set_grad({3e38f, 1});
  EXPECT_EQ(optimizer.step().nonfinite, 0u);
  report = optimizer.step();  // the sum is beyond the type
  EXPECT_TRUE(report.waits && report.nonfinite == 1 && report.overflows);
  EXPECT_EQ(report.nonfinite_index, 0u);
}

TEST(Overflow, AWindowThatCannotHoldAGradientIsAsBefore) {
  for (const Nonfinite policy : {Nonfinite::error, Nonfinite::skip, Nonfinite::zero}) {
    OneParameter<float> one({1.0f, 1.0f});
    Optimizer optimizer(one.params(), Chain("accumulate(2) | lr(1)"), with_policy(policy));
    one.set_grad({3e38f, 1});
    EXPECT_TRUE(optimizer.step().waits);
    const std::string before = bits_of_all(one.params(), optimizer);
    if (policy == Nonfinite::error) {
      EXPECT_THROW(optimizer.step(), Error);
    } else {
      const Report report = optimizer.step();
      EXPECT_TRUE(report.skipped && report.overflows && !report.waits);
    }
    EXPECT_TRUE(bits_of_all(one.params(), optimizer) == before);
    one.set_grad({-3e38f, 3});
    EXPECT_EQ(optimizer.step().update, 1u);
    EXPECT_EQ(one.value()[1], 1.0f - (1.0f + 3.0f) / 2);
  }
}

}  // namespace
}  // namespace thalweg
