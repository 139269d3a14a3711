#include "data/csv_header.h"

#include <gtest/gtest.h>

#include "data/test_csv.h"

namespace thalweg {
namespace {

using Floats = std::vector<float>;
using Words = std::vector<std::string>;

std::string rows(int n, const Words& each) {
  std::string out;
  for (int i = 0; i < n; ++i) out += each[static_cast<std::size_t>(i) % each.size()] + "\n";
  return out;
}

class CsvHeader : public CsvFiles {
 protected:
  std::string refusal(const Dataset& trained, const std::string& bytes) const {
    return error_of(Code::data, [&] { later(trained, bytes); });
  }
  static std::size_t count(const Dataset& data) { return data.train.size() + data.test.size(); }
};

TEST_F(CsvHeader, UnnamedTrainingNeverTakesARowForTheHeader) {
  const Dataset words = train(rows(20, {"oak,tall", "ash,low"}));
  EXPECT_EQ(words.target_names, Words{"c1"});
  EXPECT_EQ(later(words, "oak,tall\nash,low\n").test.size(), 2u);
  EXPECT_EQ(later(words, "oak\nash\n").test.size(), 2u);
  EXPECT_EQ(later(words, "yew,huge\n").test.size(), 1u);
  EXPECT_EQ(later(words, "tree,size\nash,low\n", ", header=yes").test.size(), 1u);
  const Dataset numbers = train(rows(20, {"1.5,2,a", "2.5,1,b"}));
  EXPECT_TRUE(has(refusal(numbers, "x,y,t\n1.5,2,a\n"), "new.csv:1:1: `c0` has a cell that is not a number"));
}

TEST_F(CsvHeader, NamedTrainingKnowsItsNames) {
  const Dataset trained = train("tree,size\n" + rows(20, {"oak,tall", "ash,low"}));
  EXPECT_EQ(trained.feature_names, (Words{"tree=ash", "tree=oak"}));
  EXPECT_EQ(later(trained, "tree,size\noak,tall\n").test.size(), 1u);
  EXPECT_EQ(later(trained, "tree\noak\n").test.size(), 1u);
  EXPECT_EQ(later(trained, "tree,size\noak,tall\noak,tall\n").test.size(), 2u);
  const Dataset permuted = later(trained, "size,tree\ntall,oak\nlow,ash\n");
  EXPECT_EQ(inputs_of(permuted.test), (Floats{0, 1, 1, 0}));
  EXPECT_EQ(permuted.test.labels, (std::vector<std::int32_t>{1, 0}));
  const Dataset bare = later(trained, "oak,tall\nash,low\n");
  EXPECT_EQ(inputs_of(bare.test), (Floats{0, 1, 1, 0}));
  EXPECT_TRUE(told(bare.notes, "does not hold the names of the training data")) << bare.notes[1];
  EXPECT_TRUE(has(refusal(trained, "tree,size\n"), "there are no rows"));
}

TEST_F(CsvHeader, AHeaderOfNumbersIsKnownAgain) {
  const std::string body = rows(20, {"1.5,2.5,3", "2.5,1.5,4", "0.5,1,5"});
  const Dataset trained = train("10,20,30\n" + body, ", header=yes, scale=none, task=regress");
  EXPECT_EQ(count(trained), 20u);
  EXPECT_EQ(inputs_of(later(trained, "10,20,30\n7,8,9\n").test), (Floats{7, 8}));
  EXPECT_EQ(inputs_of(later(trained, "30,20,10\n7,8,9\n").test), (Floats{9, 8}));
  EXPECT_EQ(inputs_of(later(trained, "7,8,9\n").test), (Floats{7, 8}));
}

TEST_F(CsvHeader, NamesThatComeTwiceAreKnownAgain) {
  const Dataset trained =
      train("a,a,,t\n" + rows(9, {"1.5,2,3,0.5", "2.5,4,7,1.5", "3.5,9,5,2.5"}), ", scale=none");
  EXPECT_EQ(trained.feature_names, (Words{"a", "a.1", "c2"}));
  EXPECT_EQ(inputs_of(later(trained, "a,a,,t\n7,8,9,0\n").test), (Floats{7, 8, 9}));
}

TEST_F(CsvHeader, AHeaderThatLacksAColumnIsTold) {
  const Dataset trained = train("x,y,t\n" + rows(9, {"1.5,2,0.5", "2.5,4,1.5", "3.5,9,2.5"}));
  EXPECT_TRUE(has(refusal(trained, "x,t\n1,2\n"), "want `y`"));
}

TEST_F(CsvHeader, AloneItLeavesNoRows) {
  folder_.write("train.csv", "tree,size\n");
  EXPECT_TRUE(has(error_of(Code::data, [&] { load_dataset(source("train.csv"), 1); }), "there are no rows"));
  EXPECT_EQ(count(train("oak,tall\n", ", header=no, categorical=0")), 1u);
  EXPECT_EQ(count(train("1.5,2.5\n")), 1u);
}

TEST_F(CsvHeader, NumbersThatCountUpAboveNumbersOfAnotherFormNameColumns) {
  const Dataset data = train("0,1,kind\n" + rows(18, {"1.5,2,a", "2.5,3,b"}));
  EXPECT_EQ(count(data), 18u);
  EXPECT_EQ(data.class_names, (Words{"a", "b"}));
  EXPECT_EQ(data.feature_names, (Words{"0", "1"}));
  EXPECT_TRUE(told(data.notes, "header=no if it is a row"));
  EXPECT_EQ(count(train("0,1,2\n" + rows(18, {"1.5,2.5,0.5", "2.5,0.25,7.5"}))), 18u);
  EXPECT_EQ(count(train("0,1,kind\n" + rows(18, {"1.5,2,a", "2.5,3,b"}), ", header=no")), 19u);
}

TEST_F(CsvHeader, YearsAboveOtherNumbersNameColumns) {
  std::string body;
  for (int i = 0; i < 18; ++i)
    body += "town" + std::to_string(i) + "," + std::to_string(300 + i) + ",310,320.5\n";
  const Dataset data = train("town,1990,2000,2010\n" + body, ", ignore=0");
  EXPECT_EQ(count(data), 18u);
  EXPECT_EQ(data.feature_names, (Words{"1990", "2000"}));
  EXPECT_TRUE(told(data.notes, "its numbers are years and those below are not"));
}

TEST_F(CsvHeader, WholeNumbersAboveOthersWithWordsOfTheirOwnNameColumns) {
  const Dataset data = train("150,4,setosa,virginica\n" + rows(20, {"5.1,3.5,1.4,0", "4.9,3.0,1.3,1"}));
  EXPECT_EQ(count(data), 20u);
  EXPECT_EQ(data.class_names, (Words{"0", "1"}));
}

TEST_F(CsvHeader, ADoubtfulFirstRecordIsARowAndTold) {
  const Dataset data = train("7,3\n" + rows(18, {"1.5,2.5", "2.5,0.25"}));
  EXPECT_EQ(count(data), 19u);
  EXPECT_TRUE(told(data.notes, "header=yes if it names the columns"));
  const Dataset counted = train("1,2,label\n" + rows(18, {"7,2,a", "3,5,b", "5,9,a"}));
  EXPECT_TRUE(told(counted.notes, "its numbers count up and those below do not; header=yes"));
  const Dataset years = train("city,1990,2000\n" + rows(18, {"A,1200,1950", "B,4100,5000", "C,7000,9000"}));
  EXPECT_EQ(count(years), 19u);
  EXPECT_TRUE(told(years.notes, "its numbers are years and few of those below are; header=yes"));
  const Dataset words = train(rows(18, {"oak,tall", "ash,low"}));
  EXPECT_TRUE(told(words.notes, "`oak` comes again in its column; header=yes"));
}

TEST_F(CsvHeader, OrdinaryTablesAreReadAsBefore) {
  EXPECT_EQ(count(train(rows(18, {"1,2,a", "3,4,b", "5,6,a"}))), 18u);
  EXPECT_EQ(count(train("1,2.5,a\n" + rows(17, {"3.5,4.5,b", "5,6.5,a"}))), 18u);
  EXPECT_EQ(count(train("2001,5\n" + rows(17, {"2002,6", "2003,7"}))), 18u);
  EXPECT_EQ(count(train("a,1,2\n" + rows(17, {"a,3,4", "b,5,6"}))), 18u);
  for (const std::string& note : train(rows(18, {"1,2,a", "3,4,b", "5,6,a"})).notes) {
    EXPECT_FALSE(has(note, "first record")) << note;
  }
}

TEST_F(CsvHeader, TheWayTrainingReadATextStands) {
  const std::string options = ", skip=1, delimiter=semicolon, missing=\"-9\", scale=none";
  const Dataset trained =
      train("a title\nx;y;t\n" + rows(12, {"b;3;0.5", "a;3;1.5", "a;-9;2.5"}), options + ", categorical=x");
  EXPECT_TRUE(has(trained.encoding, R"("text": {"delimiter": ";", "skip": 1, "missing": ["-9"]})"))
      << trained.encoding;
  const Dataset all = later(trained, "a title\nx;y;t\na;-9;1\n");
  EXPECT_EQ(inputs_of(all.test).back(), 3);  // the mean
  EXPECT_TRUE(told(all.notes, "delimiter semicolon (as in training), header yes (as in training)"));
  EXPECT_EQ(later(trained, "x;y;t\na;-9;1\n").test.size(), 1u);  // this one has no title
  EXPECT_EQ(later(trained, "x|y|t\na|7|1\n", ", delimiter=bar").test.size(), 1u);
  EXPECT_TRUE(has(refusal(trained, "x,y,t\na,7,1\n"), "by delimiter semicolon"));
}

TEST_F(CsvHeader, EncodingsThatSayNothingOfTheTextLoad) {
  Dataset trained = train("x,y,t\n" + rows(9, {"1.5,2,0.5", "2.5,4,1.5", "3.5,9,2.5"}), ", scale=none");
  const std::string text = R"("text": {"delimiter": ",", "skip": 0, "missing": []}, )";
  const std::size_t at = trained.encoding.find(text);
  ASSERT_NE(at, std::string::npos) << trained.encoding;
  trained.encoding.erase(at, text.size());
  EXPECT_EQ(inputs_of(later(trained, "y;x;t\n7;8;9\n").test), (Floats{8, 7}));
}

}  // namespace
}  // namespace thalweg
