#include "nn/tape.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>

#include "base/random.h"
#include "nn/test_replay.h"
#include "thalweg/error.h"
#include "thalweg/module.h"

namespace thalweg {

std::uint64_t allocations();  // of the test program: tests/allocations.h

namespace {

std::string message(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::usage);
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

template <class T>
void expect_same_for_any_threads(const std::string& text, std::int64_t in, std::int64_t rows) {
  const std::vector<T> one = replay<T>(text, {in}, rows, 1);
  for (const int threads : {2, 3, 7}) {
    const std::vector<T> many = replay<T>(text, {in}, rows, threads);
    ASSERT_EQ(many.size(), one.size());
    EXPECT_EQ(std::memcmp(many.data(), one.data(), one.size() * sizeof(T)), 0)
        << text << " " << threads << " threads";
  }
}

TEST(Tape, BitsDoNotDependOnTheNumberOfThreads) {
  expect_same_for_any_threads<float>("dense(128) | relu | dense(10)", 64, 64);
  expect_same_for_any_threads<float>("dense(128) | relu | dense(10)", 64, 1);
  expect_same_for_any_threads<float>("dense(128) | tanh | dense(10)", 64, 37);
  expect_same_for_any_threads<float>("dense(256) | relu | dense(10)", 784, 128);
  expect_same_for_any_threads<float>("dense(256) | tanh | dense(10)", 784, 96);
  expect_same_for_any_threads<float>("dense(700) | relu | dense(1)", 333, 1500);
  expect_same_for_any_threads<double>("dense(256) | tanh | dense(10)", 300, 128);
  expect_same_for_any_threads<float>("dense(300) | gelu | dropout(0.3) | dense(31) | softmax", 40, 300);
  expect_same_for_any_threads<float>("dense(301) | gelu(form=tanh) | dropout | sigmoid | softmax", 7, 333);
  expect_same_for_any_threads<double>("dense(301) | gelu | dropout | sigmoid | softmax", 7, 333);
  expect_same_for_any_threads<float>("layer_norm | dense(300) | silu | rms_norm | log_softmax", 70, 333);
  expect_same_for_any_threads<float>("dense(300) | group_norm(3) | mish | dense(9, init=orthogonal)", 7, 333);
}

TEST(Tape, PartsChangeNoBit) {
  const auto check = [](const std::string& text, const Shape& sample) {
    const std::vector<float> whole = replay<float>(text, sample, 33, 2);
    for (const int parts : {2, 3, 5, 100, std::numeric_limits<int>::max()}) {
      const std::vector<float> cut = replay<float>(text, sample, 33, 2, parts);
      ASSERT_EQ(cut.size(), whole.size());
      EXPECT_EQ(std::memcmp(cut.data(), whole.data(), whole.size() * sizeof(float)), 0) << text << parts;
    }
  };
  check("dense(40) | tanh | dropout(0.3) | dense(30) | gelu | layer_norm | dense(7) | softmax", {20});
  check("repeat(3, residual(dense(16) | batch_norm | relu | dropout(0.2))) | dense(3)", {16});
  check(
      "conv2d(4, 3, padding=1) | batch_norm | relu | max_pool(2) | residual(conv2d(4, 3, padding=1) | relu) "
      "| "
      "conv2d(5, 3) | silu | flatten | dense(3)",
      {2, 12, 12});
}

TEST(Tape, PartsTakeLessMemoryAndDoNotKeepWhatIsInside) {
  Module module("repeat(16, dense(64) | tanh) | dense(1)", {64});
  std::uint64_t whole = 0;
  for (const int parts : {1, 4, 8}) {
    Tape tape(Dtype::f32, 1, Passes::both, parts);
    const Tensor x = tape.input({512, 64});
    const Tensor y = module.record(tape, x);
    tape.forward();
    tape.value<float>(y);
    if (parts == 1) {
      whole = tape.bytes();
      continue;
    }
    EXPECT_LT(tape.bytes(), whole * 3 / 4);  // values, and gradients that share memory in any case
    const std::string what = message([&] { tape.value<float>({y.node - 3}); });
    EXPECT_NE(what.find("inside a part"), std::string::npos) << what;
  }
}

TEST(Tape, ReplayingGivesTheSameBits) {
  const std::vector<float> first = replay<float>("dense(256) | relu | dense(10)", {784}, 128, 2);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(replay<float>("dense(256) | relu | dense(10)", {784}, 128, 2), first);
}

TEST(Tape, AccumulatesGradientsOfParametersWhenAsked) {
  for (const std::int64_t rows : {1, 64}) {
    Module module("dense(128) | relu | dense(10)", {64});
    module.initialise(5);
    Tape tape;
    const Tensor x = tape.input({rows, 64});
    const Tensor y = module.record(tape, x);
    fill(tape.value<float>(x), 1);
    tape.forward();
    fill(tape.grad<float>(y), 2);
    tape.backward(y);
    std::vector<std::vector<float>> once;
    for (Parameter& p : module.params()) once.emplace_back(p.grad<float>().begin(), p.grad<float>().end());
    tape.backward(y, true);
    for (std::size_t i = 0; i < once.size(); ++i) {
      const auto twice = module.params()[i].grad<float>();
      for (std::size_t j = 0; j < once[i].size(); ++j) EXPECT_NEAR(twice[j], 2 * once[i][j], 1e-5f);
    }
    tape.backward(y);
    for (std::size_t i = 0; i < once.size(); ++i) {
      const auto again = module.params()[i].grad<float>();
      EXPECT_TRUE(std::equal(again.begin(), again.end(), once[i].begin()));
    }
  }
}

TEST(Tape, GradientsOfATensorThatIsUsedTwiceAddUp) {
  Tape tape(Dtype::f64);
  const Tensor x = tape.input({2, 2});
  tape.want_gradient(x);
  const Tensor y = dense(tape, x, x, Tensor{});  // x x
  const Tensor z = dense(tape, tanh(tape, x), y, Tensor{});
  const std::vector<double> values = {0.5, -1, 2, 0.25};
  const auto loss = [&] {
    tape.forward();
    const auto out = tape.value<double>(z);
    return out[0] + 2 * out[1] - out[2] + 0.5 * out[3];
  };
  std::ranges::copy(values, tape.value<double>(x).begin());
  loss();
  std::ranges::copy(std::vector<double>{1, 2, -1, 0.5}, tape.grad<double>(z).begin());
  tape.backward(z);
  const std::vector<double> grad(tape.grad<double>(x).begin(), tape.grad<double>(x).end());
  for (std::size_t i = 0; i < 4; ++i) {
    tape.value<double>(x)[i] = values[i] + 1e-5;
    const double above = loss();
    tape.value<double>(x)[i] = values[i] - 1e-5;
    EXPECT_NEAR(grad[i], (above - loss()) / 2e-5, 1e-8);
    tape.value<double>(x)[i] = values[i];
  }
}

TEST(Tape, WhatTheOutputDoesNotDependOnHasGradientZero) {
  Params params;
  Parameter& used = params.add("used", {2, 2}, Role::weight);
  Parameter& unused = params.add("unused", {2, 2}, Role::weight);
  Parameter& frozen = params.add("frozen", {2, 2}, Role::weight);
  frozen.set_frozen(true);
  for (Parameter& p : params) {
    fill(p.value<float>(), 1);
    std::ranges::fill(p.grad<float>(), 7.0f);
  }
  Tape tape;
  const Tensor x = tape.input({3, 2});
  const Tensor y = dense(tape, dense(tape, x, tape.parameter(frozen), {}), tape.parameter(used), {});
  const Tensor z = dense(tape, x, tape.parameter(unused), {});
  EXPECT_EQ(tape.parameter(used).node, tape.parameter(used).node);
  fill(tape.value<float>(x), 3);
  tape.forward();
  std::ranges::fill(tape.grad<float>(y), 1.0f);
  std::ranges::fill(tape.grad<float>(z), 1.0f);
  tape.backward(y, true);
  EXPECT_EQ(unused.grad<float>()[0], 7.0f);
  tape.backward(y);
  EXPECT_EQ(unused.grad<float>()[0], 0.0f);
  EXPECT_EQ(frozen.grad<float>()[0], 7.0f);
  EXPECT_NE(used.grad<float>()[0], 7.0f);
  tape.backward(z);
  EXPECT_NE(unused.grad<float>()[0], 0.0f);
  EXPECT_EQ(used.grad<float>()[0], 0.0f);
}

TEST(Tape, AGradientThatIsAskedForIsZeroWhereTheOutputDoesNotDependOnIt) {
  Tape tape;
  const Tensor x = tape.input({2});
  tape.want_gradient(x);
  const Tensor aside = relu(tape, x), y = tanh(tape, x);
  tape.want_gradient(aside);
  tape.forward();
  std::ranges::fill(tape.grad<float>(aside), 7.0f);
  tape.backward(aside);
  EXPECT_EQ(tape.grad<float>(aside)[1], 7.0f);
  tape.backward(y);
  EXPECT_EQ(tape.grad<float>(aside)[1], 0.0f);
}

TEST(Tape, AnAdoptedParameterNeedsNoGradient) {
  std::vector<float> memory = {1, 2, 3, 4};
  Params params;
  Parameter& weight = params.adopt("weight", {2, 2}, memory.data(), nullptr);
  Tape tape;
  const Tensor x = tape.input({1, 2});
  const Tensor y = dense(tape, x, tape.parameter(weight), {});
  tape.value<float>(x)[0] = 1;
  tape.forward();
  EXPECT_EQ(tape.value<float>(y)[1], 2.0f);
  tape.backward(y);
}

TEST(Tape, ReluKeepsANanAndHasNoGradientAtZero) {
  Tape tape;
  const Tensor x = tape.input({1, 4});
  tape.want_gradient(x);
  const Tensor y = relu(tape, x);
  std::ranges::copy(std::vector<float>{NAN, 0, -1, 2}, tape.value<float>(x).begin());
  tape.forward();
  EXPECT_TRUE(std::isnan(tape.value<float>(y)[0]));
  EXPECT_EQ(tape.value<float>(y)[2], 0.0f);
  std::ranges::fill(tape.grad<float>(y), INFINITY);
  tape.backward(y);
  EXPECT_EQ(tape.grad<float>(x)[1], 0.0f);
  EXPECT_EQ(tape.grad<float>(x)[2], 0.0f);
  EXPECT_EQ(tape.grad<float>(x)[3], INFINITY);
}

// Errors in units of the last place, over every size of number and through tape lengths that are no whole
// vectors.
TEST(Tape, TanhInF32IsWithinTwoUnits) {
  constexpr std::int64_t kSize = 200003;
  Tape tape;
  const Tensor x = tape.input({kSize});
  const Tensor y = tanh(tape, x);
  const auto in = tape.value<float>(x);
  const Random random(1, Purpose::init, 0);
  for (std::size_t i = 0; i < in.size(); ++i) {
    in[i] = static_cast<float>(
        std::copysign(std::exp2(40 * random.uniform(i) - 36), random.uniform(i + kSize) - 0.5));
  }
  std::ranges::copy(std::vector<float>{0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1e-40f, -1e30f, 0.625f},
                    in.begin());
  tape.forward();
  const auto out = tape.value<float>(y);
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (std::isnan(in[i])) continue;
    const double wanted = std::tanh(static_cast<double>(in[i]));
    const float rounded = std::fabs(static_cast<float>(wanted));
    ASSERT_NEAR(out[i], wanted, 2.0 * (std::nextafter(rounded, INFINITY) - rounded)) << in[i];
    ASSERT_EQ(std::signbit(out[i]), std::signbit(in[i]));
    ASSERT_LE(std::fabs(out[i]), 1.0f);
  }
  EXPECT_TRUE(std::isnan(out[4]));
}

TEST(Tape, NoRowsIsFine) {
  const std::vector<float> all = replay<float>("dense(3) | relu | dense(2)", {4}, 0, 2);
  for (const float value : all) EXPECT_EQ(value, 0.0f);
}

TEST(Tape, ShapesThatDoNotFitAreErrorsThatNameThem) {
  Tape tape;
  const Tensor x = tape.input({5, 3}), w = tape.input({4, 2}), b = tape.input({3}), scalar = tape.input({});
  const std::string weight = message([&] { dense(tape, x, w, {}); });
  EXPECT_NE(weight.find("5x3"), std::string::npos) << weight;
  EXPECT_NE(weight.find("4x2"), std::string::npos) << weight;
  const std::string bias = message([&] { dense(tape, w, tape.input({2, 2}), b); });
  EXPECT_NE(bias.find("2x2"), std::string::npos) << bias;
  EXPECT_NE(bias.find("bias 3"), std::string::npos) << bias;
  message([&] { dense(tape, scalar, w, {}); });
  message([&] { dense(tape, x, b, {}); });
  message([&] { relu(tape, {}); });
  message([&] { relu(tape, {1000}); });
}

TEST(Tape, CallsThatCannotBeAreErrors) {
  Tape tape;
  const Tensor x = tape.input({2, 2});
  relu(tape, x);
  message([&] { tape.want_gradient(x); });
  message([&] { tape.want_gradient({9}); });
  message([&] { tape.grad<float>(x); });
  message([&] { tape.value<double>(x); });
  message([&] { tape.value<float>({}); });
  message([&] { tape.backward({7}); });
  message([&] { tape.input({-1}); });
  Tape forward(Dtype::f32, 1, Passes::forward);
  const Tensor a = forward.input({2, 2});
  message([&] { forward.want_gradient(a); });
  const Tensor b = relu(forward, a), c = relu(forward, b);
  message([&] { forward.value<float>(b); });
  message([&] { forward.backward(c); });
  message([&] { forward.grad<float>(c); });
}

TEST(Tape, AGradientThatIsAskedForIsKept) {
  Module module("dense(5) | tanh | dense(4) | tanh | dense(3)", {6}, Dtype::f64);
  module.initialise(5);
  Tape tape(Dtype::f64);
  const Tensor x = tape.input({7, 6});
  const Tensor h = tanh(tape, dense(tape, x, tape.parameter(module.params()[0]), {}));
  const Tensor y = dense(tape, tanh(tape, dense(tape, h, tape.parameter(module.params()[2]), {})),
                         tape.parameter(module.params()[4]), {});
  tape.want_gradient(h);
  fill(tape.value<double>(x), 1);
  tape.forward();
  fill(tape.grad<double>(y), 2);
  tape.backward(y);
  // dL/dW1 = x^T (dL/dh (1 - h^2)), so that dL/dh can be checked by what it made.
  const auto dh = tape.grad<double>(h), values = tape.value<double>(h), in = tape.value<double>(x);
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = 0; j < 5; ++j) {
      double sum = 0;
      for (std::size_t row = 0; row < 7; ++row) {
        const double v = values[row * 5 + j];
        sum += in[row * 6 + i] * dh[row * 5 + j] * (1 - v * v);
      }
      EXPECT_NEAR(module.params()[0].grad<double>()[i * 5 + j], sum, 1e-12);
    }
  }
}

