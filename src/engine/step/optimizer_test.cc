#include "thalweg/optimizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "params/test_params.h"

namespace thalweg {
namespace {

// Two parameters of one element each, value 0 and gradient 1.
Params two_parameters() {
  Params params;
  for (const auto& [name, role] : {std::pair("w", Role::weight), std::pair("b", Role::bias)}) {
    params.add(name, {1, 1}, role, Dtype::f64).grad<double>()[0] = 1.0;
  }
  return params;
}

double value_of(const Params& params, std::size_t i) { return params[i].value<double>()[0]; }

OptimizerOptions measuring() {
  OptimizerOptions options;
  options.grad_norm = true;
  return options;
}

TEST(Optimizer, AppliesTheChainOfEachParameter) {
  Params params = two_parameters();
  Optimizer optimizer(params, Chain("scale(2, on=w) | lr(0.5, on=matrices) | lr(0.25, on=rest)"));
  optimizer.step();
  EXPECT_EQ(value_of(params, 0), -1.0);
  EXPECT_EQ(value_of(params, 1), -0.25);
}

TEST(Optimizer, RatesOfOneChainMultiply) {
  Params params = two_parameters();
  Optimizer optimizer(params, Chain("lr(0.5) | lr(0.5, on=bias)"));
  optimizer.step();
  EXPECT_EQ(value_of(params, 0), -0.5);
  EXPECT_EQ(value_of(params, 1), -0.25);
}

TEST(Optimizer, AnyNumberMayBeASchedule) {
  Params params = two_parameters();
  Optimizer optimizer(params, Chain("scale(linear(4, total=4)) | lr(1)"));
  double want = 0;
  for (const double factor : {4.0, 3.0, 2.0, 1.0, 0.0, 0.0}) {
    optimizer.step();
    want -= factor;
    EXPECT_EQ(value_of(params, 0), want);
  }
}

TEST(Optimizer, ClippingIsOverTheSelectedParametersOnly) {
  Params params = two_parameters();
  params[0].grad<double>()[0] = 3.0;
  params[1].grad<double>()[0] = 4.0;
  Optimizer optimizer(params, Chain("clip_norm(1, form=optax, on=w) | lr(1)"), measuring());
  EXPECT_EQ(optimizer.step().grad_norm, 5.0);
  EXPECT_EQ(value_of(params, 0), -1.0);
  EXPECT_EQ(value_of(params, 1), -4.0);
}

TEST(Optimizer, EachSumIsOverWhatItsOwnPositionSees) {
  Params params = two_parameters();
  params[0].grad<double>()[0] = 3.0;
  params[1].grad<double>()[0] = 4.0;
  Optimizer optimizer(
      params, Chain("clip_norm(2.5, form=optax) | scale(2) | clip_norm(1, form=optax, on=b) | lr(1)"));
  optimizer.step();
  EXPECT_EQ(value_of(params, 0), -3.0);  // 3 * 2.5 / 5 * 2
  EXPECT_EQ(value_of(params, 1), -1.0);  // 4 * 2.5 / 5 * 2 / 4
}

TEST(Report, CountsUpdatesAndTellsTheRateOfTheFirstParameter) {
  Params params = two_parameters();
  Optimizer optimizer(params, Chain("lr(linear(1, total=4)) | lr(0.5, on=w) | lr(9, on=b)"));
  for (std::uint64_t k = 0; k < 6; ++k) {
    const Report report = optimizer.step();
    EXPECT_EQ(report.update, k + 1);
    EXPECT_EQ(report.lr, 0.5 * (1.0 - static_cast<double>(std::min<std::uint64_t>(k, 4)) / 4));
    EXPECT_GE(report.seconds, 0.0);
  }
  EXPECT_EQ(optimizer.updates(), 6u);
}

TEST(Report, MeasuresTheNormWhenAskedOrWhenTheChainNeedsIt) {
  Params params = two_parameters();
  params[0].grad<double>()[0] = 3.0;
  params[1].grad<double>()[0] = 4.0;
  EXPECT_TRUE(std::isnan(Optimizer(params, Chain("lr(0)")).step().grad_norm));
  EXPECT_EQ(Optimizer(params, Chain("lr(0)"), measuring()).step().grad_norm, 5.0);
  EXPECT_EQ(Optimizer(params, Chain("clip_norm(1) | lr(0)")).step().grad_norm, 5.0);
  EXPECT_EQ(Optimizer(params, Chain("adam | clip_norm(1) | lr(0)"), measuring()).step().grad_norm, 5.0);
  EXPECT_EQ(Optimizer(params, Chain("scale(2) | clip_norm(1) | lr(0)"), measuring()).step().grad_norm, 5.0);
  EXPECT_TRUE(std::isnan(Optimizer(params, Chain("clip_norm(1, on=w) | lr(0)")).step().grad_norm));
}

TEST(Report, TheNormIsOfTheParametersThatTakePart) {
  Params params = two_parameters();
  params[0].grad<double>()[0] = 3.0;
  params[1].grad<double>()[0] = 4.0;
  params[1].set_absent(true);
  EXPECT_EQ(Optimizer(params, Chain("lr(0)"), measuring()).step().grad_norm, 3.0);
  EXPECT_EQ(Optimizer(params, Chain("clip_norm(1) | lr(0)")).step().grad_norm, 3.0);
  params[0].set_absent(true);
  EXPECT_EQ(Optimizer(params, Chain("clip_norm(1) | lr(0)")).step().grad_norm, 0.0);
}

TEST(Report, TheNormHasTheSameBitsForAnyNumberOfThreads) {
  Params params;
  fill_numbers(params.add("w", {301, 401}, Role::weight).grad<float>(), 1);
  fill_numbers(params.add("b", {5000}, Role::bias).grad<float>(), 2);
  OptimizerOptions options = measuring();
  const double one = Optimizer(params, Chain("lr(0)"), options).step().grad_norm;
  double plain = 0;
  for (Parameter& p : params) {
    for (const double g : p.grad<float>()) plain += g * g;
  }
  EXPECT_NEAR(one, std::sqrt(plain), 1e-9);
  for (options.threads = 2; options.threads <= 7; ++options.threads) {
    EXPECT_EQ(Optimizer(params, Chain("lr(0)"), options).step().grad_norm, one);
    EXPECT_EQ(Optimizer(params, Chain("clip_norm(1) | lr(0)"), options).step().grad_norm, one);
  }
}

// A12: pytorch#2545, keras#3991
TEST(Optimizer, A12ThePlateauCutsTheRateThatIsUsed) {
  const std::vector<std::pair<const char*, std::vector<double>>> cases = {
      {"lr(0.1) | plateau(patience=2)", {.1, .1, .1, .01, .01, .01, .001, .001, .001, .0001}},
      {"lr(0.1) | plateau(patience=2, cooldown=1)", {.1, .1, .1, .01, .01, .01, .01, .001, .001, .001}}};
  for (const auto& [chain, rates] : cases) {
    Params params = two_parameters();
    Optimizer optimizer(params, Chain(chain));
    for (const double rate : rates) {
      optimizer.observe(1.0);
      const double before = value_of(params, 0);
      EXPECT_NEAR(optimizer.step().lr, rate, 1e-15) << chain;
      EXPECT_NEAR(before - value_of(params, 0), rate, 1e-15) << chain;
    }
  }
}

TEST(Optimizer, StateIsNamedByParameterRuleAndSlot) {
  Params params = two_parameters();
  Optimizer optimizer(params, Chain("adam | momentum(on=b) | adam(on=b) | lr(1)"));
  std::vector<std::string> names;
  for (const StateTensor& s : optimizer.state()) names.push_back(s.name);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"b/adam.m", "b/adam.v", "b/adam2.m", "b/adam2.v", "b/momentum.b",
                                             "w/adam.m", "w/adam.v"}));
}

