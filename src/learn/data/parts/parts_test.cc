#include "data/parts/parts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "data/test_csv.h"
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

using Labels = std::vector<std::int32_t>;

std::vector<RowPart> drawn(const Labels& labels, const std::string& held_out, const std::string& test = "0",
                           std::uint64_t seed = 1, bool own_test = false) {
  const auto classes = static_cast<std::size_t>(std::ranges::max(labels)) + 1;
  return draw_parts("t", labels, classes, seed, plan_of({held_out, test}), own_test);
}

// How many rows of a class are in a part.
std::size_t rows_in(const std::vector<RowPart>& parts, const Labels& labels, RowPart part,
                    std::int32_t label) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) n += parts[i] == part && labels[i] == label ? 1 : 0;
  return n;
}

std::string refusal(const std::string& held_out, const std::string& test, const Labels& labels,
                    bool own_test = false) {
  try {
    drawn(labels, held_out, test, 1, own_test);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::usage);
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown for " << held_out << " and " << test;
  return {};
}

TEST(RowParts, SizesHaveOneSpelling) {
  const auto spelled = [](const std::string& text) { return print_part_size(read_part_size(text, "x")); };
  for (const char* text : {"auto", "0", "0.2", "200", "1", "2/5"}) EXPECT_EQ(spelled(text), text);
  EXPECT_EQ(spelled("20%"), "0.2");
  EXPECT_EQ(spelled("0.0"), "0");
  EXPECT_EQ(spelled("1e2"), "100");
  for (const char* text :
       {"", "-1", "-0.1", "1.5", "100%", "2ep", "nan", "x", "0/5", "6/5", "1/1", "1/", "/2", "a/b"})
    EXPECT_THROW(read_part_size(text, "x"), Error) << text;
}

TEST(RowParts, WithoutATestPartTheHeldOutRowsReport) {
  const Labels labels = labels_of({70, 30});
  const std::vector<RowPart> parts = drawn(labels, "auto");
  const std::vector<bool> held_out = hold_out(labels, 2, 1);
  for (std::size_t i = 0; i < labels.size(); ++i)
    EXPECT_EQ(parts[i], held_out[i] ? RowPart::test : RowPart::train);
  EXPECT_EQ(drawn(labels, "0.2"), parts);
  EXPECT_EQ(drawn(labels, "20"), parts) << "of two classes, whose fifths are whole";
  EXPECT_EQ(drawn(labels, "0"), std::vector<RowPart>(100, RowPart::train));
}

TEST(RowParts, EveryClassGivesItsShare) {
  const Labels labels = labels_of({70, 30});
  const std::vector<RowPart> parts = drawn(labels, "0.3", "0.1");
  EXPECT_EQ(rows_in(parts, labels, RowPart::held_out, 0), 21u);
  EXPECT_EQ(rows_in(parts, labels, RowPart::held_out, 1), 9u);
  EXPECT_EQ(rows_in(parts, labels, RowPart::test, 0), 7u);
  EXPECT_EQ(rows_in(parts, labels, RowPart::test, 1), 3u);
  const std::vector<RowPart> counted = drawn(labels, "11", "9");
  EXPECT_EQ(rows_in(counted, labels, RowPart::held_out, 0), 8u) << "7.7 of 11";
  EXPECT_EQ(rows_in(counted, labels, RowPart::held_out, 1), 3u);
  EXPECT_EQ(rows_in(counted, labels, RowPart::test, 0), 6u) << "6.3 of 9";
  EXPECT_EQ(rows_in(counted, labels, RowPart::test, 1), 3u);
}

TEST(RowParts, ANumberOfRowsIsMetExactly) {
  const std::vector<std::vector<std::size_t>> tables = {repeated(60, 1), repeated(20, 3),
                                                        together({100}, repeated(40, 2)),
                                                        together(repeated(964, 1), {5, 3, 15})};
  for (const std::vector<std::size_t>& sizes : tables) {
    const Labels labels = labels_of(sizes);
    for (const std::size_t held : {1u, 7u, 20u}) {
      for (const std::size_t test : {1u, 13u, 31u}) {
        const std::vector<RowPart> parts = drawn(labels, std::to_string(held), std::to_string(test));
        EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(parts, RowPart::held_out)), held);
        EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(parts, RowPart::test)), test);
      }
    }
  }
}

