#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "data/encoding.h"
#include "data/parts/parts.h"

namespace thalweg {
namespace {

constexpr std::array<std::size_t, 10> kOfClass = {178, 182, 177, 183, 181, 182, 181, 179, 174, 180};

std::array<std::size_t, 10> count_classes(const Samples& samples) {
  std::array<std::size_t, 10> counts{};
  for (const std::int32_t label : samples.labels) ++counts.at(static_cast<std::size_t>(label));
  return counts;
}

TEST(Digits, HasTheKnownShape) {
  const Dataset data = load_dataset("digits", 1);
  EXPECT_EQ(data.text, "digits");
  EXPECT_EQ(data.sample, Shape{64});
  EXPECT_EQ(data.classes, 10u);
  EXPECT_EQ(data.columns, 0u);
  ASSERT_EQ(data.class_names.size(), 10u);
  EXPECT_EQ(data.class_names[9], "9");
  EXPECT_EQ(read_scaling(data.encoding), (Scaling{0, 0.0625}));
  EXPECT_EQ(data.train.size() + data.test.size(), 1797u);
  EXPECT_EQ(data.train.features(), 64u);
  EXPECT_EQ(data.train.labels.size(), data.train.size());
  EXPECT_EQ(data.test.rows.size(), data.test.size());
  EXPECT_TRUE(data.train.values.empty());
}

TEST(Digits, AFifthOfEachClassIsHeldOut) {
  const Dataset data = load_dataset("digits", 7);
  const std::array<std::size_t, 10> train = count_classes(data.train);
  const std::array<std::size_t, 10> test = count_classes(data.test);
  // 35.6 36.4 35.4 36.6 36.2 36.4 36.2 35.8 34.8 36.0
  EXPECT_EQ(test, (std::array<std::size_t, 10>{36, 36, 35, 37, 36, 36, 36, 36, 35, 36}));
  for (std::size_t label = 0; label < 10; ++label) EXPECT_EQ(train[label] + test[label], kOfClass[label]);
}

TEST(Digits, PartsAreDisjointCompleteAndInSourceOrder) {
  const Dataset data = load_dataset("digits", 3);
  EXPECT_TRUE(std::is_sorted(data.train.rows.begin(), data.train.rows.end()));
  EXPECT_TRUE(std::is_sorted(data.test.rows.begin(), data.test.rows.end()));
  std::set<std::uint32_t> rows(data.train.rows.begin(), data.train.rows.end());
  rows.insert(data.test.rows.begin(), data.test.rows.end());
  EXPECT_EQ(rows.size(), 1797u);
  EXPECT_EQ(*rows.rbegin(), 1796u);
}

TEST(Digits, SplitDependsOnTheSeedAlone) {
  EXPECT_EQ(load_dataset("digits", 1).test.rows, load_dataset(" digits() ", 1).test.rows);
  EXPECT_NE(load_dataset("digits", 1).test.rows, load_dataset("digits", 2).test.rows);
}

// The rows of the source, put together again from both parts.
std::vector<std::vector<float>> rows_in_order(const Dataset& data) {
  std::vector<std::vector<float>> all(data.train.size() + data.test.size(), std::vector<float>(64));
  for (const Samples* part : {&data.train, &data.test}) {
    for (std::uint32_t i = 0; i < part->size(); ++i) part->gather({&i, 1}, all[part->rows[i]]);
  }
  return all;
}

TEST(Digits, PixelsAreSixteenths) {
  const std::vector<std::vector<float>> rows = rows_in_order(load_dataset("digits", 4));
  const std::array<float, 16> zero = {0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0};
  for (std::size_t i = 0; i < zero.size(); ++i) EXPECT_EQ(rows[0][i], zero[i] / 16);
  const std::array<float, 8> one_ends = {0, 0, 0, 11, 16, 10, 0, 0};
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(rows[1][56 + i], one_ends[i] / 16);
  double sum = 0;
  for (const std::vector<float>& row : rows) {
    for (const float pixel : row) sum += pixel;
  }
  EXPECT_EQ(sum * 16, 561718);
}

TEST(Digits, LabelsFollowTheirRows) {
  const Dataset data = load_dataset("digits", 4);
  std::vector<std::int32_t> labels(1797);
  for (const Samples* part : {&data.train, &data.test}) {
    for (std::size_t i = 0; i < part->size(); ++i) labels[part->rows[i]] = part->labels[i];
  }
  const std::vector<std::int32_t> first(labels.begin(), labels.begin() + 12);
  EXPECT_EQ(first, (std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1}));
  EXPECT_EQ(labels.back(), 8);
}

TEST(Digits, ScalingOfAnEarlierLoadIsApplied) {
  const Dataset data = load_dataset("digits", 4, print_encoding(Scaling{8, 0.5}));
  EXPECT_EQ(read_scaling(data.encoding), (Scaling{8, 0.5}));
  EXPECT_EQ(rows_in_order(data)[0][3], (13 - 8) * 0.5f);
}

TEST(Digits, AllRowsComeInFileOrder) {
  const Dataset data = load_all("digits", print_encoding(Scaling{0, 1}));
  EXPECT_EQ(data.train.size(), 0u);
  ASSERT_EQ(data.test.size(), 1797u);
  for (std::uint32_t i = 0; i < 1797; ++i) EXPECT_EQ(data.test.rows[i], i);
  EXPECT_EQ(data.test.labels[11], 1);
  EXPECT_EQ(rows_in_order(data)[0][3], 13);
}

TEST(HoldOut, SmallClassesRoundHalfUp) {
  for (std::size_t n = 0; n <= 12; ++n) {
    const std::vector<bool> held_out = hold_out(std::vector<std::int32_t>(n, 0), 1, 1);
    const std::size_t want = n < 3 ? 0 : n < 8 ? 1 : 2;  // 0.2 n: 2.5 would be at 12.5
    EXPECT_EQ(static_cast<std::size_t>(std::count(held_out.begin(), held_out.end(), true)), want) << n;
  }
}

}  // namespace
}  // namespace thalweg