TEST(Optimizer, StateBeginsAtZeroAndIsAligned) {
  Params params;
  for (const std::int64_t size : {3, 100, 17}) params.add("p" + std::to_string(size), {size}, Role::weight);
  Optimizer optimizer(params, Chain("adam | lr(1)"));
  for (const StateTensor& s : optimizer.state()) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(s.buffer.data) % 64, 0u) << s.name;
    const float* data = static_cast<const float*>(s.buffer.data);
    EXPECT_TRUE(std::all_of(data, data + s.parameter->size(), [](float x) { return x == 0.0f; })) << s.name;
  }
}

TEST(Optimizer, BindsOnlyWhatCanRun) {
  Params params = two_parameters();
  const auto bind = [&](const char* chain, OptimizerOptions options) {
    return usage_error([&] { Optimizer(params, Chain(chain), options); });
  };
  expect_contains(bind("adam", {}), "no learning rate");
  expect_contains(bind("lr(cosine(1))", {}), "`total`");
  expect_contains(bind("lr(1, on=x)", {}), "`x`");
  OptimizerOptions options;
  options.simd = "AVX9";  // D4: an impossible target is refused, never run
  const std::string error = bind("lr(1)", options);
  expect_contains(error, "`AVX9`");
  for (const std::string_view target : simd_targets()) expect_contains(error, std::string(target));
  for (const std::size_t tile : {0, 8, 17, 2064, 4096}) {
    options = {};
    options.tile = tile;
    expect_contains(bind("lr(1)", options), std::to_string(tile));
  }
}

TEST(Optimizer, FewerThanOneThreadIsOne) {
  Params params;
  params.add("p", {100000}, Role::weight);
  for (const int threads : {0, -3}) {
    OptimizerOptions options;
    options.threads = threads;
    EXPECT_EQ(Optimizer(params, Chain("lr(1)"), options).step().update, 1u);
  }
}

