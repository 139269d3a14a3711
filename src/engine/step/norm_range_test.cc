// Norms over the whole range of a type: of numbers whose squares are beyond double, or vanish in it.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "params/test_params.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

constexpr double kHalf = 0.70710678118654752;  // 1 / sqrt(2)

// How far one step of a chain moves a matrix of one row.
template <class T>
std::vector<T> moves(const std::string& chain, std::vector<T> value, const std::vector<T>& grad,
                     const StepInput& input = {}) {
  OneParameter<T> one(value, {1, static_cast<std::int64_t>(value.size())});
  one.set_grad(grad);
  Optimizer optimizer(one.params(), Chain(chain));
  EXPECT_FALSE(optimizer.step(input).overflows) << chain;
  for (std::size_t i = 0; i < value.size(); ++i) value[i] -= one.value()[i];
  return value;
}

template <class T>
void expect_close(const std::vector<T>& got, const std::vector<double>& want, const std::string& what) {
  for (std::size_t i = 0; i < want.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(got[i]) / want[i], 1.0, 8 * std::numeric_limits<T>::epsilon())
        << what << i;
  }
}

TEST(NormRange, ClippingHoldsToTheEndsOfTheType) {
  for (const double size : {1e154, 1e155, 1e200, 1e300, 1.7e308}) {
    for (const char* chain :
         {"clip_norm(1) | lr(1)", "clip_norm(1, form=optax) | lr(1)", "clip_norm(1, per=tensor) | lr(1)",
          "momentum | clip_norm(1) | lr(1)", "normalize | lr(1)", "normalize(per=tensor) | lr(1)",
          "scale(0.5) | clip_norm(1) | momentum | lr(1)", "accumulate(1) | clip_norm(1) | lr(1)"}) {
      expect_close(moves<double>(chain, {0, 0}, {size, -size}), {kHalf, -kHalf}, chain);
    }
    expect_close(moves<double>("clip_rms(1) | lr(1)", {0, 0}, {size, size}), {1, 1}, "clip_rms");
  }
  for (const float size : {1e19f, 1e38f, 3e38f}) {
    for (const char* chain :
         {"clip_norm(1) | lr(1)", "momentum | clip_norm(1) | lr(1)", "normalize | lr(1)"}) {
      expect_close(moves<float>(chain, {0, 0}, {size, -size}), {kHalf, -kHalf}, chain);
    }
  }
}

TEST(NormRange, SmallNormsAreNotZero) {
  for (const double size : {1e-150, 1e-160, 1e-200, 1e-300}) {
    for (const char* chain : {"normalize | lr(1)", "momentum | normalize(per=tensor) | lr(1)"}) {
      expect_close(moves<double>(chain, {0, 0}, {size, -size}), {kHalf, -kHalf}, chain);
    }
    expect_close(moves<double>("clip_rms(0.5) | lr(1)", {0, 0}, {size, size}), {size, size}, "clip_rms");
  }
  expect_close(moves<double>("clip_norm(1e-201, form=optax) | lr(1)", {0, 0}, {1e-200, 1e-200}),
               {1e-201 * kHalf, 1e-201 * kHalf}, "clip_norm");
}

TEST(NormRange, RatiosOfNormsHoldWhereTheirSquaresDoNot) {
  const std::string ratio = "trust_ratio | lr(0.5)";
  expect_close(moves<double>(ratio, {3, 4}, {3e200, 4e200}), {1.5, 2}, ratio);
  expect_close(moves<double>(ratio, {3e200, 4e200}, {6e200, 8e200}), {1.5e200, 2e200}, ratio);
  expect_close(moves<double>(ratio, {3e200, 4e200}, {3, 4}), {1.5e200, 2e200}, ratio);
  expect_close(moves<double>(ratio, {3e-200, 4e-200}, {6e-200, 8e-200}), {1.5e-200, 2e-200}, ratio);
  expect_close(moves<double>("agc(0.5) | lr(1)", {3, 4}, {3e200, 4e200}), {1.5, 2}, "agc");
  expect_close(moves<double>("agc(0.5) | lr(1)", {3e200, 4e200}, {3e202, 4e202}), {1.5e200, 2e200}, "agc");
  expect_close(moves<double>("centralize | lr(1)", {0, 0}, {1.75e308, 1.5e308}), {1.25e307, -1.25e307},
               "centralize");
}

