#include "data/subset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

// Labels of classes of these sizes, one class after the other.
std::vector<std::int32_t> labels_of(const std::vector<std::size_t>& sizes) {
  std::vector<std::int32_t> labels;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    labels.insert(labels.end(), sizes[i], static_cast<std::int32_t>(i));
  return labels;
}

std::size_t held(const std::vector<std::size_t>& sizes, std::uint64_t seed = 1) {
  const std::vector<bool> out = hold_out(labels_of(sizes), sizes.size(), seed);
  return static_cast<std::size_t>(std::count(out.begin(), out.end(), true));
}

std::vector<std::size_t> repeated(std::size_t n, std::size_t size) {
  return std::vector<std::size_t>(n, size);
}

std::vector<std::size_t> together(std::vector<std::size_t> a, const std::vector<std::size_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(HoldOut, AFifthIsHeldOutHoweverSmallTheClassesAre) {
  EXPECT_EQ(held(together(repeated(40, 1), repeated(10, 2))), 12u);  // 60 rows of 50 classes
  EXPECT_EQ(held(together(repeated(964, 1), {5, 3, 15})), 197u);     // 987 rows
  EXPECT_EQ(held(repeated(30, 2)), 12u);
  EXPECT_EQ(held(repeated(20, 3)), 12u);  // a third of each would be 20
  EXPECT_EQ(held(repeated(20, 4)), 16u);
  EXPECT_EQ(held(repeated(5, 1)), 1u);
  EXPECT_EQ(held(together(repeated(50, 1), {100})), 30u);
  EXPECT_EQ(held(together({100}, repeated(10, 1))), 22u);
  EXPECT_EQ(held(together({100}, repeated(4, 2))), 22u);
  std::vector<std::size_t> zipf;
  for (int k = 1; k <= 150; ++k) zipf.push_back(static_cast<std::size_t>(200 / std::pow(k, 1.1)) + 1);
  EXPECT_EQ(held(zipf), 196u);  // of 978 rows
  for (std::size_t n = 5; n < 200; ++n) EXPECT_EQ(held(repeated(n, 1)), (2 * n + 5) / 10) << n;
}

TEST(HoldOut, ThePooledRowsAreDrawnByTheSeed) {
  const std::vector<std::int32_t> labels = labels_of(repeated(60, 1));
  EXPECT_EQ(hold_out(labels, 60, 3), hold_out(labels, 60, 3));
  EXPECT_NE(hold_out(labels, 60, 3), hold_out(labels, 60, 4));
  const std::vector<bool> out = hold_out(labels, 60, 3);
  EXPECT_NE(std::find(out.begin(), out.begin() + 30, true), out.begin() + 30);
  EXPECT_NE(std::find(out.begin() + 30, out.end(), true), out.end());
}

// What was a fifth of each class, rounded half up, before classes were pooled.
TEST(HoldOut, TablesThatHadTheirFifthKeepTheirSplit) {
  for (const std::vector<std::size_t>& sizes :
       std::vector<std::vector<std::size_t>>{{70, 30},
                                             {50, 50, 50},
                                             {52, 52, 52, 1},
                                             {3, 3},
                                             {8, 8, 8},
                                             {1000, 2, 1},
                                             {5},
                                             {1},
                                             {2},
                                             {178, 182, 177, 183, 181, 182, 181, 179, 174, 180}}) {
    const std::vector<bool> out = hold_out(labels_of(sizes), sizes.size(), 7);
    std::size_t first = 0;
    for (std::size_t label = 0; label < sizes.size(); ++label) {
      const std::vector<std::uint32_t> order = Random(7, Purpose::split, label).permutation(sizes[label]);
      const std::size_t share = (2 * sizes[label] + 5) / 10;
      for (std::size_t i = 0; i < sizes[label]; ++i) EXPECT_EQ(out[first + order[i]], i < share) << label;
      first += sizes[label];
    }
  }
}

TEST(HoldOut, LargeClassesKeepTheirSplitBesideSmallOnes) {
  const std::vector<bool> alone = hold_out(labels_of({100}), 1, 5);
  const std::vector<bool> beside = hold_out(labels_of(together({100}, repeated(50, 1))), 51, 5);
  EXPECT_TRUE(std::equal(alone.begin(), alone.end(), beside.begin()));
}

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

TEST(Folds, AreDrawnByTheSeed) {
  const Dataset data = sorted_out();
  EXPECT_EQ(fold_of(data, 0, 3, 1).test.rows, fold_of(data, 0, 3, 1).test.rows);
  EXPECT_NE(fold_of(data, 0, 3, 1).test.rows, fold_of(data, 0, 3, 2).test.rows);
  EXPECT_THROW(fold_of(data, 0, 14, 1), Error);
}

}  // namespace
}  // namespace thalweg