TEST(RowParts, TheTestPartIsTheSameHoweverManyAreHeldOut) {
  const Labels labels = labels_of({70, 30, 4, 1});
  const std::vector<std::uint32_t> test = rows_of(drawn(labels, "0.2", "0.1"), RowPart::test);
  for (const char* held_out : {"auto", "0", "0.5", "17", "3/4"})
    EXPECT_EQ(rows_of(drawn(labels, held_out, "0.1"), RowPart::test), test) << held_out;
  EXPECT_NE(rows_of(drawn(labels, "0.2", "0.1", 2), RowPart::test), test) << "another seed";
  const Labels large = labels_of({70, 30});
  EXPECT_EQ(rows_of(drawn(large, "0.2", "0.1"), RowPart::held_out),
            rows_of(drawn(large, "0.2", "0"), RowPart::test))
      << "and what is held out is what it was";
}

TEST(RowParts, FoldsHoldEveryRowOnceAndAreAlike) {
  for (const std::vector<std::size_t>& sizes :
       std::vector<std::vector<std::size_t>>{{70, 30}, {7, 5, 3, 1, 1}, {23}}) {
    const Labels labels = labels_of(sizes);
    const std::vector<RowPart> test = drawn(labels, "0", "0.1");
    std::vector<int> held(labels.size());
    for (int fold = 1; fold <= 5; ++fold) {
      const std::vector<RowPart> parts = drawn(labels, std::to_string(fold) + "/5", "0.1");
      EXPECT_EQ(rows_of(parts, RowPart::test), rows_of(test, RowPart::test));
      const std::size_t rows = rows_of(parts, RowPart::held_out).size();
      const std::size_t all = labels.size() - rows_of(test, RowPart::test).size();
      EXPECT_TRUE(rows == all / 5 || rows == (all + 4) / 5) << rows << " of " << all;
      for (std::size_t label = 0; label < sizes.size(); ++label) {
        const auto of = static_cast<std::int32_t>(label);
        const std::size_t own = sizes[label] - rows_in(parts, labels, RowPart::test, of);
        const std::size_t in = rows_in(parts, labels, RowPart::held_out, of);
        EXPECT_TRUE(in == own / 5 || in == (own + 4) / 5) << in << " of " << own;
      }
      for (const std::uint32_t row : rows_of(parts, RowPart::held_out)) ++held[row];
    }
    for (std::size_t row = 0; row < labels.size(); ++row)
      EXPECT_EQ(held[row], test[row] == RowPart::test ? 0 : 1);
  }
}

TEST(RowParts, OfASourceWithATestPartOfItsOwnTheOthersAreDivided) {
  const Labels labels = labels_of({70, 30});
  EXPECT_EQ(drawn(labels, "auto", "0", 1, true), std::vector<RowPart>(100, RowPart::train));
  EXPECT_EQ(drawn(labels, "0", "0", 1, true), std::vector<RowPart>(100, RowPart::train));
  EXPECT_EQ(rows_of(drawn(labels, "0.2", "0", 1, true), RowPart::held_out),
            rows_of(drawn(labels, "0.2"), RowPart::test));
  EXPECT_FALSE(plan_of({"auto", "0"}).apart(true));
  EXPECT_TRUE(plan_of({"0", "0"}).apart(true));
  EXPECT_TRUE(plan_of({"0.2", "0"}).apart(true));
  EXPECT_FALSE(plan_of({"0.2", "0"}).apart(false));
  EXPECT_TRUE(plan_of({"0", "0.1"}).apart(false));
}

