#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"
#include "thalweg/error.h"
#include "thalweg/module.h"
#include "thalweg/tensor.h"

namespace thalweg {
namespace {

// x = 1, 2, 3, ... through dropouts, one behind the other; the outputs of each.
struct Bench {
  explicit Bench(std::int64_t size, double rate, int dropouts = 1, int threads = 1)
      : tape(Dtype::f32, threads), x(tape.input({size})) {
    tape.want_gradient(x);
    Tensor last = x;
    for (int i = 0; i < dropouts; ++i) y.push_back(last = dropout(tape, last, rate));
    for (std::size_t i = 0; i < tape.value<float>(x).size(); ++i) {
      tape.value<float>(x)[i] = static_cast<float>(i + 1);
    }
  }

  std::vector<float> forward(std::uint64_t seed, std::uint64_t counter) {
    tape.train(seed, counter);
    tape.forward();
    return output();
  }

  std::vector<float> output() {
    const auto out = tape.value<float>(y.back());
    return {out.begin(), out.end()};
  }

  Tape tape;
  Tensor x;
  std::vector<Tensor> y;
};

std::size_t zeros(const std::vector<float>& values) {
  return static_cast<std::size_t>(std::count(values.begin(), values.end(), 0.0f));
}

TEST(Dropout, IsTheIdentityInEvaluation) {
  Bench bench(1000, 0.9);
  bench.tape.forward();  // a new tape evaluates
  EXPECT_EQ(zeros(bench.output()), 0u);
  EXPECT_EQ(bench.output()[999], 1000.0f);
  bench.forward(1, 1);
  EXPECT_GT(zeros(bench.output()), 800u);
  bench.tape.evaluate();
  bench.tape.forward();
  EXPECT_EQ(bench.output()[999], 1000.0f);
  std::ranges::fill(bench.tape.grad<float>(bench.y[0]), 3.0f);
  bench.tape.backward(bench.y[0]);
  for (const float dx : bench.tape.grad<float>(bench.x)) EXPECT_EQ(dx, 3.0f);
}

TEST(Dropout, KeepsTheMeanAndTheRate) {
  for (const double rate : {0.0, 0.1, 0.5, 0.75}) {
    constexpr std::int64_t kSize = 400000;
    Bench bench(kSize, rate);
    std::ranges::fill(bench.tape.value<float>(bench.x), 1.0f);
    double sum = 0;
    const std::vector<float> y = bench.forward(3, 0);
    for (const float value : y) {
      EXPECT_TRUE(value == 0.0f || value == static_cast<float>(1 / (1 - rate)));
      sum += value;
    }
    const double deviation = std::sqrt(rate * (1 - rate) / kSize);
    EXPECT_NEAR(static_cast<double>(zeros(y)) / kSize, rate, 4 * deviation);
    EXPECT_NEAR(sum / kSize, 1, 4 * deviation / (1 - rate) + 1e-9);
  }
}

// Which elements are dropped is no pattern: neighbours, and the same element at the next counter, agree as
// often as chance has it.
TEST(Dropout, DrawsIndependently) {
  constexpr std::size_t kSize = 400000;
  Bench bench(kSize, 0.5);
  const std::vector<float> one = bench.forward(3, 0), two = bench.forward(3, 1), other = bench.forward(4, 0);
  for (const std::size_t lag : {1, 2, 4, 8}) {
    std::size_t same = 0;
    for (std::size_t i = lag; i < kSize; ++i) same += (one[i] == 0) == (one[i - lag] == 0);
    EXPECT_NEAR(static_cast<double>(same) / kSize, 0.5, 4 * 0.5 / std::sqrt(kSize)) << lag;
  }
  std::size_t next = 0, seeds = 0;
  for (std::size_t i = 0; i < kSize; ++i) {
    next += (one[i] == 0) == (two[i] == 0);
    seeds += (one[i] == 0) == (other[i] == 0);
  }
  EXPECT_NEAR(static_cast<double>(next) / kSize, 0.5, 4 * 0.5 / std::sqrt(kSize));
  EXPECT_NEAR(static_cast<double>(seeds) / kSize, 0.5, 4 * 0.5 / std::sqrt(kSize));
}

TEST(Dropout, DependsOnSeedAndCounterAlone) {
  Bench bench(30001, 0.3);
  const std::vector<float> wanted = bench.forward(5, 7);
  bench.forward(5, 8);
  bench.tape.evaluate();
  bench.tape.forward();
  EXPECT_EQ(bench.forward(5, 7), wanted);
  for (const int threads : {1, 2, 3, 7}) EXPECT_EQ(Bench(30001, 0.3, 1, threads).forward(5, 7), wanted);
  // Fewer elements are the first of more.
  EXPECT_EQ(Bench(1003, 0.3).forward(5, 7), std::vector<float>(wanted.begin(), wanted.begin() + 1003));
  EXPECT_NE(bench.forward(5, 8), wanted);
  EXPECT_NE(bench.forward(6, 7), wanted);
}

TEST(Dropout, EachOnATapeHasItsOwnStream) {
  Bench bench(100000, 0.5, 2);
  EXPECT_NEAR(static_cast<double>(zeros(bench.forward(1, 1))), 75000, 600);
}

TEST(Dropout, GradientsPassWhereValuesDid) {
  Bench bench(5001, 0.25);
  const std::vector<float> y = bench.forward(2, 9);
  bench.tape.evaluate();  // says nothing about the forward() that was
  std::ranges::fill(bench.tape.grad<float>(bench.y[0]), 3.0f);
  bench.tape.backward(bench.y[0]);
  const auto dx = bench.tape.grad<float>(bench.x);
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(dx[i], y[i] == 0.0f ? 0.0f : 4.0f) << i;
}

TEST(Dropout, RatesThatCannotBeAreErrors) {
  Tape tape;
  const Tensor x = tape.input({2});
  for (const double rate : {1.0, -0.1, 2.0, static_cast<double>(NAN)})
    EXPECT_THROW(dropout(tape, x, rate), Error);
  EXPECT_THROW(Module("dropout(1)", {4}), Error);
  EXPECT_EQ(Module("dropout(0.5) | dropout(rate=0.1)", {4}).text(), "dropout | dropout(0.1)");
}

}  // namespace
}  // namespace thalweg