TEST(Tape, ForwardPassesGiveTheSameValuesInLessMemory) {
  Module module("dense(40) | relu | dense(40) | tanh | dense(40) | gelu | dense(3)", {30});
  module.initialise(5);
  const auto run = [&](Passes passes) {
    Tape tape(Dtype::f32, 1, passes);
    const Tensor x = tape.input({64, 30});
    const Tensor y = module.record(tape, x);
    fill(tape.value<float>(x), 1);
    tape.forward();
    const auto values = tape.value<float>(y);
    return std::pair(std::vector<float>(values.begin(), values.end()), tape.bytes());
  };
  const auto both = run(Passes::both), forward = run(Passes::forward);
  EXPECT_EQ(both.first, forward.first);
  EXPECT_LT(2 * forward.second, both.second);
}

TEST(Tape, MoreMayBeRecordedAfterAReplay) {
  Tape tape;
  const Tensor x = tape.input({1, 2});
  tape.want_gradient(x);
  const Tensor y = tanh(tape, x);
  std::ranges::copy(std::vector<float>{0.5f, -1}, tape.value<float>(x).begin());
  tape.forward();
  const float before = tape.value<float>(y)[1];
  const Tensor z = relu(tape, add(tape, y, x));
  tape.forward();
  EXPECT_EQ(tape.value<float>(y)[1], before);
  std::ranges::fill(tape.grad<float>(z), 1.0f);
  tape.backward(z);
  EXPECT_NEAR(tape.grad<float>(x)[0], 2 - std::tanh(0.5) * std::tanh(0.5), 1e-6);
  EXPECT_EQ(tape.grad<float>(x)[1], 0);
}

