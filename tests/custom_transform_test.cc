// Transforms of a program's own, through public headers alone.
#include "thalweg/custom_transform.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/test_error.h"
#include "base/test_folder.h"
#include "thalweg/catalog.h"
#include "thalweg/checkpoint.h"
#include "thalweg/optimizer.h"

namespace thalweg {

std::uint64_t allocations();  // of the test program: tests/allocations.h

namespace {

// Heavy ball as a rule of the program's own: m <- mu m + g, u = m, and after `after` updates half of that.
void registered() {
  [[maybe_unused]] static const bool once = [] {
    register_transform(
        {.card = {.name = "ball",
                  .doc = "a running sum",
                  .options = {{.name = "mu", .fallback = "0.9", .doc = "kept", .min = 0, .max = 1},
                              {.name = "after", .type = CustomOption::Type::integer}},
                  .source = "here",
                  .formula = "m <- mu m + g"},
         .state = {"m"},
         .rule = true},
        [](const auto& block) {
          using T = std::remove_cvref_t<decltype(block.update[0])>;
          const T mu = static_cast<T>(block.options[0]);
          const bool half = static_cast<double>(block.t) > block.options[1];
          for (std::size_t i = 0; i < block.update.size(); ++i) {
            block.state[0][i] = mu * block.state[0][i] + block.update[i];
            block.update[i] = half ? block.state[0][i] / 2 : block.state[0][i];
          }
        });
    register_transform({.card = {.name = "shrunk", .options = {{.name = "by", .fallback = "0.5"}}}},
                       [](const auto& block) {
                         using T = std::remove_cvref_t<decltype(block.update[0])>;
                         for (std::size_t i = 0; i < block.update.size(); ++i)
                           block.update[i] += static_cast<T>(block.options[0]) * block.value[i];
                       });
    register_transform({.card = {.name = "exploding"}, .state = {"s"}}, [](const auto& block) {
      for (std::size_t i = 0; i < block.update.size(); ++i)
        block.state[0][i] = block.update[i] > 1000 ? INFINITY : block.update[i];
    });
    return true;
  }();
}

template <class T>
struct Trained {
  Params params;
  std::unique_ptr<Optimizer> optimizer;

  explicit Trained(const std::string& chain, OptimizerOptions options = {}) {
    constexpr Dtype kType = kDtype<T>;
    params.add("first", {37, 150}, Role::weight, kType);
    params.add("second", {7}, Role::bias, kType);
    params.add("third", {5000}, Role::weight, kType);
    for (Parameter& p : params) {
      for (std::size_t i = 0; i < p.size(); ++i) p.value<T>()[i] = static_cast<T>(std::sin(i + p.size()));
    }
    optimizer = std::make_unique<Optimizer>(params, Chain(chain), options);
  }

  void steps(int count) {
    for (int step = 0; step < count; ++step) {
      const auto updates = static_cast<double>(optimizer->updates());
      for (Parameter& p : params) {
        for (std::size_t i = 0; i < p.size(); ++i)
          p.grad<T>()[i] = static_cast<T>(std::cos(static_cast<double>(i) * (updates + 1))) + p.value<T>()[i];
      }
      optimizer->step();
    }
  }

