#include "choice/outliers.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "choice/test_data.h"

namespace thalweg {
namespace {

Dataset targets(std::vector<double> values, std::size_t columns = 1) {
  Dataset data = data_of(values.size() / columns, 0, columns);
  data.train.values = std::move(values);
  return data;
}

// Median 0, distances 1, 2, 3, 1, 2, 3, 0, 60 and one more 60: their median is 2, and five deviations
// are 14.8.
TEST(Outliers, AreCountedFromTheMedianAndHoldTheSquares) {
  const Dataset data = targets({-1, -2, -3, 1, 2, 3, 0, 60, -60});
  const std::optional<Outliers> found = outliers_of(data);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->values, 2u);
  EXPECT_EQ(found->of, 9u);
  EXPECT_NEAR(found->share, 7200.0 / 7228, 1e-12);
  EXPECT_EQ(found->text(data),
            "target: 2 of 9 targets lie more than 5 robust deviations from the median and hold 100 % of the "
            "squares");
}

TEST(Outliers, OfUpToHalfOfTheSquaresAreNone) {
  // Median 0, median distance 1: 8 is beyond 7.4, and its 64 are beside the 65 of the others.
  std::vector<double> values(66, 1);
  std::fill_n(values.begin(), 33, -1);
  values[33] = 0;
  values.push_back(8);
  EXPECT_FALSE(outliers_of(targets(values)));
  values.back() = 9;
  ASSERT_TRUE(outliers_of(targets(values)));
  EXPECT_EQ(outliers_of(targets(values))->values, 1u);
  EXPECT_NEAR(outliers_of(targets(values))->share, 81.0 / 146, 1e-12);
}

TEST(Outliers, NothingIsSaidWhereMostAreEqualOrThereAreClasses) {
  EXPECT_FALSE(outliers_of(targets({0, 0, 0, 0, 100})));
  EXPECT_FALSE(outliers_of(targets({})));
  EXPECT_FALSE(outliers_of(data_of(9, 3, 0)));
}

TEST(Outliers, TheWorstColumnIsNamed) {
  Dataset data = targets({}, 2);
  const double first[] = {-1, -2, -3, 1, 2, 3, 0, 60, -60}, second[] = {-1, -2, -3, 1, 2, 3, 0, 900, -900};
  for (std::size_t i = 0; i < 9; ++i)
    data.train.values.insert(data.train.values.end(), {first[i], second[i]});
  data.target_names = {"rent", "price"};
  ASSERT_TRUE(outliers_of(data));
  EXPECT_EQ(outliers_of(data)->column, 1u);
  EXPECT_TRUE(outliers_of(data)->text(data).starts_with("price: 2 of 9"));
}

}  // namespace
}  // namespace thalweg
