// Layers of a program's own, through public headers alone.
#include "thalweg/custom_layer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <thread>

#include "base/test_error.h"
#include "thalweg/arithmetic.h"
#include "thalweg/check_gradients.h"
#include "thalweg/module.h"

namespace thalweg {
namespace {

using Numbers = std::span<const double>;
using Tensors = std::span<const Tensor>;

// y = (x W) scale, or without the scale; W {in, out}.
CustomLayer bilinear(const std::string& name) {
  return {
      .card = {.name = name,
               .doc = "a scaled product",
               .options = {{.name = "units", .type = CustomOption::Type::integer, .min = 1, .required = true},
                           {.name = "scale", .fallback = "2", .doc = "a factor"},
                           {.name = "form",
                            .fallback = "on",
                            .type = CustomOption::Type::choice,
                            .choices = "off|on"},
                           {.name = "init_one", .fallback = "false", .type = CustomOption::Type::flag},
                           {.name = "left_out"}},
               .source = "here",
               .formula = "y = s x W"},
      .plan =
          [](const Shape& input, Numbers options, std::vector<LayerWeight>& weights) {
            const auto units = static_cast<std::int64_t>(options[0]);
            weights.push_back(
                {.name = "weight", .shape = {input.back(), units}, .init = options[3] != 0 ? "ones" : "he"});
            weights.push_back(
                {.name = "seen", .shape = {1}, .role = Role::other, .init = "constant(3)", .learned = false});
            Shape output = input;
            output.back() = units;
            return output;
          },
      .record =
          [](Tape& tape, Tensor x, Numbers options, Tensors weights) {
            EXPECT_TRUE(std::isnan(options[4]));
            const Tensor y = matmul(tape, x, weights[0]);
            return options[2] != 0 ? multiply(tape, y, options[1]) : y;
          }};
}

void registered() {
  [[maybe_unused]] static const bool once = [] {
    register_layer(bilinear("bilinear"));
    register_layer({.card = {.name = "doubled", .doc = "2 x"},
                    .record = [](Tape& tape, Tensor x, Numbers, Tensors) { return add(tape, x, x); }});
    register_layer({.card = {.name = "as_image"},
                    .plan = [](const Shape& input, Numbers, std::vector<LayerWeight>&) { return input; },
                    .record = [](Tape&, Tensor x, Numbers, Tensors) { return x; },
                    .takes_images = true});
    return true;
  }();
}

TEST(CustomLayer, IsALayerLikeTheListedOnes) {
  registered();
  Module module("bilinear(5,scale=0.5) | doubled | repeat(2, bilinear(units=3, form=off)) | dense(2)", {4});
  EXPECT_EQ(module.text(),
            "bilinear(5, scale=0.5) | doubled | repeat(2, block=bilinear(units=3, form=off)) | dense(2)");
  EXPECT_EQ(Module(module.text(true), {4}).text(true), module.text(true));
  EXPECT_NE(module.text(true).find("init_one=false"), std::string::npos) << module.text(true);
  std::string names;
  for (const Parameter& p : module.params()) names += p.name() + (p.frozen() ? "* " : " ");
  EXPECT_EQ(names,
            "bilinear1.weight bilinear1.seen* bilinear2.weight bilinear2.seen* bilinear3.weight "
            "bilinear3.seen* dense1.weight dense1.bias ");
  const std::vector<LayerSummary> summary = module.summary();
  EXPECT_EQ(summary[0].text, "bilinear(5, scale=0.5)");
  EXPECT_EQ(summary[0].parameters, 20u);
  EXPECT_EQ(summary[0].multiply_adds, 20u);
  EXPECT_EQ(summary[0].output, Shape{5});

  module.initialise(3);
  EXPECT_EQ(module.params()[1].value<float>()[0], 3.0f);
  const float bound = std::sqrt(6.0f / 4);
  float largest = 0;
  for (const float w : module.params()[0].value<float>()) largest = std::max(largest, std::abs(w));
  EXPECT_LE(largest, bound);
  EXPECT_GT(largest, 0.7f * bound);
}

TEST(CustomLayer, HasValuesAndGradients) {
  registered();
  for (const char* text : {"bilinear(3)", "dense(4) | tanh | bilinear(3, scale=-1.5) | doubled | dense(2)",
                           "residual(bilinear(4, init_one=true) | tanh)", "as_image"}) {
    Module module(text, {4}, Dtype::f64);
    module.initialise(2);
    const GradientCheck check = check_gradients(module, 3);
    EXPECT_TRUE(check.passed) << text << " " << check.text();
  }
  Module module("bilinear(1, init_one=true, scale=3)", {2});
  module.initialise(1);
  Tape tape;
  const Tensor x = tape.input({1, 2});
  const Tensor y = module.record(tape, x);
  tape.value<float>(x)[0] = 0.5f;
  tape.value<float>(x)[1] = 2.0f;
  tape.forward();
  EXPECT_EQ(tape.value<float>(y)[0], 7.5f);
}

TEST(CustomLayer, SaysWhetherItTakesImages) {
  registered();
  EXPECT_TRUE(Module::takes_images("doubled | as_image"));
  EXPECT_FALSE(Module::takes_images("doubled | bilinear(3) | as_image"));
}

TEST(CustomLayer, OptionsAreCheckedAsThoseOfListedOnes) {
  registered();
  const auto refused = [](const std::string& text, const std::string& part) {
    expect_contains(usage_error([&] { Module(text, {4}); }), part);
  };
  refused("bilinear", "`bilinear` needs `units`");
  refused("bilinear(0)",
          "`units` of `bilinear` does not accept this; got `0`; want a whole number, at least 1");
  refused("bilinear(2, scale=much)",
          "`scale` of `bilinear` does not accept this; got `much`; want a number, any number");
  refused("bilinear(2, form=perhaps)", "want off|on");
  refused("bilinear(2, sale=2)", "did you mean `scale`?");
  refused("bilinaer(2)", "did you mean `bilinear`?");
  refused("dense(2) | quixotic", "got `quixotic`; want a layer, listed or registered by the program");
}

TEST(CustomLayer, WhatCannotBeIsRefused) {
  const auto record = [](Tape&, Tensor x, Numbers, Tensors) { return x; };
  const auto refused = [&](CustomCard card, const std::string& part) {
    expect_contains(usage_error([&] { register_layer({.card = card, .record = record}); }), part);
  };
  refused({.name = ""}, "the name of what is registered cannot be used; got ``");
  refused({.name = "2nd"}, "a letter, then letters, digits and _");
  refused({.name = "my layer"}, "cannot be used");
  refused({.name = "dense"}, "layer `dense`: a layer has that name");
  refused({.name = "fine", .options = {{.name = "a b"}}},
          "layer `fine`: the name of an option cannot be used");
  refused({.name = "fine", .options = {{.name = "a"}, {.name = "a"}}},
          "two options have the same name; got `a`");
  refused({.name = "fine", .options = {{.name = "a", .fallback = "x"}}},
          "`a` of `fine` does not accept this; got `x`");
  refused({.name = "fine", .options = {{.name = "a", .fallback = "3", .max = 2}}},
          "want a number, at most 2");
  refused({.name = "fine", .options = {{.name = "a", .fallback = "1, 2"}}}, "want one word");
  refused({.name = "fine", .options = {{.name = "a", .fallback = "1", .required = true}}},
          "of a required option");
  refused({.name = "fine", .options = {{.name = "a", .type = CustomOption::Type::choice}}},
          "the choices of `a`");
  refused({.name = "fine", .options = {{.name = "a", .choices = "x|y"}}}, "the choices of `a`");
  for (const char* choices : {"x|", "|x", "x||y", "x y|z", "x(1)|y"})
    refused(
        {.name = "fine", .options = {{.name = "a", .type = CustomOption::Type::choice, .choices = choices}}},
        "the choices of `a`");
  refused({.name = "fine", .options = {{.name = "a", .min = 2, .max = 1}}}, "the range of `a`; got 2 to 1");
  expect_contains(usage_error([] { register_layer({.card = {.name = "fine"}}); }),
                  "layer `fine`: `record` is empty");
  usage_error([] { Module("fine", {2}); });  // nothing was added
  register_layer({.card = {.name = "once"}, .record = record});
  expect_contains(usage_error([&] { register_layer({.card = {.name = "once"}, .record = record}); }),
                  "the name is registered already");
}

TEST(CustomLayer, WhatItPlansAndRecordsIsChecked) {
  const auto record = [](Tape&, Tensor x, Numbers, Tensors) { return x; };
  const auto made = [&](const std::string& name, auto plan) {
    register_layer({.card = {.name = name}, .plan = plan, .record = record});
    return usage_error([&] {
      Module module(name, {4});
      Tape tape;
      module.record(tape, tape.input({2, 4}));
    });
  };
  using Weights = std::vector<LayerWeight>;
  expect_contains(made("planned1", [](const Shape&, Numbers, Weights&) { return Shape{3}; }),
                  "layer `planned1`: what it has recorded has another shape; got 2x4; want 2x3");
  expect_contains(made("planned2", [](const Shape&, Numbers, Weights&) { return Shape{0}; }),
                  "its output has no elements; got 0");
  expect_contains(made("planned0", [](const Shape&, Numbers, Weights&) { return Shape{}; }),
                  "its output has no dimensions");
  const auto with = [](LayerWeight weight) {
    return [weight](const Shape& input, Numbers, Weights& weights) {
      weights.assign(2, weight);
      return input;
    };
  };
  expect_contains(made("planned3", with({"a.b", {2}})), "the name of a weight cannot be used; got `a.b`");
  expect_contains(made("planned4", with({"w", {2}})), "two weights have the same name");
  expect_contains(made("planned5", with({"w", {2, 0}})), "its weight `w` has no elements; got 2x0");
  expect_contains(made("planned6", with({"w", {2}, Role::weight, "much"})),
                  "does not accept this; got `much`");
  expect_contains(made("planned7", with({"w", {2}, Role::weight, "he) | x(1"})), "not one word");
}

TEST(CustomLayer, ManyThreadsMayRegisterAndMakeModels) {
  registered();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      for (int j = 0; j < 20; ++j) {
        const std::string name = "thread" + std::to_string(i) + "_" + std::to_string(j);
        register_layer(
            {.card = {.name = name}, .record = [](Tape&, Tensor x, Numbers, Tensors) { return x; }});
        EXPECT_EQ(Module("bilinear(2) | " + name, {4}).text(), "bilinear(2) | " + name);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace thalweg
