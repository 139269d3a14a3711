// Every rule against its scalar reference: on every SIMD target, in both types, from loops and from tiles.
#include "reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "params/test_params.h"
#include "thalweg/optimizer.h"
#include "thalweg/schedule.h"
#include "transforms/transform.h"

namespace thalweg {
namespace {

constexpr std::size_t kElements = 67;
constexpr int kSteps = 40;
constexpr const char* kRate = "linear(0.1, total=60, warmup=5)";

template <class T>
struct Trajectory {
  std::vector<T> got;
  std::vector<double> want;
};

// Gradients of the element's type, so that both sides see the same numbers.
template <class T>
Trajectory<T> follow(const reference::Rule& rule, const std::string& before, std::string_view simd,
                     int steps = kSteps) {
  const Schedule schedule{std::string_view(kRate)};
  Params params;
  const auto n = static_cast<std::int64_t>(kElements);
  Parameter& p = params.add("p", {n}, Role::weight, kDtype<T>);
  fill_numbers(p.value<T>(), 3);
  OptimizerOptions options;
  options.simd = simd;
  Optimizer optimizer(params, Chain(before + rule.text + " | lr(" + kRate + ")"), options);
  std::vector<std::unique_ptr<reference::Element>> elements;
  std::vector<double> want(p.value<T>().begin(), p.value<T>().end());
  for (std::size_t i = 0; i < kElements; ++i) elements.push_back(rule.make());
  for (int k = 0; k < steps; ++k) {
    fill_numbers(p.grad<T>(), 100 + static_cast<std::uint64_t>(k));
    const double rate = schedule(static_cast<std::uint64_t>(k));
    for (std::size_t i = 0; i < kElements; ++i) {
      reference::Element& element = *elements[i];
      element.p = want[i];
      element.peak = schedule.highest();
      want[i] -= element.outer_rate(rate) * element.update(static_cast<double>(p.grad<T>()[i]), k + 1, rate);
    }
    optimizer.step();
  }
  return {{p.value<T>().begin(), p.value<T>().end()}, want};
}

// The largest distance, relative to numbers of size 1.
template <class T>
double worst(const Trajectory<T>& t) {
  double distance = 0;
  for (std::size_t i = 0; i < t.want.size(); ++i) {
    const double scale = std::max(1.0, std::abs(t.want[i]));
    distance = std::fmax(distance, std::abs(static_cast<double>(t.got[i]) - t.want[i]) / scale);
    if (std::isnan(static_cast<double>(t.got[i]))) return INFINITY;
  }
  return distance;
}

class EveryRule : public testing::TestWithParam<reference::Rule> {};

INSTANTIATE_TEST_SUITE_P(Reference, EveryRule, testing::ValuesIn(reference::rules()));

TEST_P(EveryRule, IsItsFormulaInDouble) {
  for (const std::string_view simd : simd_targets()) {
    EXPECT_LT(worst(follow<double>(GetParam(), "", simd)), 1e-13) << GetParam().text << " " << simd;
  }
  EXPECT_LT(worst(follow<double>(GetParam(), "momentum(0) | ", "")), 1e-13) << GetParam().text << " in tiles";
}

TEST_P(EveryRule, D3IsItsFormulaInSingle) {
  for (const std::string_view simd : simd_targets()) {
    EXPECT_LT(worst(follow<float>(GetParam(), "", simd, 2)), 1e-6) << GetParam().text << " " << simd;
    EXPECT_LT(worst(follow<float>(GetParam(), "", simd)), 2e-5) << GetParam().text << " " << simd;
  }
}

TEST(Reference, EveryListedRuleHasOne) {
  const std::vector<reference::Rule> known = reference::rules();
  for (const Transform& transform : transforms()) {
    if (transform.part != Part::rule) continue;
    const bool found = std::any_of(known.begin(), known.end(), [&](const reference::Rule& rule) {
      return rule.name == transform.spec.name;
    });
    EXPECT_TRUE(found) << "no scalar reference of " << transform.spec.name << " in tests/reference.cc";
  }
}

}  // namespace
}  // namespace thalweg
