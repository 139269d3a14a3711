#include "data/subset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "data/parts/parts.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

// 13 samples of three classes, in no order.
Dataset sorted_out() {
  Dataset data;
  data.text = "made up";
  data.sample = {1};
  data.classes = 3;
  data.train.assign(1, std::vector<float>(13));
  data.train.labels = {0, 1, 0, 2, 0, 1, 0, 1, 0, 2, 0, 1, 0};
  data.train.rows.resize(13);
  std::iota(data.train.rows.begin(), data.train.rows.end(), 0u);
  return data;
}

TEST(Folds, HoldOutEachSampleOnceAndEachClassByItsShare) {
  const Dataset data = sorted_out();
  std::vector<std::uint32_t> held;
  for (std::size_t fold = 0; fold < 3; ++fold) {
    const Dataset part = fold_of(data, fold, 3, 1);
    EXPECT_EQ(part.train.size() + part.test.size(), 13u);
    EXPECT_EQ(part.test.size(), fold == 0 ? 5u : 4u);
    for (const auto& [label, all] : {std::pair(0, 7), std::pair(1, 4), std::pair(2, 2)}) {
      const auto n = std::count(part.test.labels.begin(), part.test.labels.end(), label);
      EXPECT_TRUE(n == all / 3 || n == all / 3 + 1) << "class " << label << " of fold " << fold << ": " << n;
    }
    held.insert(held.end(), part.test.rows.begin(), part.test.rows.end());
  }
  std::sort(held.begin(), held.end());
  EXPECT_EQ(held, data.train.rows);
}

// As `--held-out 2/3` would, of data that are these alone; samples of no class are one more.
TEST(Folds, AreThoseOfTheParts) {
  Dataset data = sorted_out();
  data.train.labels[4] = data.train.labels[5] = kNoClass;
  std::vector<std::int32_t> labels = data.train.labels;
  labels[4] = labels[5] = 3;
  const std::vector<RowPart> parts = draw_parts("rows", labels, 4, 7, plan_of({.held_out = "2/3"}));
  EXPECT_EQ(fold_of(data, 1, 3, 7).test.rows, rows_of(parts, RowPart::test));
  EXPECT_EQ(fold_of(data, 1, 3, 7).train.rows, rows_of(parts, RowPart::train));
  EXPECT_EQ(validation_split(data, 7).train.size() + validation_split(data, 7).test.size(), 13u);
}

TEST(Folds, AreDrawnByTheSeed) {
  const Dataset data = sorted_out();
  EXPECT_EQ(fold_of(data, 0, 3, 1).test.rows, fold_of(data, 0, 3, 1).test.rows);
  EXPECT_NE(fold_of(data, 0, 3, 1).test.rows, fold_of(data, 0, 3, 2).test.rows);
  EXPECT_THROW(fold_of(data, 0, 14, 1), Error);
}

}  // namespace
}  // namespace thalweg