// The factor of a huge gradient is smaller than the smallest float, and a rate may be larger than the
// largest.
TEST(NormRange, AFactorMayLeaveTheTypeThatItsProductIsIn) {
  const std::vector<float> huge = {1.5e38f, 2e38f};
  expect_close(moves<float>("trust_ratio | lr(0.5)", {3, 4}, huge), {1.5, 2}, "trust_ratio");
  expect_close(moves<float>("agc(0.5) | lr(1)", {3, 4}, huge), {1.5, 2}, "agc");
  expect_close(moves<float>("lr(1e-38)", {0, 0}, huge), {1.5, 2}, "lr");
  expect_close(moves<float>("momentum | decay(0) | lr(1e40)", {0, 0}, {1e-30f, 2e-30f}), {1e10, 2e10}, "lr");
}

TEST(NormRange, AGivenNormClipsAsAMeasuredOne) {
  for (const double size : {1e200, 1e-200}) {
    for (const char* chain : {"clip_norm(1e-3, form=optax) | lr(1)", "normalize | lr(1)"}) {
      EXPECT_EQ(moves<double>(chain, {0, 0}, {size, size}),
                moves<double>(chain, {0, 0}, {size, size}, {.grad_norm = size * std::sqrt(2.0)}))
          << chain;
    }
  }
}

TEST(NormRange, ReportsTellNormsAndTheirRatios) {
  for (const double size : {1e200, 1e-200}) {
    OneParameter<double> one({3 * size, 4 * size});
    one.set_grad({6 * size, 8 * size});
    OptimizerOptions options;
    options.grad_norm = true;
    options.statistics = {.update_ratio = true, .norms = true};
    Optimizer optimizer(one.params(), Chain("lr(0.5)"), options);
    const Report report = optimizer.step();
    const ParameterReport& p = report.parameters[0];
    for (const auto& [got, want] : {std::pair{report.grad_norm / size, 10.0},
                                    {p.grad_norm / size, 10.0},
                                    {p.value_norm / size, 5.0},
                                    {p.update_norm / size, 5.0},
                                    {p.update_ratio, 1.0},
                                    {report.update_ratio, 1.0}}) {
      EXPECT_NEAR(got, want, 1e-14) << size;
    }
  }
}

TEST(NormRange, SkipComparesNormsBeyondTheirSquares) {
  for (const auto& [limit, skipped] : {std::pair{"1e201", false}, {"1e200", true}}) {
    OneParameter<double> one({0, 0});
    one.set_grad({1e200, 1e200});
    Optimizer optimizer(one.params(),
                        Chain(std::string("skip(what=outlier, limit=") + limit + ") | sign | lr(1)"));
    EXPECT_EQ(optimizer.step().skipped, skipped) << limit;
  }
}

// Blocks of very different sizes: the sum is of the largest, by any number of threads.
TEST(NormRange, BlocksOfAnySizeAddUp) {
  for (const bool large : {false, true}) {
    std::vector<double> moved;
    for (const int threads : {1, 2, 5}) {
      Params params;
      params.add("small", {40000}, Role::weight, Dtype::f64);
      Parameter& p = params.add("w", {40000}, Role::weight, Dtype::f64);
      for (std::size_t i = 0; i < p.size(); ++i) {
        const double size = i < 10000 ? 1e-200 : i < 20000 ? (large ? 1e200 : 1e-200) : 1e-190;
        p.grad<double>()[i] = size * sample_number(1, i);
      }
      long double sum = 0;
      for (const double g : p.grad<double>())
        sum += static_cast<long double>(g) * static_cast<long double>(g);
      OptimizerOptions options;
      options.threads = threads;
      const double norm = Optimizer(params, Chain("normalize | lr(1)"), options).step().grad_norm;
      EXPECT_NEAR(norm / static_cast<double>(std::sqrt(sum)), 1.0, 1e-13);
      moved.push_back(p.value<double>()[15000]);
      EXPECT_NEAR(moved.back() / -(p.grad<double>()[15000] / norm), 1.0, 1e-13);
      EXPECT_EQ(moved.back(), moved.front()) << threads << " threads";
    }
  }
}

}  // namespace
}  // namespace thalweg
