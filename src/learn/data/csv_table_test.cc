#include "data/csv_table.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "data/test_csv.h"

namespace thalweg {
namespace {

using Floats = std::vector<float>;
using Labels = std::vector<std::int32_t>;
using Words = std::vector<std::string>;

class CsvTable : public CsvFiles {
 protected:
  Dataset all(const std::string& bytes, const std::string& options = "") const {
    folder_.write("train.csv", bytes);
    return load_all(source("train.csv", ", scale=none" + options), "");
  }
  std::string refusal(const std::string& bytes, const std::string& options = "") const {
    return error_of(Code::data, [&] { train(bytes, options); });
  }
};

// Labels

TEST_F(CsvTable, LabelsThatDifferAsTextsOrIntegersDiffer) {
  EXPECT_EQ(all("a,t\n1,007\n2,7\n4,70\n5,007\n6,7\n9,70\n").class_names, (Words{"007", "7", "70"}));
  EXPECT_EQ(all("a,t\n1,01\n2,02\n4,10\n5,01\n6,02\n9,10\n").class_names, (Words{"01", "02", "10"}));
  EXPECT_EQ(all("a,t\n1,9007199254740992\n3,9007199254740993\n4,9007199254740992\n9,9007199254740993\n")
                .class_names,
            (Words{"9007199254740992", "9007199254740993"}));
  EXPECT_EQ(all("a,t\n1,007\n2,7\n4,x\n", ", task=classify").class_names, (Words{"007", "7", "x"}));
  EXPECT_EQ(all("a,t\n1,007\n2,7\n4,70\n5,007\n", ", task=regress").classes, 0u);
  std::string many = "a,t\n";
  for (int i = 0; i < 60; ++i) many += "1.5,00" + std::to_string(i) + "\n";
  EXPECT_EQ(all(many).classes, 0u);  // sixty numbers in sixty rows are measurements
}

TEST_F(CsvTable, LabelsKeepTheirSpelling) {
  const Dataset data = train("a,t\n1,1.0\n2,0.0\n4,1.0\n5,0.0\n6,1.0\n9,0.0\n");
  EXPECT_EQ(data.class_names, (Words{"0.0", "1.0"}));
  EXPECT_EQ(later(data, "a,t\n1,1\n2,0\n3,1.0\n").test.labels, (Labels{1, 0, 1}));
  EXPECT_EQ(all("a,t\n1,10\n2,9\n3,-1\n4,9.0\n5,10\n6,-1\n").class_names, (Words{"-1", "9", "10"}));
}

TEST_F(CsvTable, CodesAreFoundAgainByTheirTexts) {
  const Dataset data = train("a,t\n1,007\n2,7\n4,70\n5,007\n6,7\n9,70\n", ", scale=none");
  EXPECT_EQ(later(data, "a,t\n1,7\n1,007\n1,70\n").test.labels, (Labels{1, 0, 2}));
  EXPECT_EQ(later(data, "a,t\n1,07\n1,7.0\n1,0070\n").test.labels, (Labels{kNoClass, kNoClass, kNoClass}));
}

TEST_F(CsvTable, LevelsThatAreNumbersMatchByValue) {
  const Dataset data = train("z,t\n0,0.5\n1,1.5\n0,2.5\n2,3.5\n1,4.5\n2,7.5\n",
                             ", categorical=z, test=" + (folder_.write("test.csv", "z,t\n1,0.5\n"),
                                                         (folder_.path() / "test.csv").string()));
  const Dataset same = later(data, "z,t\n0.0,1\n1.0,1\n2.00,1\n02,1\n+1,1\n");
  EXPECT_EQ(inputs_of(same.test), (Floats{1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0}));
  EXPECT_FALSE(told(same.notes, "no level"));
}

TEST_F(CsvTable, UnseenLevelsAreCountedAndTold) {
  const Dataset data = train("w,t\n" + std::string("a,0.5\nb,1.5\na,2.5\nb,3.5\na,4.5\nb,5.5\n"));
  const Dataset later_one = later(data, "w,t\na,1\nc,2\nd,3\n,4\n");
  EXPECT_TRUE(told(later_one.notes,
                   "new.csv: 2 of 4 cells of `w` are no level of the training data: they count as "
                   "none, such as `c`"));
}

TEST_F(CsvTable, AClassOfTheTestFileAloneIsCountedWrong) {
  folder_.write("test.csv", "a,t\n5,yes\n6,maybe\n");
  const Dataset data =
      train("a,t\n1,no\n2,yes\n3,no\n4,yes\n", ", test=" + (folder_.path() / "test.csv").string());
  EXPECT_EQ(data.test.labels, (Labels{1, kNoClass}));
  EXPECT_TRUE(told(data.notes,
                   "test.csv: 1 of 2 cells of `t` are no class of the training data (no, yes): counted "
                   "wrong, such as `maybe`"));
  folder_.write("new.csv", "a,t\n5,yes\n6,maybe\n7,no\n8,no\n9,yes\n10,maybe\n");
  const Dataset split = load_dataset(source("new.csv"), 1, data.encoding);
  EXPECT_EQ(split.train.size() + split.test.size(), 6u);
}

TEST_F(CsvTable, AWordIsNoClassAmongNumbers) {
  const Dataset data = train("a,t\n1,0\n2,1\n3,2\n4,0\n5,1\n6,2\n");
  const Dataset other = later(data, "a,t\n5,other\n6,1\n7,2.0\n");
  EXPECT_EQ(other.test.labels, (Labels{kNoClass, 1, 2}));
  EXPECT_TRUE(told(other.notes, "counted wrong, such as `other`"));
}

TEST_F(CsvTable, LabelsOfManyDigitsAreNotSaidToBeRounded) {
  const Dataset data =
      all("a,t\n1,9007199254740992\n3,9007199254740993\n4,9007199254740992\n9,9007199254740993\n");
  EXPECT_FALSE(told(data.notes, "rounded"));
}

// Row numbers

std::string numbered(const std::string& header, int from, int n) {
  std::string out = header;
  for (int i = 0; i < n; ++i) out += std::to_string(i + from) + "," + std::to_string((i * 7) % 5) + ".5,x\n";
  return out;
}

TEST_F(CsvTable, WordsThatComeWithoutATargetAloneAreNoInput) {
  expect_contains(refusal("a,,2\nb,c,\n"), "no input is left");
  expect_contains(refusal("a,b,t\nx,,2\n,y,\n,z,\n"), "no input is left");
}

TEST_F(CsvTable, RowNumbersAreNoInput) {
  for (const int from : {0, 1}) {
    for (const char* header : {",a,t\n", "Unnamed: 0,a,t\n", "Unnamed: 0.1,a,t\n", "id,a,t\n", "ID,a,t\n",
                               "rowid,a,t\n", "No.,a,t\n", "#,a,t\n", "obs,a,t\n", "sample_id,a,t\n",
                               "PassengerId,a,t\n", "Row Number,a,t\n", ""}) {
      const Dataset data = all(numbered(header, from, 20));
      EXPECT_EQ(data.feature_names.size(), 1u) << header;
      EXPECT_TRUE(told(data.notes, ": numbers the rows and is left out; numeric=")) << header;
    }
  }
  const Dataset data = train(numbered("id,a,t\n", 1, 20), ", scale=none");
  EXPECT_EQ(inputs_of(later(data, "id,a\n7,3\n").test), Floats{3});
  EXPECT_EQ(inputs_of(later(data, "a\n3\n").test), Floats{3});
  EXPECT_EQ(inputs_of(later(train(numbered("", 0, 20), ", scale=none"), "7,3,x\n").test), Floats{3});
}

TEST_F(CsvTable, RowNumbersCanBeKept) {
  EXPECT_EQ(all(numbered("", 0, 20), ", numeric=c0").feature_names, (Words{"c0", "c1"}));
  EXPECT_EQ(all(numbered(",a,t\n", 0, 20), ", numeric=c0").feature_names, (Words{"c0", "a"}));
  EXPECT_EQ(all("1,0.5\n2,7.5\n3,1.5\n4,2.5\n").feature_names, Words{"c0"});  // the only input
}

TEST_F(CsvTable, OtherCountsAreInputs) {
  for (const char* name : {"day", "level", "acid", "IQ", "\u5e74"}) {  // a measure by its name
    EXPECT_EQ(all(numbered(std::string(name) + ",a,t\n", 1, 20)).feature_names.size(), 2u) << name;
  }
  EXPECT_EQ(all(numbered("id,a,t\n", 100, 20)).feature_names.size(), 2u);  // they begin elsewhere
  EXPECT_EQ(all(numbered("id,a,t\n", 1, 20) + "20,0.5,x\n").feature_names.size(), 2u);
  EXPECT_EQ(all(numbered("id,a,t\n", 1, 20) + ",0.5,x\n").feature_names.size(), 2u);
}

// Missing values

TEST_F(CsvTable, WhatProgramsWriteForNothingIsMissingAmongNumbers) {
  for (const char* word :
       {"null", "NULL", "Null",   "None",     "none",  "na",       "Na",   "N/A",     "n/a",
        "\\N",  ".",    "-",      "--",       "#N/A",  "#N/A N/A", "#NA",  "#DIV/0!", "<NA>",
        "NaN",  "-nan", "1.#IND", "-1.#QNAN", "\" \"", "\"\t \"",  "\"\"", "\"null\""}) {
    const Dataset data =
        all("a,t\n1,"
            "0.5\n" +
            std::string(word) + ",1.5\n3,2.5\n");
    EXPECT_EQ(inputs_of(data.test), (Floats{1, 2, 3})) << word;
    EXPECT_TRUE(told(data.notes, "a: 1 of 3 cells are missing")) << word;
  }
}

TEST_F(CsvTable, AsManyMissingAsNumbersStayMissing) {
  std::string bytes = "a,t\n";
  for (int i = 0; i < 9; ++i) bytes += std::to_string(i) + ",0.5\nnull,1.5\n";
  const Dataset data = all(bytes);
  EXPECT_EQ(data.feature_names, Words{"a"});
  EXPECT_TRUE(told(data.notes, "a: 9 of 18 cells are missing (null too)"));
  EXPECT_EQ(inputs_of(later(data, "a,t\n-,1\n").test), Floats{4});
}

TEST_F(CsvTable, AmongWordsTheyAreWords) {
  EXPECT_EQ(all("w,t\nnone,0.5\nsome,1.5\nnone,2.5\nsome,3.5\n").feature_names, (Words{"w=none", "w=some"}));
  EXPECT_EQ(all("w,t\nnone,0.5\nnone,1.5\nnone,2.5\n").feature_names, Words{"w=none"});
}

TEST_F(CsvTable, TheHintNamesAllWordsOfAllColumns) {
  std::string bytes = "a,b,t\n1,2,0.5\nunknown,3,1.5\n4,gone,2.5\n5,n.v.,3.5\n";
  for (int i = 0; i < 9; ++i) bytes += std::to_string(i * i) + "," + std::to_string(i * 2) + ".5,1.5\n";
  const std::string message = refusal(bytes);
  EXPECT_TRUE(has(message, "train.csv:3:1: `a` has a cell that is not a number; got `unknown`")) << message;
  EXPECT_TRUE(has(message, "missing=\"gone n.v. unknown\" if that means no value (in `a`, `b`)")) << message;
  EXPECT_EQ(all(bytes, ", missing=\"gone n.v. unknown\"").feature_names, (Words{"a", "b"}));
}

TEST_F(CsvTable, AsManyWordsAsNumbersAreToldWithWhatTheyMayMean) {
  std::string bytes = "a,b,t\n";
  for (int i = 0; i < 9; ++i) bytes += std::to_string(i * 3) + ",1,0.5\nunknown,2,1.5\n";
  EXPECT_TRUE(told(all(bytes).notes,
                   "a: 9 numbers and 9 words, such as unknown, read as words; missing=\"unknown\" if that "
                   "means no value"));
  const Dataset data = all(bytes, ", missing=unknown");
  EXPECT_EQ(data.feature_names, (Words{"a", "b"}));
  EXPECT_FALSE(told(data.notes, "read as words"));
  EXPECT_EQ(inputs_of(later(data, "a,b,t\nunknown,2,1\n").test), (Floats{12, 2}));  // known from training
}

TEST_F(CsvTable, RowsWithoutTheirTargetAreLeftOutAndCounted) {
  const std::string bytes = "a,t\n1,0.5\n2,\n3,1.5\n4,null\n5,2.5\n6,3.5\n7,4.5\n";
  const Dataset data = train(bytes, ", scale=none");
  EXPECT_TRUE(told(data.notes, "train.csv: 2 of 7 rows have no target and are left out"));
  std::vector<std::uint32_t> rows = data.train.rows;
  rows.insert(rows.end(), data.test.rows.begin(), data.test.rows.end());
  std::sort(rows.begin(), rows.end());
  EXPECT_EQ(rows, (std::vector<std::uint32_t>{0, 2, 4, 5, 6}));  // numbers of the file
  const Floats inputs = inputs_of(data.train);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    EXPECT_EQ(inputs[i], static_cast<float>(data.train.rows[i] + 1));
  EXPECT_EQ(later(data, bytes).test.size(), 7u);  // predictions need no targets
  EXPECT_TRUE(has(refusal(bytes, ", missing_target=error"), "train.csv:3: the target is missing"));
  EXPECT_TRUE(has(refusal("a,t\n1,\n2,\n", ", header=yes"), "the target is missing, as it is in every row"));
  const Dataset labels = train("a,t\n1,0\n2,\n3,1\n4,null\n5,0\n6,1\n7,1\n");
  EXPECT_EQ(labels.class_names, (Words{"0", "1"}));
  EXPECT_EQ(labels.train.size() + labels.test.size(), 5u);
}

// Numbers that are dressed

TEST_F(CsvTable, DressedNumbersAreNoClassesAndNoLevels) {
  for (const char* cell : {"\"$1,0%0\"", "%.5%", "\"1%,311\"", "(1%)",
                           "1\xc2\xa0"
                           "23%",
                           "\xe2\x88\x92"
                           "1%"}) {
    const std::string form = cell;
    std::string inputs = "a,b,t\n", targets = "a,t\n";
    for (int i = 0; i < 9; ++i) {
      std::string number = form;
      number.replace(number.find('%'), 1, std::to_string(i));
      inputs += number + "," + std::to_string(i * i) + ",0.5\n";
      targets += std::to_string(i * i) + "," + number + "\n";
    }
    const Dataset data = all(inputs);
    EXPECT_EQ(data.feature_names, Words{"b"}) << form;
    EXPECT_TRUE(told(data.notes, "and it is left out; prepare the table by pandas or polars")) << form;
    EXPECT_GT(all(inputs, ", categorical=a").feature_names.size(), 1u) << form;
    const std::string message = refusal(targets);
    EXPECT_TRUE(has(message, "train.csv:2:")) << message;
    EXPECT_TRUE(has(message, "in the target `t`")) << message;
    EXPECT_TRUE(has(message, "pandas or polars")) << message;
  }
}

TEST_F(CsvTable, DressedNumbersBesideAsManyMissingAreDressed) {
  std::string targets = "a,t\n";
  for (int i = 0; i < 40; ++i)
    targets += std::to_string(i * i) + "," + (i % 2 == 0 ? "$" + std::to_string(i) + ".50" : "null") + "\n";
  EXPECT_TRUE(has(refusal(targets), "a number has a currency sign in the target `t`"));
}

TEST_F(CsvTable, AFewDressedNumbersAmongNumbersAreTold) {
  const Dataset data = all("a,b,t\n1,2,0.5\n999,3,1.5\n\"1,200\",5,2.5\n7,7,3.5\n");
  EXPECT_EQ(data.feature_names, Words{"b"});
  EXPECT_TRUE(
      told(data.notes, "a: its numbers have signs between thousands, such as `1,200`, and it is left out"));
  EXPECT_TRUE(has(refusal("a,b,t\n1,2,0.5\n\"1,200\",5,2.5\n7,7,3.5\n", ", numeric=a"),
                  "train.csv:3:1: `a` has a cell"));
}

TEST_F(CsvTable, WhereOnlyDressedNumbersAreThereNoInputIsLeft) {
  EXPECT_TRUE(has(refusal("a;t\n1,5;0.5\n2,5;1.5\n3,5;2.5\n"),
                  "no input is left; got a: its numbers have a decimal comma"));
  EXPECT_TRUE(has(refusal("1,5;0.5\n2,5;1.5\n3,5;2.5\n"),
                  "no input is left; got c0: its numbers have a decimal comma"));
}

TEST_F(CsvTable, DressedClassesCanBeAskedFor) {
  EXPECT_EQ(all("a,t\n1,5%\n2,10%\n4,5%\n9,10%\n", ", task=classify").class_names, (Words{"10%", "5%"}));
}

TEST_F(CsvTable, DaysThatRepeatAreNoLevelsUnlessAskedFor) {
  std::string bytes = "opened,x,t\n";
  for (int i = 0; i < 40; ++i)
    bytes += std::to_string(1 + i % 4) + "/5/2023," + std::to_string(i * i) + ",0.5\n";
  const Dataset data = all(bytes);
  EXPECT_EQ(data.feature_names, Words{"x"});
  EXPECT_TRUE(told(data.notes, "opened: its cells are dates, such as `1/5/2023`, and it is left out"));
  EXPECT_EQ(all(bytes, ", categorical=opened").feature_names.size(), 5u);
  EXPECT_TRUE(has(refusal("day,t\n2023-05-01,1\n2023-05-02,0.5\n"), "categorical=day keeps it as words"));
}

TEST_F(CsvTable, WhatIsLeftOutIsNotToldOf) {
  const std::string bytes = "a,b,day,t\n1,,2023-05-01,0.5\n2,3,,1.5\n,4,2023-05-03,2.5\n";
  const Dataset data = all(bytes, ", ignore=b");
  EXPECT_TRUE(told(data.notes, "a: 1 of 3 cells are missing"));
  EXPECT_FALSE(told(data.notes, "b: 1 of 3 cells are missing"));
  EXPECT_FALSE(told(data.notes, "day: 1 of 3 cells are missing"));
  EXPECT_FALSE(told(later(data, "a,b,day,t\n1,,,0.5\n").notes, "b: 1 of 1 cells are missing"));
}

// Names, and levels that come once

TEST_F(CsvTable, AColumnWithAWordOfItsOwnInMostRowsIsNoInput) {
  std::string bytes = "name,when,k,x,t\n";
  for (int i = 0; i < 20; ++i) {
    bytes += "name" + std::to_string(i) + ",2023-05-" + std::to_string(10 + i) + "," +
             (i % 2 == 0 ? "p" : "q") + "," + std::to_string(i * i) + ",0.5\n";
  }
  const Dataset data = train(bytes, ", scale=none");
  EXPECT_EQ(data.feature_names, (Words{"k=p", "k=q", "x"}));
  EXPECT_TRUE(told(data.notes,
                   "name: more than half of the training rows have a word of their own, such as `name0`, and "
                   "it is left out; categorical=name keeps it; prepare the table by pandas or polars"));
  EXPECT_TRUE(
      told(data.notes,
           "when: its cells are dates, such as `2023-05-10`, and it is left out; categorical=when keeps "
           "it as words; prepare the table by pandas or polars"));
  EXPECT_EQ(inputs_of(later(data, "name,when,k,x,t\nnobody,never,q,7,1\n").test), (Floats{0, 1, 7}));
  EXPECT_EQ(inputs_of(later(data, "x,k\n7,q\n").test), (Floats{0, 1, 7}));
  EXPECT_EQ(load_dataset(source("train.csv", ", scale=none"), 1, data.encoding).test.rows, data.test.rows);
  EXPECT_EQ(all(bytes, ", categorical=name").feature_names.size(), 23u);
  const Dataset both = train(bytes, ", test=" + (folder_.path() / "train.csv").string());
  EXPECT_EQ(both.test.features(), 3u);
  EXPECT_TRUE(has(refusal("name,t\na,0.5\nb,1.5\nc,2.5\n"), "no input is left; got name: more than half"));
}

TEST_F(CsvTable, LevelsThatCameOnceShareOtherWhereUnseenOnesGo) {
  const std::string bytes = "w,t\na,0.5\na,1.5\nb,2.5\nb,3.5\nc,4.5\nd,5.5\n";
  const Dataset data = all(bytes);
  EXPECT_EQ(data.feature_names, (Words{"w=a", "w=b", "w=other"}));
  EXPECT_TRUE(has(data.encoding, R"("levels": ["a", "b"], "other": true)")) << data.encoding;
  EXPECT_EQ(inputs_of(data.test), (Floats{1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1}));
  const Dataset new_one = later(data, "w,t\nb,1\nz,1\n,1\nc,1\n");
  EXPECT_EQ(inputs_of(new_one.test), (Floats{0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1}));
  EXPECT_TRUE(told(new_one.notes,
                   "2 of 4 cells of `w` are no level that training had twice: they count as `other`, such "
                   "as `z`"));
  EXPECT_EQ(all(bytes, ", categorical=w").feature_names, (Words{"w=a", "w=b", "w=c", "w=d"}));
}

}  // namespace
}  // namespace thalweg
