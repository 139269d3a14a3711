// Operations of a program's own, through public headers alone.
#include "thalweg/custom_op.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/test_error.h"
#include "thalweg/arithmetic.h"
#include "thalweg/check_gradients.h"
#include "thalweg/images.h"

namespace thalweg {

std::uint64_t allocations();  // of the test program: tests/allocations.h

namespace {

using Inputs = std::span<const Tensor>;

// a^3 b, on the threads of the tape.
Tensor cube_times(Tape& tape, Tensor a, Tensor b) {
  const auto forward = [](auto& call) {
    const auto x = call.input(0), w = call.input(1);
    const auto y = call.value();
    call.for_each_part(y.size(), 100, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) y[i] = x[i] * x[i] * x[i] * w[i];
    });
  };
  const auto backward = [](auto& call) {
    const auto x = call.input(0), w = call.input(1);
    const auto dy = call.grad();
    const auto dx = call.input_grad(0), dw = call.input_grad(1);
    call.for_each_part(dy.size(), 100, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        if (!dx.empty()) dx[i] += 3 * x[i] * x[i] * w[i] * dy[i];
        if (!dw.empty()) dw[i] += x[i] * x[i] * x[i] * dy[i];
      }
    });
  };
  return custom_op(tape, "cube_times", {a, b}, tape.shape(a), forward, backward);
}

template <class T>
std::vector<T> replay(int threads) {
  Tape tape(kDtype<T>, threads);
  const Tensor a = tape.input({31, 17}), b = tape.input({31, 17});
  tape.want_gradient(a);
  for (std::size_t i = 0; i < tape.value<T>(a).size(); ++i) {
    tape.value<T>(a)[i] = static_cast<T>(std::sin(i));
    tape.value<T>(b)[i] = static_cast<T>(std::cos(i));
  }
  const Tensor y = cube_times(tape, tanh(tape, a), b);
  tape.forward();
  std::ranges::copy(tape.value<T>(b), tape.grad<T>(y).begin());
  tape.backward(y);
  std::vector<T> out(tape.value<T>(y).begin(), tape.value<T>(y).end());
  out.insert(out.end(), tape.grad<T>(a).begin(), tape.grad<T>(a).end());
  const double t = std::tanh(std::sin(40.0)), w = std::cos(40.0);
  EXPECT_NEAR(out[40], t * t * t * w, 1e-6);
  EXPECT_NEAR(out[527 + 40], 3 * t * t * w * w * (1 - t * t), 1e-6);
  return out;
}

TEST(CustomOp, IsComputedInBothTypesOnAnyNumberOfThreads) {
  EXPECT_EQ(replay<float>(1), replay<float>(3));
  EXPECT_EQ(replay<double>(1), replay<double>(7));
}

TEST(CustomOp, ATensorMayBeUsedTwice) {
  const GradientCheck check = check_gradients({{2, 3}}, [](Tape& tape, Inputs x) {
    return add(tape, cube_times(tape, x[0], x[0]), cube_times(tape, tanh(tape, x[0]), x[0]));
  });
  EXPECT_TRUE(check.passed) << check.text();
  EXPECT_EQ(check.elements, 6u);
}

TEST(CustomOp, SeesImagesInRowMajorOrder) {
  const GradientCheck check = check_gradients({{2, 3, 4, 4}}, [](Tape& tape, Inputs x) {
    const Tensor pooled = avg_pool(tape, x[0], {.kernel = {2, 2}, .stride = {2, 2}});
    const Tensor sums = custom_op(
        tape, "sums", {pooled}, {2, 3},
        [](auto& call) {
          EXPECT_EQ(call.shape(0), (Shape{2, 3, 2, 2}));
          for (std::size_t i = 0; i < 24; ++i)
            call.value()[i / 4] = i % 4 == 0 ? call.input(0)[i] : call.value()[i / 4] + call.input(0)[i];
        },
        [](auto& call) {
          for (std::size_t i = 0; i < 24; ++i) call.input_grad(0)[i] += call.grad()[i / 4];
        });
    return subtract(tape, sums, multiply(tape, sum(tape, pooled, {2, 3}), 2));
  });
  EXPECT_TRUE(check.passed) << check.text();
}

