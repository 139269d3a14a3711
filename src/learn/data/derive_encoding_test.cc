// What numbers become in training: their mean and deviation, in every range of double.
#include <fmt/core.h>

#include <cmath>

#include "data/encoding.h"
#include "data/test_csv.h"

namespace thalweg {
namespace {

class Standardising : public CsvFiles {
 protected:
  // Trains on all rows of a column x with the targets 0.5, 1.5, ...
  Dataset column(const std::vector<std::string>& numbers, const std::string& options = "") const {
    return of(numbers, options, [](std::size_t row) { return fmt::format("{}.5", row); });
  }
  template <class Target>
  Dataset of(const std::vector<std::string>& numbers, const std::string& options,
             const Target& target) const {
    std::string bytes = "x,t\n";
    for (std::size_t row = 0; row < numbers.size(); ++row) bytes += numbers[row] + "," + target(row) + "\n";
    folder_.write("held.csv", bytes);
    return train(bytes,
                 ", numeric=x, task=regress, test=" + (folder_.path() / "held.csv").string() + options);
  }
  static ColumnEncoding encoding_of(const Dataset& data) {
    return read_table_encoding(data.encoding).columns.at(0);
  }
};

// numpy: (x - x.mean()) / x.std() of 1 .. 6.
constexpr double kOneToSix[] = {-1.4638501094227998, -0.8783100656536799, -0.29277002188455997,
                                0.29277002188455997, 0.8783100656536799,  1.4638501094227998};

TEST_F(Standardising, IsTheSameInEveryUnit) {
  for (const char* const unit :
       {"", "e-171", "e-200", "e-307", "e-310", "e9", "e154", "e200", "e300", "e307"}) {
    std::vector<std::string> numbers;
    for (int i = 1; i <= 6; ++i) numbers.push_back(std::to_string(i) + unit);
    const Dataset data = column(numbers);
    const std::vector<float> inputs = inputs_of(data.train);
    for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(inputs.at(i), kOneToSix[i], 1e-6) << unit;
    const Dataset targets = of(numbers, "", [&](std::size_t row) { return numbers[row]; });
    if (std::string(unit) == "e-310") continue;  // 1 / its deviation is beyond a double
    for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(targets.train.values.at(i), kOneToSix[i], 1e-12) << unit;
  }
}

TEST_F(Standardising, TargetsBelowTheRangeOfTheirReciprocalsStayApartAndComeBack) {
  std::vector<std::string> numbers;
  for (int i = 1; i <= 6; ++i) numbers.push_back(std::to_string(i) + "e-310");
  const Dataset data = of(numbers, "", [&](std::size_t row) { return numbers[row]; });
  const Scaling& scaling = data.target_scaling.at(0);
  ASSERT_TRUE(std::isfinite(scaling.factor));
  for (std::size_t i = 0; i < 6; ++i) {
    const double back = data.train.values.at(i) / scaling.factor + scaling.offset;
    EXPECT_NEAR(back / 1e-310, static_cast<double>(i) + 1, 1e-9);
  }
}

// The differences alone are beyond a double. numpy, of the numbers / 1e308: mean 0, deviation 1.7.
TEST_F(Standardising, ReachesOverTheWholeRangeOfDouble) {
  const std::vector<std::string> numbers = {"1.7e308", "-1.7e308", "1.7e308", "-1.7e308"};
  const Dataset data = of(numbers, "", [&](std::size_t row) { return numbers[row]; });
  EXPECT_EQ(inputs_of(data.train), (std::vector<float>{1, -1, 1, -1}));
  EXPECT_LT(std::fabs(encoding_of(data).mean), 1e293);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(data.train.values.at(i), i % 2 == 0 ? 1 : -1, 1e-12);
}

TEST_F(Standardising, FarNumbersKeepTheirDigits) {
  std::vector<std::string> numbers;
  for (int i = 0; i < 100; ++i) numbers.push_back(fmt::format("170000000{}.{}", i / 10, i % 10));
  const std::vector<float> inputs = inputs_of(column(numbers).train);
  for (int i = 0; i < 100; ++i) {  // i has mean 49.5 and variance (100^2 - 1) / 12
    EXPECT_NEAR(inputs.at(static_cast<std::size_t>(i)), (i - 49.5) / std::sqrt(9999.0 / 12), 2e-6);
  }
}

// scikit-learn's StandardScaler has scale_ 1 for each of these.
TEST_F(Standardising, WhatDiffersByRoundingAloneKeepsItsUnit) {
  const std::pair<const char*, const char*> pairs[] = {{"0.3", "0.30000000000000004"},
                                                       {"1e9", "1000000000.0000001"},
                                                       {"-7e-200", "-7.000000000000001e-200"},
                                                       {"5", "5"}};
  for (const auto& [one, other] : pairs) {
    std::vector<std::string> numbers;
    for (int i = 0; i < 20; ++i) numbers.push_back(i % 2 == 0 ? one : other);
    const Dataset data = column(numbers);
    EXPECT_EQ(encoding_of(data).scale, 1) << one;
    const Dataset targets = of(numbers, "", [&](std::size_t row) { return numbers[row]; });
    EXPECT_EQ(targets.target_scaling.at(0).factor, 1) << one;
  }
  std::vector<std::string> numbers;
  for (int i = 0; i < 20; ++i) numbers.push_back(i % 2 == 0 ? "0.3" : "0.30000000000000004");
  EXPECT_NEAR(inputs_of(later(column(numbers), "x\n0.31\n").test).at(0), 0.01, 1e-9);
}

TEST_F(Standardising, RoundingBeyondAFloatIsNothingToo) {
  const Dataset data = column({"3e200", "3.000000000000001e200", "3e200", "3.000000000000001e200"});
  for (const float input : inputs_of(data.train)) EXPECT_NEAR(input, 0, 1e-15);
  EXPECT_NEAR(inputs_of(later(data, "x\n3.3e200\n").test).at(0), 0.1, 1e-6);
}

TEST_F(Standardising, SmallDifferencesOfManyRowsAreNoRounding) {
  std::vector<std::string> numbers;
  for (int i = 0; i < 20000; ++i) numbers.push_back(i % 2 == 0 ? "1000000" : "1000000.000002");
  EXPECT_NEAR(encoding_of(column(numbers)).scale, 1e-6, 1e-9);  // a spacing of doubles is 1.2e-10 there
}

TEST_F(Standardising, WithoutItWhatAFloatBlursIsNoted) {
  const auto notes = [&](const std::string& first, const std::string& second, const char* options) {
    return column({first, second, first, second, first, second}, options).notes;
  };
  const char* const none = ", scale=none";
  const char* const words = "x: its numbers lie so close together that a float hardly tells them apart";
  EXPECT_TRUE(told(notes("1700000000.1", "1700000000.2", none), words));
  EXPECT_TRUE(told(notes("1e-171", "6e-171", none), words));
  EXPECT_TRUE(told(notes("1e-171", "6e-171", none), "scale=standard"));
  EXPECT_FALSE(told(notes("1e-171", "6e-171", ""), words));
  EXPECT_FALSE(told(notes("1700000000.1", "1700000000.1", none), words));
  EXPECT_FALSE(told(notes("16777210", "16777211", none), words));
  EXPECT_FALSE(told(notes("0.1", "0.2", none), words));
}

TEST_F(Standardising, NumbersBeyondAFloatAreRefusedWithAWayOut) {
  const auto refusal = [&](const std::string& number, const char* options) {
    return error_of(Code::data, [&] { column({number, "1", "2", "3"}, options); });
  };
  EXPECT_TRUE(has(refusal("1e300", ", scale=none"), "train with scale=standard"));
  const Dataset data = column({"1", "2", "3", "4"});
  const std::string later_input = error_of(Code::data, [&] { later(data, "x\n1e300\n"); });
  EXPECT_TRUE(has(later_input, "unit of the training data")) << later_input;
  EXPECT_FALSE(has(later_input, "scale=")) << later_input;
  folder_.write("far.csv", "x,t\n1,1e300\n");
  const std::string far = error_of(Code::data, [&] { load_dataset(source("far.csv"), 1, data.encoding); });
  EXPECT_TRUE(has(far, "far.csv:2: the target is too far from those of the training data; got 1e300")) << far;
}

TEST_F(Standardising, TargetsAreScaledAndKeptInDouble) {
  const Dataset data = of({"1", "2", "3", "4"}, "", [](std::size_t row) { return fmt::format("0.{}", row); });
  const Dataset far = later(data, "x,t\n1,10000000.125\n2,10000000.25\n");
  const Scaling& scaling = data.target_scaling.at(0);
  EXPECT_NEAR(far.test.values.at(0) / scaling.factor + scaling.offset, 10000000.125, 1e-8);
  EXPECT_NEAR((far.test.values.at(1) - far.test.values.at(0)) / scaling.factor, 0.125, 1e-8);
}

// 1, 2, 3, 5 have mean 2.75 and deviation sqrt(2.1875); with half of their range from -1 to 7.
TEST_F(CsvFiles, PredictionsStayWithinTheRangeOfTrainingAndHalfOfIt) {
  folder_.write("far.csv", "x,t\n1,1000\n");
  const std::string rows = "x,t\n0.5,1\n1.5,5\n2.5,3\n3.5,2\n";
  const std::string options = ", task=regress, test=" + (folder_.path() / "far.csv").string();
  const Dataset data = train(rows, options);
  ASSERT_EQ(data.target_range.size(), 1u);
  EXPECT_NEAR(data.target_range[0].least, (-1 - 2.75) / std::sqrt(2.1875), 1e-12);
  EXPECT_NEAR(data.target_range[0].most, (7 - 2.75) / std::sqrt(2.1875), 1e-12);
  EXPECT_TRUE(told(data.notes, "predictions: t from -1 to 7; clamp=false sets them free"));
  EXPECT_EQ(later(data, "x,t\n1,2\n").target_range, data.target_range);
  for (const char* const free : {", clamp=false", ", target_scale=none"}) {
    const Dataset other = train(rows, options + free);
    EXPECT_TRUE(other.target_range.empty()) << free;
    EXPECT_FALSE(told(other.notes, "predictions:")) << free;
  }
  const Dataset classes = train("x,t\n0.5,a\n1.5,b\n2.5,a\n3.5,b\n4.5,a\n5.5,b\n6.5,a\n7.5,b\n");
  EXPECT_TRUE(classes.target_range.empty());
  EXPECT_FALSE(told(classes.notes, "predictions:"));
}

TEST_F(CsvFiles, TheRangeOfTheWholeRangeOfDoubleIsOne) {
  const Dataset data = train("x,t\n1,1.7e308\n2,-1.7e308\n3,1.7e308\n4,-1.7e308\n",
                             ", task=regress, test=" + (folder_.path() / "train.csv").string());
  EXPECT_NEAR(data.target_range.at(0).least, -2, 1e-12);
  EXPECT_NEAR(data.target_range.at(0).most, 2, 1e-12);
}

TEST_F(CsvFiles, OneClassIsNoted) {
  std::string bytes = "x,t\n";
  for (int i = 0; i < 20; ++i) bytes += fmt::format("{},yes\n", i);
  EXPECT_TRUE(told(train(bytes).notes, "t: there is one class, `yes`"));
  EXPECT_FALSE(told(train(bytes + "3,no\n4,no\n").notes, "there is one class"));
}

}  // namespace
}  // namespace thalweg
