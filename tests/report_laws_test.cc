// What a step reports, for every listed transform: statistics, and gradients that are not finite.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "laws.h"

namespace thalweg {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

class ReportLaws : public Laws {};

INSTANTIATE_TEST_SUITE_P(EveryTransform, ReportLaws, testing::ValuesIn(all_transforms()),
                         [](const auto& tested) { return std::string(tested.param->spec.name); });

TEST_P(ReportLaws, StatisticsChangeNoBit) {
  for_each_chain([](const std::string& chain, Dtype dtype) {
    EXPECT_TRUE(run(kLarge, dtype, chain, with_statistics(2)) == run(kLarge, dtype, chain));
  });
}

double norm_of(const std::vector<double>& numbers) {
  double sum = 0;
  for (const double x : numbers) sum += x * x;
  return std::sqrt(sum);
}

std::vector<double> numbers_of(const Parameter& p, bool grad) {
  if (p.dtype() == Dtype::f64) {
    const auto from = grad ? p.grad<double>() : p.value<double>();
    return {from.begin(), from.end()};
  }
  const auto from = grad ? p.grad<float>() : p.value<float>();
  return {from.begin(), from.end()};
}

TEST_P(ReportLaws, StatisticsAreWhatTheStepDid) {
  if (GetParam()->scope == Scope::gate) return;  // may hold the step: tests/gate_laws_test.cc
  for_each_chain([](const std::string& chain, Dtype dtype) {
    Params params = make_params(kLarge, dtype);
    Optimizer optimizer(params, Chain(chain), with_statistics(3));
    run_steps(params, optimizer, 0, 1);
    std::vector<std::vector<double>> before;
    for (const Parameter& p : params) before.push_back(numbers_of(p, false));
    fill_grads(params, 1);
    const double scale = optimizer.loss_scale();
    const Report report = optimizer.step();
    if (report.skipped) {
      EXPECT_TRUE(report.parameters.empty());
      return;
    }
    ASSERT_EQ(report.parameters.size(), params.size());
    for (std::size_t i = 0; i < params.size(); ++i) {
      if (params[i].size() == 0) continue;
      const ParameterReport& r = report.parameters[i];
      std::vector<double> moved = numbers_of(params[i], false);
      std::uint64_t counted = 0;
      for (const std::uint64_t n : r.updates) counted += n;
      for (std::size_t j = 0; j < moved.size(); ++j) moved[j] -= before[i][j];
      EXPECT_EQ(r.parameter, &params[i]);
      EXPECT_EQ(counted, params[i].size());
      EXPECT_NEAR(scale * r.grad_norm, norm_of(numbers_of(params[i], true)), 1e-5 * scale * r.grad_norm);
      EXPECT_NEAR(r.value_norm, norm_of(before[i]), 1e-5 * r.value_norm);
      EXPECT_NEAR(r.update_norm, norm_of(moved), 1e-5 * r.update_norm + 1e-12);
      EXPECT_NEAR(r.update_ratio, r.update_norm / r.value_norm, 1e-12);
    }
  });
}

// One element that is no number, at the first, a middle and the last place of every parameter.
template <class F>
void for_each_poison(const F& f) {
  for (const Entry& entry : kSmall) {
    const std::uint64_t n = count(entry.shape);
    for (const std::uint64_t at : std::set<std::uint64_t>{0, n / 2, n - 1}) {
      if (at >= n) continue;
      for (const double poison : {kNan, kInfinity, -kInfinity}) f(entry.name, at, poison);
    }
  }
}

void poison_gradient(Parameter& p, std::uint64_t at, double poison) {
  if (p.dtype() == Dtype::f32) p.grad<float>()[at] = static_cast<float>(poison);
  if (p.dtype() == Dtype::f64) p.grad<double>()[at] = poison;
}

TEST_P(ReportLaws, C7GradientsThatAreNotFiniteAreFoundByEveryPolicy) {
  if (GetParam()->scope == Scope::gate) return;  // may hold the step: tests/gate_laws_test.cc
  const std::string chain = use(GetParam()->spec) + " | lr(0.01)";
  for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
    for_each_poison([&](const char* name, std::uint64_t at, double poison) {
      for (const Nonfinite policy : {Nonfinite::report, Nonfinite::error, Nonfinite::skip, Nonfinite::zero}) {
        SCOPED_TRACE(std::string(name) + " at " + std::to_string(at) + ", " +
                     std::string(nonfinite_name(policy)));
        Params params = make_params(kSmall, dtype);
        OptimizerOptions options;
        options.nonfinite = policy;
        Optimizer optimizer(params, Chain(chain), options);
        run_steps(params, optimizer, 0, 1);
        fill_grads(params, 1);
        poison_gradient(*params.find(name), at, poison);
        const std::string before = all_bits(params, optimizer);
        if (policy == Nonfinite::error) {
          try {
            optimizer.step();
            ADD_FAILURE() << "no error";
          } catch (const Error& error) {
            EXPECT_EQ(error.code(), Code::diverged);
            expect_contains(error.what(), "`" + std::string(name) + "` at " + std::to_string(at) + ",");
          }
          EXPECT_TRUE(all_bits(params, optimizer) == before);
          continue;
        }
        const Report report = optimizer.step();
        EXPECT_EQ(report.nonfinite, 1u);
        ASSERT_NE(report.nonfinite_parameter, nullptr);
        EXPECT_EQ(report.nonfinite_parameter->name(), name);
        EXPECT_EQ(report.nonfinite_index, at);
        const bool gate = policy == Nonfinite::report && GetParam()->part == Part::guard;
        EXPECT_EQ(report.skipped, policy == Nonfinite::skip || gate);
        EXPECT_EQ(all_bits(params, optimizer) == before, policy == Nonfinite::skip);
        if (policy != Nonfinite::zero) continue;
        Params clean = make_params(kSmall, dtype);
        Optimizer same(clean, Chain(chain));
        run_steps(clean, same, 0, 1);
        fill_grads(clean, 1);
        poison_gradient(*clean.find(name), at, 0);
        same.step();
        EXPECT_TRUE(all_bits(params, optimizer) == all_bits(clean, same));
      }
    });
  }
}

TEST(Nonfinite, SkipsInARowEndInAnErrorAndTheCountBeginsAgain) {
  Params params = make_params(kSmall, Dtype::f32);
  OptimizerOptions options;
  options.nonfinite = Nonfinite::skip;
  options.most_skips = 2;
  Optimizer optimizer(params, Chain("adam | lr(0.1)"), options);
  const auto step_with = [&](double x) {
    fill_grads(params, 1);
    poison_gradient(params[0], 3, x);
    return optimizer.step();
  };
  for (const double x : {kNan, kNan, 1.0, kNan, kNan}) EXPECT_EQ(step_with(x).skipped, std::isnan(x));
  EXPECT_THROW(step_with(kNan), Error);
  EXPECT_EQ(optimizer.updates(), 1u);
  EXPECT_EQ(parse_nonfinite("zero"), Nonfinite::zero);
  expect_contains(usage_error([] { parse_nonfinite("skipp"); }), "did you mean `skip`?");
}

}  // namespace
}  // namespace thalweg