TEST(RowParts, ThatLeaveNothingAreRefused) {
  const auto has = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  const Labels labels = labels_of({6, 4});
  has(refusal("0.7", "0.3", labels), "held-out: nothing is left to train on; got 0.7 and --test 0.3");
  has(refusal("auto", "0.8", labels), "nothing is left to train on");
  has(refusal("10", "0", labels), "there are too few rows; got 10; want more than the 10");
  has(refusal("6", "4", labels), "there are too few rows");
  has(refusal("1/11", "0", labels), "there are too few rows; got 10; want one for each of 11 folds");
  has(refusal("0.6", "0.39", {0}), "no row is left to train on");
  has(refusal("0.2", "0.1", labels, true), "t: it has a test part of its own; got --test 0.1");
  has(refusal("0.2", "auto", labels), "test: not a part of the rows");
  has(refusal("0.2", "1/2", labels), "test: not a part of the rows");
}

class PartsOfTables : public CsvFiles {};

TEST_F(PartsOfTables, AreEncodedByTheTrainingPartAlone) {
  std::string rows = "x,t\n";
  for (int i = 0; i < 40; ++i) rows += std::to_string(i * i) + "," + std::to_string(i) + "\n";
  folder_.write("all.csv", rows);
  folder_.write("test.csv", "x,t\n5,1\n6,2\n7,3\n");
  const Dataset three = load_dataset(source("all.csv", ", task=regress"), 1, {}, {"0.25", "0.1"});
  EXPECT_TRUE(three.apart);
  EXPECT_EQ(three.train.size(), 26u);
  EXPECT_EQ(three.held_out.size(), 10u);
  EXPECT_EQ(three.test.size(), 4u);
  EXPECT_EQ(&three.choosing(), &three.held_out);
  const auto mean_of = [](const Samples& samples) {
    std::vector<std::uint32_t> all(samples.size());
    std::iota(all.begin(), all.end(), 0u);
    std::vector<float> inputs(samples.size());
    samples.gather(all, inputs);
    return std::accumulate(inputs.begin(), inputs.end(), 0.0) / static_cast<double>(inputs.size());
  };
  EXPECT_NEAR(mean_of(three.train), 0, 1e-6);
  EXPECT_GT(std::abs(mean_of(three.held_out)), 1e-3);
  const Dataset own =
      load_dataset(source("all.csv", ", task=regress, test=" + (folder_.path() / "test.csv").string()), 1, {},
                   {"10", "0"});
  EXPECT_EQ(own.train.size(), 30u);
  EXPECT_EQ(own.held_out.size(), 10u);
  EXPECT_EQ(own.test.size(), 3u);
  EXPECT_NEAR(mean_of(own.train), 0, 1e-6);
  EXPECT_TRUE(told(own.notes, "parts: 30 rows to train on, 10 held out to choose by, 3 to test by"));
  const Dataset again = load_dataset(own.full_text, 1, own.encoding, {"10", "0"});
  EXPECT_EQ(again.held_out.rows, own.held_out.rows) << "as after a resume";
}

TEST_F(PartsOfTables, AllRowsMayBeTrainedOn) {
  folder_.write("all.csv", "x,t\n1,a\n2,b\n3,a\n4,b\n5,a\n6,b\n");
  const Dataset all = load_dataset(source("all.csv"), 1, {}, {"0", "0"});
  EXPECT_EQ(all.train.size(), 6u);
  EXPECT_EQ(all.test.size(), 0u);
  EXPECT_FALSE(all.apart);
}

TEST(PartsOfStreams, AreDrawnWhereSomebodyAsks) {
  EXPECT_EQ(load_dataset("drift(50, rows=100)", 1).train.size(), 100u);
  const Dataset data = load_dataset("drift(50, rows=100)", 1, {}, {"0.2", "7"});
  EXPECT_EQ(data.train.size(), 73u);
  EXPECT_EQ(data.held_out.size(), 20u);
  EXPECT_EQ(data.test.size(), 7u);
  EXPECT_TRUE(std::ranges::is_sorted(data.train.rows)) << "in the order of the stream";
}

}  // namespace
}  // namespace thalweg
