#include <gtest/gtest.h>

#include <vector>

#include "base/test_error.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

TEST(SetGradients, TheyMayLieElsewhereInEveryStep) {
  double value[3] = {1, 2, 3}, first[3] = {10, 20, 30}, second[3] = {40, 50, 60};
  Params params;
  for (int i = 0; i < 3; ++i) params.adopt("p" + std::to_string(i), {1}, value + i, first + i);
  Optimizer optimizer(params, Chain("lr(0.1)"));
  const auto step = [&](std::vector<void*> gradients) {
    params.set_gradients(gradients);
    optimizer.step();
    return std::vector<double>(value, value + 3);
  };
  EXPECT_EQ(step({second, first + 1, nullptr}), (std::vector<double>{-3, 0, 3}));  // 1 - 4, 2 - 2, absent
  EXPECT_TRUE(params[2].absent());
  EXPECT_EQ(step({second + 2, second + 1, second}), (std::vector<double>{-9, -5, -1}));
  const std::uint64_t changes = params.changes();
  EXPECT_EQ(step({second + 2, second + 1, second}), (std::vector<double>{-15, -10, -5}));
  EXPECT_EQ(params.changes(), changes);
}

TEST(SetGradients, OverlapsChangeNothing) {
  double value[2] = {}, grad[4] = {};
  Params params;
  params.adopt("a", {1}, value, grad);
  params.adopt("b", {1}, value + 1, grad + 1);
  params.add("own", {1}, Role::weight, Dtype::f64);
  void* const own = params[2].grad<double>().data();
  const auto error = [&](std::vector<void*> gradients) {
    return usage_error([&] { params.set_gradients(gradients); });
  };
  expect_contains(error({grad, grad, own}), "parameter `b`: its memory overlaps that of `a`");
  expect_contains(error({value, grad, own}), "its value and its gradient overlap");
  expect_contains(error({grad, value, own}), "parameter `b`: its memory overlaps that of `a`");
  expect_contains(error({grad + 2, grad + 3, grad}), "parameter `own`: its memory belongs to the library");
  expect_contains(error({grad, grad + 1}), "got 2; want 3");
  EXPECT_EQ(params[0].grad<double>().data(), grad);
  params.set_gradients(std::vector<void*>{grad + 2, nullptr, nullptr});
  EXPECT_EQ(params[0].grad<double>().data(), grad + 2);
  params.adopt("c", {1}, grad, grad + 1);  // free again
  EXPECT_TRUE(params[2].absent());
}

}  // namespace
}  // namespace thalweg
