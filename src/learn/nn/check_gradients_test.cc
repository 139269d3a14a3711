#include "thalweg/check_gradients.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/test_error.h"
#include "thalweg/arithmetic.h"
#include "thalweg/custom_op.h"

namespace thalweg {
namespace {

using Inputs = std::span<const Tensor>;

// log(x), whose derivative is off by `slip` for the element `where`.
Tensor logarithm(Tape& tape, Tensor x, double slip = 0, std::size_t where = 0) {
  const auto forward = [](auto& call) {
    for (std::size_t i = 0; i < call.value().size(); ++i) call.value()[i] = std::log(call.input(0)[i]);
  };
  const auto backward = [=](OpCall<double>& call) {
    for (std::size_t i = 0; i < call.grad().size(); ++i)
      call.input_grad(0)[i] += call.grad()[i] / call.input(0)[i] + (i == where ? slip : 0);
  };
  return custom_op(tape, "log", {x}, tape.shape(x), forward, backward);
}

TEST(CheckGradients, FindsTheOneThatIsWrong) {
  const GradientCheckOptions positive{.low = 0.5};
  const GradientCheck right = check_gradients(
      {{3, 4}}, [](Tape& tape, Inputs x) { return logarithm(tape, x[0]); }, positive);
  EXPECT_TRUE(right.passed) << right.text();
  EXPECT_EQ(right.elements, 12u);
  EXPECT_LT(right.error, 1e-8);
  expect_contains(right.text(), "passed: 12 gradients, the worst at input 0 [");

  const GradientCheck wrong = check_gradients(
      {{2}, {3, 4}},
      [](Tape& tape, Inputs x) { return add(tape, sum(tape, x[0]), logarithm(tape, x[1], 1e-3, 6)); },
      positive);
  EXPECT_FALSE(wrong.passed);
  EXPECT_EQ(wrong.elements, 14u);
  EXPECT_EQ(wrong.worst, "input 1 [1, 2]");
  EXPECT_NEAR(wrong.gradient - wrong.difference, 1e-3, 1e-8);
  EXPECT_NEAR(wrong.error, 1e-3 / std::abs(wrong.difference), 1e-7);
  expect_contains(wrong.text(), "failed: 14 gradients, the worst at input 1 [1, 2]: ");
}

TEST(CheckGradients, ANumberThatIsNotFiniteDoesNotPass) {
  const auto network = [](Tape& tape, Inputs x) { return logarithm(tape, x[0]); };  // of what is below 0
  const GradientCheck check = check_gradients({{8}}, network);
  EXPECT_FALSE(check.passed);
  EXPECT_TRUE(std::isinf(check.error));
  EXPECT_FALSE(check_gradients({{8}}, [](Tape& tape, Inputs x) {
                 return logarithm(tape, multiply(tape, x[0], x[0]), NAN);
               }).passed);
}

TEST(CheckGradients, ComparesParametersThatAreLearntAndLeavesThemAsTheyWere) {
  Module module("dense(3) | batch_norm | dropout(0.3) | dense(2)", {4}, Dtype::f64);
  module.initialise(3);
  std::vector<double> before;
  for (const Parameter& p : module.params())
    before.insert(before.end(), p.value<double>().begin(), p.value<double>().end());
  const GradientCheck check = check_gradients(module, 5);
  EXPECT_TRUE(check.passed) << check.text();
  EXPECT_EQ(check.elements, 20u + 15u + 6u + 8u);
  std::vector<double> after;
  for (const Parameter& p : module.params())
    after.insert(after.end(), p.value<double>().begin(), p.value<double>().end());
  EXPECT_EQ(after, before);
  EXPECT_EQ(check_gradients(module, 5, {.most = 3}).elements, 3u * 6 + 2);
  EXPECT_TRUE(check_gradients(module, 5, {.training = false}).passed);
}

TEST(CheckGradients, NothingToCompareDoesNotPass) {
  const GradientCheck none = check_gradients({}, [](Tape& tape, Inputs) { return tape.input({2}); });
  EXPECT_FALSE(none.passed);
  EXPECT_EQ(none.text(), "no gradients to compare");
  const GradientCheck itself = check_gradients({{2}}, [](Tape&, Inputs x) { return x[0]; });
  EXPECT_TRUE(itself.passed) << itself.text();
  const GradientCheck constant = check_gradients({{2}}, [](Tape& tape, Inputs) { return tape.input({2}); });
  EXPECT_TRUE(constant.passed) << constant.text();
}

TEST(CheckGradients, InputsKeepAwayFromZero) {
  const auto smallest = [](const GradientCheckOptions& options) {
    double least = INFINITY, lowest = INFINITY, highest = -INFINITY;
    check_gradients(
        {{500}},
        [&](Tape& tape, Inputs x) {
          for (const double value : tape.value<double>(x[0])) {
            least = std::min(least, std::abs(value));
            lowest = std::min(lowest, value);
            highest = std::max(highest, value);
          }
          return x[0];
        },
        options);
    EXPECT_GE(lowest, options.low);
    EXPECT_LE(highest, options.high);
    EXPECT_LT(lowest, options.low + 0.05);
    EXPECT_GT(highest, options.high - 0.05);
    return least;
  };
  EXPECT_GE(smallest({.most = 1}), 0.1);
  EXPECT_GE(smallest({.low = -1, .high = 0.5, .gap = 0.3, .most = 1}), 0.3);
  EXPECT_GE(smallest({.low = 0.5, .high = 1.5, .most = 1}), 0.5);
  EXPECT_GE(smallest({.low = -3, .high = -2, .gap = 0, .most = 1}), 2);
}

TEST(CheckGradients, WhatCannotBeIsRefused) {
  const auto network = [](Tape&, Inputs x) { return x[0]; };
  for (const GradientCheckOptions& options :
       {GradientCheckOptions{.step = 0}, GradientCheckOptions{.tolerance = -1},
        GradientCheckOptions{.floor = 0}, GradientCheckOptions{.low = 1, .high = 1},
        GradientCheckOptions{.gap = 2}, GradientCheckOptions{.step = NAN}})
    expect_contains(usage_error([&] { check_gradients({{2}}, network, options); }), "check_gradients: `");
  Module module("dense(2)", {3});
  expect_contains(usage_error([&] { check_gradients(module, 2); }), "has the wrong type; got f32; want f64");
}

}  // namespace
}  // namespace thalweg
