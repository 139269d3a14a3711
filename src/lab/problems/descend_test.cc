#include <gtest/gtest.h>

#include <cmath>

#include "base/test_error.h"
#include "problems/problem.h"
#include "thalweg/lab/problem.h"

namespace thalweg {
namespace {

// p_k = (1 - rate h)^k p_0 in every coordinate.
TEST(Descend, GradientDescentOnAQuadraticIsAPowerOfTheUpdates) {
  const Descent descent = descend(Problem("quadratic(100)"), Chain("lr(0.015)"), {.updates = 50});
  ASSERT_EQ(descent.losses.size(), 51u);
  ASSERT_EQ(descent.path.size(), 102u);
  for (std::size_t k = 0; k <= 50; ++k) {
    const double slow = std::pow(1 - 0.015, k), fast = std::pow(1 - 1.5, k);
    EXPECT_NEAR(descent.path[2 * k], slow, 1e-14);
    EXPECT_NEAR(descent.path[2 * k + 1], fast, 1e-14);
    EXPECT_NEAR(descent.distances[k], std::hypot(slow, fast), 1e-14);
    EXPECT_NEAR(descent.losses[k], 0.5 * (slow * slow + 100 * fast * fast), 1e-12);
  }
}

TEST(Descend, EveryProblemIsLowerAfterSmallSteps) {
  for (const Spec* spec : problem_specs()) {
    const Descent descent = descend(Problem(spec->name), Chain("clip_norm(1) | lr(1e-4)"), {.updates = 20});
    for (std::size_t k = 1; k < descent.losses.size(); ++k) {
      EXPECT_LT(descent.losses[k], descent.losses[k - 1]) << spec->name << " update " << k;
    }
  }
}

TEST(Descend, AdamFindsMinima) {
  for (const char* problem :
       {"booth", "beale", "himmelblau", "rosenbrock", "sphere(10)", "styblinski_tang"}) {
    const Descent descent = descend(Problem(problem), Chain("adam(lr=cosine(0.1))"), {.updates = 3000});
    EXPECT_LT(descent.distances.back(), 1e-3) << problem;
  }
}

TEST(Descend, LengthsOfSchedulesAreThoseOfTheRun) {
  const Descent descent = descend(Problem("sphere"), Chain("lr(linear(0.1, warmup=20%))"), {.updates = 10});
  EXPECT_EQ(descent.optimizer, "lr(linear(0.1, total=10, warmup=2))");
  ASSERT_EQ(descent.rates.size(), 10u);
  EXPECT_EQ(descent.rates[0], 0);
  EXPECT_EQ(descent.rates[2], 0.1);
}

TEST(Descend, NoiseIsThatOfTheSeedAndHasItsSize) {
  const Problem problem("sphere(dimension=1000)");
  const auto first = [&](double noise, std::uint64_t seed) {
    return descend(problem, Chain("lr(1)"), {.updates = 1, .noise = {noise}, .seed = seed}).path;
  };
  const std::vector<double> plain = first(0, 1), noisy = first(3, 1);
  EXPECT_EQ(noisy, first(3, 1));
  EXPECT_NE(noisy, first(3, 2));
  double sum = 0, squares = 0;
  for (std::size_t i = 1000; i < 2000; ++i) {
    sum += plain[i] - noisy[i];
    squares += (plain[i] - noisy[i]) * (plain[i] - noisy[i]);
  }
  EXPECT_NEAR(sum / 1000, 0, 4 * 3 / std::sqrt(1000));
  EXPECT_NEAR(std::sqrt(squares / 1000), 3, 4 * 3 / std::sqrt(2000));
}

// Each coordinate has the normal numbers that it has with one noise for all, as wide as its own.
TEST(Descend, NoiseMayDifferByCoordinate) {
  const Problem problem("sphere(dimension=3)");
  const auto first = [&](std::vector<double> noise) {
    return descend(problem, Chain("lr(1)"), {.updates = 1, .noise = std::move(noise)}).path;
  };
  const std::vector<double> plain = first({}), one = first({1}), each = first({0, 1, 10});
  EXPECT_EQ(each[3], plain[3]);
  EXPECT_EQ(each[4], one[4]);
  EXPECT_NEAR(each[5] - plain[5], 10 * (one[5] - plain[5]), 1e-12);
  EXPECT_EQ(first({0, 0, 0}), plain);
}

// The average of the points 0.5, 0.25, ... that halving makes, not the points.
TEST(Descend, AnAverageIsWhatIsEvaluated) {
  const Descent plain = descend(Problem("sphere(1)"), Chain("lr(0.25)"), {.updates = 4});
  const Descent averaged = descend(Problem("sphere(1)"), Chain("lr(0.25) | average"), {.updates = 4});
  EXPECT_EQ(plain.path, (std::vector<double>{1, 0.5, 0.25, 0.125, 0.0625}));
  EXPECT_GT(averaged.path.back(), plain.path.back());
  EXPECT_EQ(averaged.losses.back(), averaged.path.back() * averaged.path.back());
}

TEST(Descend, PlateauIsToldTheLosses) {
  const Descent descent =
      descend(Problem("sphere"), Chain("lr(0) | plateau(factor=0.5, patience=2)"), {.updates = 12});
  EXPECT_EQ(descent.rates, std::vector<double>(12, 0));
  const Descent stuck = descend(Problem("quadratic(1, dimension=1)"),
                                Chain("lr(2) | plateau(factor=0.5, patience=2)"), {.updates = 12});
  EXPECT_EQ(stuck.rates.front(), 2);
  EXPECT_LT(stuck.rates.back(), 2);  // at 2 it jumps to and fro for ever
  EXPECT_LT(stuck.losses.back(), stuck.losses.front());
}

TEST(Descend, WindowsOfAccumulateAreOneUpdate) {
  const DescendOptions options{.updates = 5, .start = {3}};
  const Descent plain = descend(Problem("sphere(1)"), Chain("lr(0.25)"), options);
  const Descent windows = descend(Problem("sphere(1)"), Chain("accumulate(4) | lr(0.25)"), options);
  EXPECT_EQ(windows.path, plain.path);
  EXPECT_EQ(windows.rates, plain.rates);
}

TEST(Descend, ALossThatIsNotFiniteEndsIt) {
  try {
    descend(Problem("quadratic(100)"), Chain("lr(1)"));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::diverged);
    expect_contains(error.what(), "the loss is not finite");
  }
}

TEST(Descend, WrongOptionsAreNamed) {
  const auto error = [](const char* chain, const DescendOptions& options) {
    return usage_error([&] { descend(Problem("booth"), Chain(chain), options); });
  };
  expect_contains(error("adam", {}), "lr(1e-3)");
  expect_contains(error("lr(linear(1, warmup=2ep))", {}), "`warmup`");
  expect_contains(error("lr(1)", {.start = {1}}), "1 number; want 2");
  expect_contains(error("lr(1)", {.updates = 1'000'000'000}), "too many updates");
  expect_contains(error("lr(1)", {.noise = {-1}}), "noise");
  expect_contains(error("lr(1)", {.noise = {1, 2, 3}}), "3 numbers; want 1 or 2");
}

}  // namespace
}  // namespace thalweg