  std::vector<T> values() const {
    std::vector<T> out;
    for (const Parameter& p : params) out.insert(out.end(), p.value<T>().begin(), p.value<T>().end());
    return out;
  }
};

template <class T>
std::vector<T> train(const std::string& chain, int steps, OptimizerOptions options = {}) {
  Trained<T> trained(chain, options);
  trained.steps(steps);
  return trained.values();
}

// The same arithmetic as the listed transforms: the same bits.
template <class T>
void expect_as_listed(const std::string& custom, const std::string& listed) {
  EXPECT_EQ(train<T>(custom, 7), train<T>(listed, 7)) << custom;
}

TEST(CustomTransform, IsATransformLikeTheListedOnes) {
  registered();
  for (const auto& [custom, listed] : std::vector<std::pair<std::string, std::string>>{
           {"ball | lr(0.1)", "momentum | lr(0.1)"},
           {"ball(mu=0.5, on=third) | lr(0.1)", "momentum(0.5, on=third) | lr(0.1)"},
           {"clip_norm(1) | ball(0.8) | decay(0.1) | lr(0.1)",
            "clip_norm(1) | momentum(0.8) | decay(0.1) | lr(0.1)"},
           {"ball(on=matrices) | adam(on=rest) | lr(0.1)", "momentum(on=matrices) | adam(on=rest) | lr(0.1)"},
           {"ball(mu=linear(0.9, total=10)) | lr(0.1)", "momentum(linear(0.9, total=10)) | lr(0.1)"},
           {"ball | clip_norm(1) | lr(0.1)", "momentum | clip_norm(1) | lr(0.1)"},
           {"accumulate(2) | ball | lr(0.1) | average", "accumulate(2) | momentum | lr(0.1) | average"},
           {"ball(lr=0.1, decay=0.01)", "momentum(lr=0.1, decay=0.01)"}}) {
    expect_as_listed<float>(custom, listed);
    expect_as_listed<double>(custom, listed);
  }
  expect_as_listed<double>("ball(after=3) | lr(0.1)", "ball | lr(piecewise([0.1, 0.05], at=[3]))");
}

TEST(CustomTransform, SeesTheParameter) {
  registered();
  Trained<double> trained("shrunk(0.25) | lr(0.5)");
  const std::vector<double> before = trained.values();
  for (Parameter& p : trained.params) std::ranges::fill(p.grad<double>(), 1.0);
  trained.optimizer->step();
  const std::vector<double> after = trained.values();
  for (std::size_t i = 0; i < before.size(); ++i)
    ASSERT_EQ(after[i], before[i] - 0.5 * (1.0 + 0.25 * before[i])) << i;
}

TEST(CustomTransform, BitsDoNotDependOnThreadsTilesOrTargets) {
  registered();
  const std::string chain = "clip_norm(1) | ball(0.7) | shrunk | lr(0.1)";
  const std::vector<float> one = train<float>(chain, 5);
  for (const int threads : {2, 3, 7}) EXPECT_EQ(train<float>(chain, 5, {.threads = threads}), one);
  for (const std::size_t tile : {16, 2048}) EXPECT_EQ(train<float>(chain, 5, {.tile = tile}), one);
  for (const std::string_view simd : simd_targets())
    EXPECT_EQ(train<float>(chain, 5, {.simd = std::string(simd)}), one) << simd;
}

TEST(CustomTransform, IsPrintedAndExplained) {
  registered();
  EXPECT_EQ(Chain("ball( mu = 0.5 )|lr(0.1)").text(), "ball(0.5) | lr(0.1)");
  EXPECT_EQ(Chain("ball(lr=0.1)").text(), "ball | lr(0.1)");
  EXPECT_EQ(Chain("ball | lr(0.1)").text(true), "ball(0.9, on=all) | lr(0.1, on=all)");
  const Trained<float> trained("shrunk | ball | lr(0.1)");
  const Explanation explained = trained.optimizer->chain().explain(trained.params);
  EXPECT_EQ(explained.state_bytes, 4u * explained.elements);
  EXPECT_EQ(explained.groups.at(0).phases.at(0).engine, "tiles");
  expect_contains(explained.text(), "reads p g ball.m, writes p ball.m");
}

TEST(CustomTransform, IsInTheCatalogue) {
  registered();
  const std::size_t before = engine_catalog().size();
  expect_contains(help_text("ball", engine_catalog()),
                  "ball (transforms): a running sum\nsource: here\nformula:\n  m <- mu m + g\n");
  expect_contains(help_text("ball", engine_catalog()), "state: m\n");
  register_transform({.card = {.name = "later"}}, [](const auto&) {});
  EXPECT_EQ(engine_catalog().size(), before + 1);
  expect_contains(catalog_json("transforms", engine_catalog()), "\"name\": \"later\"");
}

TEST(CustomTransform, StateIsSavedAndLoaded) {
  registered();
  const std::string chain = "ball(after=4) | shrunk(0.1) | lr(0.1)";
  Trained<double> whole(chain), first(chain), second(chain);
  whole.steps(7);
  first.steps(3);
  const TestFolder folder;
  save_checkpoint(folder.path() / "state", first.params, *first.optimizer);
  load_checkpoint(folder.path() / "state", second.params, *second.optimizer);
  second.steps(4);
  EXPECT_EQ(second.values(), whole.values());
  Trained<double> other("momentum | lr(0.1)");
  expect_contains(
      error_of(Code::data, [&] { load_checkpoint(folder.path() / "state", other.params, *other.optimizer); }),
      "build the optimizer with the saved chain");
}

TEST(CustomTransform, APolicyFindsStateThatIsNotFinite) {
  registered();
  Trained<float> trained("exploding | lr(1)", {.nonfinite = Nonfinite::skip});
  const std::vector<float> before = trained.values();
  for (Parameter& p : trained.params) std::ranges::fill(p.grad<float>(), 2000.0f);
  const Report report = trained.optimizer->step();
  EXPECT_EQ(trained.values(), before);
  EXPECT_TRUE(report.overflows);
}

TEST(CustomTransform, AStepAllocatesNothing) {
  registered();
  for (const int threads : {1, 3}) {
    Trained<float> trained("clip_norm(1) | ball | shrunk | lr(0.1)", {.threads = threads});
    trained.steps(1);
    const std::uint64_t before = allocations();
    trained.steps(3);
    EXPECT_EQ(allocations() - before, 0u) << threads;
  }
}

TEST(CustomTransform, AGradientThatIsNotFiniteIsCounted) {
  registered();
  Trained<float> trained("ball | lr(1)");
  for (Parameter& p : trained.params) std::ranges::fill(p.grad<float>(), NAN);
  EXPECT_EQ(trained.optimizer->step().nonfinite, 37u * 150 + 7 + 5000);
  EXPECT_TRUE(std::isnan(trained.params[1].value<float>()[3]));
}

TEST(CustomTransform, WhatCannotBeIsRefused) {
  registered();
  const auto nothing = [](const auto&) {};
  const auto refused = [&](CustomTransform transform, const std::string& part) {
    expect_contains(usage_error([&] { register_transform(transform, nothing); }), part);
  };
  using Type = CustomOption::Type;
  refused({.card = {.name = ""}}, "the name of what is registered cannot be used; got ``");
  refused({.card = {.name = "adam"}}, "transform `adam`: a transform or recipe has that name");
  refused({.card = {.name = "adamw"}}, "a transform or recipe has that name");
  refused({.card = {.name = "ball"}}, "the name is registered already");
  refused({.card = {.name = "fine", .options = {{.name = "on"}}}},
          "two options have the same name; got `on`");
  refused({.card = {.name = "fine", .options = {{.name = "lr"}}}, .rule = true},
          "a rule has no such option; got `lr`");
  refused({.card = {.name = "fine", .options = {{.name = "a", .fallback = "0.5", .type = Type::integer}}}},
          "`0.5`");
  refused({.card = {.name = "fine", .options = std::vector<CustomOption>(9, {.name = "a"})}}, "same name");
  refused({.card = {.name = "fine"}, .state = {"a", "b", "c", "d", "e"}},
          "too many streams of state; got 5; want at most 4");
  refused({.card = {.name = "fine"}, .state = {"a", "a"}},
          "two streams of state have the same name; got `a`");
  refused({.card = {.name = "fine"}, .state = {"a/b"}}, "the name of state cannot be used; got `a/b`");
  std::vector<CustomOption> many;
  for (int i = 0; i < 9; ++i) many.push_back({.name = "o" + std::to_string(i)});
  refused({.card = {.name = "fine", .options = many}}, "too many options; got 9; want at most 8");
  expect_contains(usage_error([] { register_transform({.card = {.name = "fine"}}, {}, {}); }),
                  "a function is empty");
  expect_contains(usage_error([] { Chain("fine | lr(0.1)"); }),
                  "got `fine`; want a transform or recipe, listed or registered by the program");
  expect_contains(usage_error([] { Chain("bal | lr(0.1)"); }), "did you mean `ball`?");
  expect_contains(usage_error([] { Chain("ball(2) | lr(0.1)"); }), "`mu` of `ball` does not accept this");
  expect_contains(usage_error([] { Chain("ball(mu=linear(2, total=9)) | lr(0.1)"); }),
                  "the schedule leaves the range");
}

}  // namespace
}  // namespace thalweg
