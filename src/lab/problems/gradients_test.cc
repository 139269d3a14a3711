#include "problems/gradients.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/test_error.h"

namespace thalweg {
namespace {

using Vector = std::vector<double>;

std::vector<Vector> gradients(const Problem& problem, const DescendOptions& options, const Vector& x,
                              std::uint64_t n) {
  Gradients source(problem, options);
  std::vector<Vector> out;
  for (std::uint64_t k = 0; k < n; ++k) source.write(x, k, out.emplace_back(x.size()));
  return out;
}

Vector mean(const std::vector<Vector>& vectors) {
  Vector out(vectors.front().size());
  for (const Vector& v : vectors) {
    for (std::size_t i = 0; i < v.size(); ++i) out[i] += v[i] / static_cast<double>(vectors.size());
  }
  return out;
}

double variance(const std::vector<Vector>& vectors, const Vector& about) {
  double sum = 0;
  for (const Vector& v : vectors) sum += (v[0] - about[0]) * (v[0] - about[0]);
  return sum / static_cast<double>(vectors.size());
}

// Batches that divide the set: an epoch of them has the gradient of the whole as its mean.
TEST(Gradients, AnEpochOfBatchesAddsUpToTheWhole) {
  for (const char* text : {"linear_regression(samples=64)", "rosenbrock", "x^2 + 3*y^2"}) {
    const Problem problem(text);
    const Vector x = {0.4, -0.7};
    Vector whole(2);
    problem.gradient(x, whole);
    const std::size_t samples = problem.samples() > 0 ? problem.samples() : DescendOptions::kNoisySamples;
    for (const std::uint64_t batch : {1u, 8u, 64u}) {
      const DescendOptions options{.noise = {problem.samples() > 0 ? 0.0 : 2.0}, .batch = batch};
      const Vector got = mean(gradients(problem, options, x, samples / batch));
      for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(got[i], whole[i], 1e-11) << text << " batch " << batch;
    }
  }
}

// Without replacement the variance of a mean of B of N is (N - B) / (N - 1) / B of that of one.
TEST(Gradients, TheVarianceOfABatchFallsWithItsSize) {
  const Problem problem("linear_regression(samples=64)");
  const Vector x = {0.4, -0.7};
  Vector whole(2);
  problem.gradient(x, whole);
  const double one = variance(gradients(problem, {.batch = 1}, x, 64), whole);
  const double eight = variance(gradients(problem, {.batch = 8}, x, 8 * 2000), whole);
  EXPECT_NEAR(eight / one, 56.0 / 63 / 8, 0.05 * 56 / 63 / 8);
}

TEST(Gradients, AreThoseOfTheNamedSamples) {
  const Problem problem("linear_regression(samples=10, noise=1, seed=3)");
  const Vector x = {0.4, -0.7};
  std::vector<Vector> rows;
  for (std::uint32_t row = 0; row < 10; ++row) {
    problem.gradient(x, std::vector<std::uint32_t>{row}, rows.emplace_back(2));
    // u is even in [0, 2): 0.1, 0.3, ...; the slope by the slope is u times that by the intercept.
    EXPECT_NEAR(rows.back()[0], (0.1 + 0.2 * row) * rows.back()[1], 1e-14);
  }
  Vector whole(2), two(2);
  problem.gradient(x, whole);
  EXPECT_NEAR(mean(rows)[0], whole[0], 1e-14);
  problem.gradient(x, std::vector<std::uint32_t>{2, 7}, two);
  EXPECT_NEAR(two[1], (rows[2][1] + rows[7][1]) / 2, 1e-15);
}

TEST(Gradients, DependOnTheSeed) {
  const Problem problem("linear_regression");
  const Vector x = {0.4, -0.7};
  EXPECT_EQ(gradients(problem, {.batch = 1}, x, 70), gradients(problem, {.batch = 1}, x, 70));
  EXPECT_NE(gradients(problem, {.batch = 1}, x, 8), gradients(problem, {.seed = 2, .batch = 1}, x, 8));
}

TEST(Gradients, RefuseWhatCannotBeMeant) {
  const auto refused = [](const char* text, const DescendOptions& options) {
    return usage_error([&] { descend(Problem(text), Chain("gd(lr=0.1)"), options); });
  };
  expect_contains(refused("rosenbrock", {.batch = 4}), "without samples");
  expect_contains(refused("rosenbrock", {.noise = {1}, .batch = 257}), "at most 256");
  expect_contains(refused("linear_regression(8)", {.batch = 9}), "at most 8");
  expect_contains(refused("rosenbrock", {.noise = {-1}}), "noise");
  expect_contains(usage_error([] {
                    Vector out(2);
                    Problem("linear_regression(8)").gradient(out, std::vector<std::uint32_t>{8}, out);
                  }),
                  "no such sample");
  expect_contains(usage_error([] {
                    Vector out(2);
                    Problem("booth").gradient(out, std::vector<std::uint32_t>{0}, out);
                  }),
                  "no such sample");
}

TEST(Gradients, ADescentMayEndBeforeItDiverges) {
  const Descent descent = descend(Problem("rosenbrock"), Chain("gd(lr=1)"), {.until_diverged = true});
  EXPECT_TRUE(descent.diverged);
  EXPECT_LT(descent.losses.size(), 10u);
  EXPECT_EQ(descent.rates.size() + 1, descent.losses.size());
  for (const double loss : descent.losses) EXPECT_TRUE(std::isfinite(loss));
  EXPECT_FALSE(descend(Problem("booth"), Chain("gd(lr=0.01)"), {.until_diverged = true}).diverged);
}

}  // namespace
}  // namespace thalweg