std::uint64_t allocations_of_replay(const std::string& text, Dtype dtype, std::int64_t rows, int threads) {
  Module module(text, {50}, dtype);
  Tape tape(dtype, threads);
  const Tensor y = module.record(tape, tape.input({rows, 50}));
  tape.bytes();  // makes the memory
  const std::uint64_t before = allocations();
  for (int i = 0; i < 3; ++i) {
    tape.train(1, static_cast<std::uint64_t>(i));
    tape.forward();
    tape.backward(y, i > 0);
    tape.evaluate();
    tape.forward();
  }
  return allocations() - before;
}

// On the paths without oneDNN, which allocates in its own code.
TEST(Tape, ReplayingAllocatesNothing) {
  const std::string network = "dense(40) | relu | dense(30) | tanh | dense(3)";
  EXPECT_EQ(allocations_of_replay(network, Dtype::f64, 4, 1), 0u);
  EXPECT_EQ(allocations_of_replay(network, Dtype::f64, 4000, 3), 0u);
  EXPECT_EQ(allocations_of_replay(network, Dtype::f32, 1, 1), 0u);
  const std::string activations = "relu | tanh | sigmoid | gelu | gelu(form=tanh) | dropout | softmax";
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    EXPECT_EQ(allocations_of_replay(activations, dtype, 4000, 1), 0u);
    EXPECT_EQ(allocations_of_replay(activations, dtype, 4000, 3), 0u);
  }
}

}  // namespace
}  // namespace thalweg