// What a phase keeps goes past the caches where a step is larger than they are.
TEST(Optimizer, AStepBeyondTheCachesHasTheBitsOfASmallOne) {
  constexpr std::size_t kSmall = 40001, kTimes = 120;
  const auto fill = [](Params& params, std::size_t times) {
    Parameter& p = params.add("p", {static_cast<std::int64_t>(kSmall * times)}, Role::weight);
    for (std::size_t i = 0; i < p.size(); ++i) {
      p.value<float>()[i] = 0.5f + 0.001f * static_cast<float>(i % kSmall % 1009);
      p.grad<float>()[i] = 0.01f * (static_cast<float>(i % kSmall % 997) - 500.0f);
    }
  };
  for (const char* text :
       {"momentum(0.9) | cautious(form=none) | decay(0.1) | lr(0.1)",
        "momentum(0.9) | cautious(form=none) | momentum(0.5) | cautious(form=none) | lr(0.1)"}) {
    Params small, large;
    fill(small, 1);
    fill(large, kTimes);
    OptimizerOptions options;
    options.threads = 2;
    Optimizer one(small, Chain(text)), many(large, Chain(text), options);
    ASSERT_GE(many.state_bytes() + 2 * sizeof(float) * kSmall * kTimes, std::size_t{64} << 20) << "the path";
    for (int i = 0; i < 2; ++i) {
      for (Optimizer* each : {&one, &many}) each->step();
      for (Params* params : {&small, &large}) {  // some elements now go against the gradient
        for (float& g : (*params)[0].grad<float>()) g = 0.3f - g;
      }
    }
    const auto want = small[0].value<float>(), got = large[0].value<float>();
    for (std::size_t i = 0; i < got.size(); i += kSmall) {
      ASSERT_TRUE(std::equal(want.begin(), want.end(), got.begin() + static_cast<std::ptrdiff_t>(i)))
          << text << " at " << i;
    }
  }
}

TEST(Optimizer, OfNoParametersStepsAndCounts) {
  Params none;
  Optimizer optimizer(none, Chain("clip_norm(1) | adam | lr(1)"), measuring());
  EXPECT_EQ(optimizer.step().update, 1u);
  EXPECT_EQ(optimizer.state_bytes(), 0u);
  EXPECT_TRUE(optimizer.clocks().empty());
}

TEST(Optimizer, ParametersAddedAfterBindingTakeNoPart) {
  Params params = two_parameters();
  Optimizer optimizer(params, Chain("clip_norm(10) | adam | lr(0.1)"), measuring());
  for (int i = 0; i < 40; ++i) {
    Parameter& late = params.add("late" + std::to_string(i), {30}, Role::weight, Dtype::f64);
    std::fill_n(late.grad<double>().data(), 30, 1.0);
  }
  EXPECT_EQ(optimizer.step().grad_norm, std::sqrt(2.0));
  EXPECT_NEAR(value_of(params, 0), -0.1, 1e-8);
  for (std::size_t i = 2; i < params.size(); ++i) EXPECT_EQ(value_of(params, i), 0.0);
  EXPECT_EQ(optimizer.clocks().size(), 2u);
}

TEST(Optimizer, StaysItselfWhenMoved) {
  Params params = two_parameters();
  Optimizer first(params, Chain("momentum(0.5) | lr(1)"));
  first.step();
  Optimizer second = std::move(first);
  second.step();
  EXPECT_EQ(value_of(params, 0), -2.5);
  EXPECT_EQ(second.updates(), 2u);
}

TEST(Simd, D4EveryNamedTargetRuns) {
  for (const std::string_view target : simd_targets()) {
    Params params = two_parameters();
    OptimizerOptions options;
    options.simd = target;
    EXPECT_EQ(Optimizer(params, Chain("adamw(lr=0.1)"), options).step().update, 1u) << target;
  }
}

// The default is the first target, and the loop that a chain is run by is the one of its rule.
TEST(Simd, D9TheDefaultIsTheFastest) {
  EXPECT_EQ(OptimizerOptions().simd, "");
  Params params = two_parameters();
  const std::string plan = Chain("clip_norm(1) | adamw(lr=0.1)").explain(params).text();
  expect_contains(plan, "loop adam");
}

TEST(Simd, TargetsAreNamedBestFirstWithTheScalarReferenceLast) {
  const std::vector<std::string_view> targets = simd_targets();
  ASSERT_FALSE(targets.empty());
  std::vector<std::string_view> sorted = targets;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(std::unique(sorted.begin(), sorted.end()), sorted.end());
  EXPECT_TRUE(targets.back() == "SCALAR" || targets.back() == "EMU128") << targets.back();
}

TEST(Optimizer, WhatNoGradientCanHaveIsRefusedWithNothingChanged) {
  Params params;
  params.add("w", {1}, Role::weight).grad<float>()[0] = 1;
  Optimizer optimizer(params, Chain("accumulate(2) | clip_norm(1) | lr(1)"));
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               infinity = std::numeric_limits<double>::infinity();
  for (const double weight : {-1.0, -1e-300, nan, infinity}) {
    EXPECT_THROW(optimizer.step({.weight = weight}), Error) << weight;
  }
  EXPECT_THROW(optimizer.step({.grad_norm = -1}), Error);
  EXPECT_EQ(optimizer.gradients(), 0u);
  EXPECT_TRUE(optimizer.step({.weight = 0}).waits);
}

}  // namespace
}  // namespace thalweg