// What backward() does not ask for has the gradient 0, not what was there.
TEST(CustomOp, AnInputThatGetsNothingHasGradientZero) {
  Tape tape(Dtype::f64);
  const Tensor a = tape.input({3}), b = tape.input({3});
  tape.want_gradient(a), tape.want_gradient(b);
  const Tensor y = custom_op(
      tape, "first", {a, b}, {3}, [](auto& call) { std::ranges::copy(call.input(0), call.value().begin()); },
      [](auto& call) { std::ranges::copy(call.grad(), call.input_grad(0).begin()); });
  std::ranges::fill(tape.grad<double>(b), 7.0);
  for (int i = 0; i < 2; ++i) {
    tape.forward();
    std::ranges::fill(tape.grad<double>(y), 1.0);
    tape.backward(y);
    EXPECT_EQ(tape.grad<double>(a)[2], 1.0);
    EXPECT_EQ(tape.grad<double>(b)[2], 0.0);
  }
}

TEST(CustomOp, KnowsWhetherItTrains) {
  Tape tape;
  const Tensor y = custom_op(
      tape, "state", {}, {3},
      [](auto& call) {
        call.value()[0] = call.training();
        call.value()[1] = static_cast<float>(call.seed());
        call.value()[2] = static_cast<float>(call.counter());
      },
      [](auto&) {});
  tape.train(5, 6);
  tape.forward();
  EXPECT_EQ(std::vector<float>(tape.value<float>(y).begin(), tape.value<float>(y).end()),
            (std::vector<float>{1, 5, 6}));
  tape.evaluate();
  tape.forward();
  EXPECT_EQ(std::vector<float>(tape.value<float>(y).begin(), tape.value<float>(y).end()),
            (std::vector<float>{0, 0, 0}));
}

TEST(CustomOp, MayWriteWhatALayerKeeps) {
  Params params;
  Parameter& seen = params.add("seen", {1}, Role::other);
  Parameter& weight = params.add("weight", {1}, Role::weight);
  seen.set_frozen(true);
  Tape tape;
  const Tensor x = tape.input({3});
  const auto counting = [](auto& call) { call.kept(1)[0] += static_cast<float>(call.input(0).size()); };
  const auto nothing = [](auto&) {};
  custom_op(tape, "counting", {x, tape.parameter(seen)}, {1}, counting, nothing);
  for (int i = 0; i < 2; ++i) tape.forward();
  EXPECT_EQ(seen.value<float>()[0], 6.0f);
  for (const Tensor other : {tape.parameter(weight), x}) {
    Tape refused;
    const Tensor y = refused.input({3});
    custom_op(refused, "counting", {y, other.node == x.node ? y : refused.parameter(weight)}, {1}, counting,
              nothing);
    expect_contains(usage_error([&] { refused.forward(); }),
                    "operation `counting`: an input is not to be written");
  }
}

TEST(CustomOp, HasNoGradientsOnATapeOfForwardPasses) {
  Tape tape(Dtype::f64, 1, Passes::forward);
  const Tensor a = tape.input({2});
  const Tensor y = cube_times(tape, tanh(tape, a), a);
  std::ranges::fill(tape.value<double>(a), 0.5);
  tape.forward();
  EXPECT_NEAR(tape.value<double>(y)[1], std::pow(std::tanh(0.5), 3) * 0.5, 1e-15);
}

TEST(CustomOp, ReplayingAllocatesNothing) {
  for (const int threads : {1, 3}) {
    Tape tape(Dtype::f32, threads);
    const Tensor a = tape.input({1000});
    tape.want_gradient(a);
    const Tensor y = cube_times(tape, a, a);
    tape.bytes();
    const std::uint64_t before = allocations();
    for (int i = 0; i < 3; ++i) {
      tape.forward();
      tape.backward(y);
    }
    EXPECT_EQ(allocations() - before, 0u) << threads;
  }
}

TEST(CustomOp, WhatCannotBeIsRefused) {
  Tape tape(Dtype::f64);
  const Tensor a = tape.input({2});
  tape.want_gradient(a);
  const auto nothing = [](auto&) {};
  expect_contains(usage_error([&] {
                    custom_op(
                        tape, "mine", {a}, {2}, [](OpCall<float>&) {}, nothing);
                  }),
                  "operation `mine`: it has no form for the tape's type; got f64");
  usage_error([&] { custom_op(tape, "mine", {Tensor{}}, {2}, nothing, nothing); });
  usage_error([&] { custom_op(tape, "mine", {a}, {-2}, nothing, nothing); });
  usage_error([&] { custom_op(tape, CustomOp{"mine"}, {a}, {2}); });
  const Tensor y = custom_op(tape, "mine", {a}, {2}, nothing, [](auto& call) { call.input_grad(1); });
  tape.forward();
  expect_contains(usage_error([&] { tape.backward(y); }), "operation `mine`: there is no such input; got 1");
}

}  // namespace
}  // namespace thalweg
