#include "metrics/regression.h"

#include <gtest/gtest.h>

#include <cmath>

namespace thalweg {
namespace {

TEST(RegressionScore, IsTheShareOfTheVarianceThatIsExplained) {
  RegressionScore score(1, {});
  score.add(std::vector<float>{2.5f, 0.0f}, std::vector<float>{3.0f, -0.5f});
  score.add(std::vector<float>{2.0f, 8.0f}, std::vector<float>{2.0f, 7.0f});
  // SSE = 0.25 + 0.25 + 0 + 1 = 1.5; mean 2.875; SST = 0.015625 + 11.390625 + 0.765625 + 17.015625 = 29.1875
  EXPECT_NEAR(score.r2(), 1 - 1.5 / 29.1875, 1e-15);
  EXPECT_NEAR(score.mae(), 0.5, 1e-15);
  EXPECT_NEAR(score.rmse(), std::sqrt(1.5 / 4), 1e-15);
  EXPECT_NEAR(score.baseline(), std::sqrt(29.1875 / 4), 1e-15);
}

TEST(RegressionScore, ColumnsCountAlikeAndErrorsAreInUnitsOfTheSource) {
  const std::vector<Scaling> scaling = {{.offset = 5, .factor = 0.5}, {.offset = 0, .factor = 1}};
  RegressionScore score(2, scaling);
  score.add(std::vector<float>{0, 0, 1, 0}, std::vector<float>{0, 1, 2, -1});
  EXPECT_NEAR(score.r2(), ((1 - 1.0 / 2) + (1 - 2.0 / 2)) / 2, 1e-15);
  EXPECT_NEAR(score.mae(), (2 * 1.0 + 2.0) / 4, 1e-15);
  EXPECT_NEAR(score.rmse(), (2 * std::sqrt(1.0 / 2) + std::sqrt(2.0 / 2)) / 2, 1e-15);
}

// 5 counts as 2, -9 as -1, and NaN stays.
TEST(RegressionScore, PredictionsAreKeptWithinTheirRange) {
  const std::vector<Interval> range = {{-1, 2}};
  RegressionScore score(1, {}, range);
  score.add(std::vector<float>{5, -9, 0.5}, std::vector<float>{3, -1, 1});
  EXPECT_NEAR(score.mae(), (1 + 0 + 0.5) / 3, 1e-15);
  EXPECT_NEAR(score.rmse(), std::sqrt((1 + 0 + 0.25) / 3), 1e-15);
  EXPECT_NEAR(score.r2(), 1 - 1.25 / 8, 1e-15);  // of 3, -1, 1 about 1
  score.add(std::vector<float>{NAN}, std::vector<float>{1});
  EXPECT_TRUE(std::isnan(score.mae()));
}

TEST(RegressionScore, IsNothingWhereNothingVaries) {
  RegressionScore score(1, {});
  score.add(std::vector<float>{1, 2}, std::vector<float>{4, 4});
  EXPECT_TRUE(std::isnan(score.r2()));
  EXPECT_EQ(score.mae(), 2.5);
  EXPECT_NEAR(score.rmse(), std::sqrt(6.5), 1e-15);
  EXPECT_EQ(score.baseline(), 0);
}

TEST(RegressionScore, DoesNotLoseAFarMean) {
  RegressionScore score(1, {});
  for (int i = 0; i < 1000; ++i) {
    const float target = 1e6f + static_cast<float>(i % 2);
    score.add(std::vector<float>{1e6f + 0.5f}, std::vector<float>{target});
  }
  EXPECT_NEAR(score.r2(), 0, 1e-12);
}

}  // namespace
}  // namespace thalweg
