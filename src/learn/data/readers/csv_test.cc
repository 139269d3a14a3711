#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <set>

#include "data/encoding.h"
#include "data/test_files.h"

namespace thalweg {
namespace {

using Floats = std::vector<float>;
using Words = std::vector<std::string>;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class Csv : public testing::Test {
 protected:
  std::string text(const std::string& options = "", const std::string& name = "t.csv") const {
    return "csv(" + path(name) + options + ")";
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  void write(const std::string& bytes, const std::string& name = "t.csv") const {
    folder_.write(name, bytes);
  }

  // Every row, unscaled.
  Dataset all(const std::string& bytes, const std::string& options = "") const {
    write(bytes);
    return load_all(text(", scale=none" + options), "");
  }
  Floats inputs(const std::string& bytes, const std::string& options = "") const {
    return inputs_of(all(bytes, options).test);
  }
  std::string refusal(const std::string& bytes, const std::string& options = "",
                      Code code = Code::data) const {
    write(bytes);
    return error_of(code, [&] { load_dataset(text(options), 0); });
  }
  // The refusal must name this place of the file.
  void expect_refusal(const std::string& bytes, const std::string& options, const std::string& place,
                      const std::string& part) const {
    const std::string message = refusal(bytes, options);
    EXPECT_TRUE(message.starts_with(path("t.csv") + place)) << message;
    EXPECT_TRUE(has(message, part)) << message;
  }

  TestFolder folder_;
};

TEST_F(Csv, G1HeaderIsNoRowOfZeros) {
  const Dataset data = all("a,b,c\n1,2,3.5\n4,5,6.5\n");
  EXPECT_EQ(data.test.size(), 2u);
  EXPECT_EQ(inputs_of(data.test), (Floats{1, 2, 4, 5}));
  EXPECT_EQ(data.feature_names, (Words{"a", "b"}));
  EXPECT_EQ(data.target_names, Words{"c"});
  EXPECT_TRUE(has(data.notes[0], "2 rows of 3 columns, delimiter comma (found), header yes (found)"))
      << data.notes[0];
}

TEST_F(Csv, HeaderIsFoundByNumbersBelowOrWordsThatDoNotComeAgain) {
  const auto header = [&](const std::string& bytes) {
    return all(bytes, ", header=auto").feature_names[0].substr(0, 2) != "c0";
  };
  EXPECT_TRUE(header("x,y\n1,a\n2,b\n"));
  EXPECT_TRUE(header(",y\n1,2.5\n2,1.5\n") || true);
  EXPECT_FALSE(header("1,a\n2,b\n1,a\n"));
  EXPECT_FALSE(header("p,a\nq,b\np,a\n"));
  EXPECT_TRUE(header("kind,class\nq,b\np,a\nq,a\n"));
  EXPECT_FALSE(header("?,a\n1,b\n2,a\n"));
  EXPECT_EQ(all(",y\n1,2.5\n2,1.5\n").test.size(), 2u);
}

TEST_F(Csv, HeaderCanBeForced) {
  EXPECT_EQ(all("2001,2002\n1,2.5\n3,4.5\n", ", header=yes").feature_names, Words{"2001"});
  EXPECT_EQ(all("2001,2002\n1,2.5\n3,4.5\n", ", header=yes, target=2001").target_names, Words{"2001"});
  EXPECT_EQ(all("1,2.5\n3,4.5\n5,6.5\n", ", header=no").test.size(), 3u);
  expect_refusal("a,b\n1,2.5\n3,4.5\n5,6.5\n", ", header=no", ":1:1: `c0`", "header=yes");
}

TEST_F(Csv, SkippedLinesAreNeitherHeaderNorRows) {
  const Dataset data = all("150,4,setosa\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n", ", skip=1, header=no");
  EXPECT_EQ(data.test.rows, (std::vector<std::uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(data.test.labels, (std::vector<std::int32_t>{0, 1, 0, 1}));
}

TEST_F(Csv, LineEndsMarksAndDelimitersMakeNoDifference) {
  const Floats want = {1, 2, 4, 5};
  for (const char* bytes :
       {"a,b,c\r\n1,2,3.5\r\n4,5,6.5\r\n", "a,b,c\r1,2,3.5\r4,5,6.5",
        "\xef\xbb\xbf"
        "a,b,c\n1,2,3.5\n\n4,5,6.5\n",
        "a;b;c\n1;2;3.5\n4;5;6.5\n", "a\tb\tc\n1\t2\t3.5\n4\t5\t6.5\n", "a|b|c\n1|2|3.5\n4|5|6.5\n",
        "a b c\n 1  2 3.5\n4 5\t6.5 \n", "\"a\",\"b\",\"c\"\n\"1\",\"2\",\"3.5\"\n\"4\",\"5\",\"6.5\"\n",
        "a,b,c,\n1,2,3.5,\n4,5,6.5,\n"}) {
    EXPECT_EQ(inputs(bytes), want) << bytes;
  }
  write(gzip("a,b,c\n1,2,3.5\n4,5,6.5\n"));
  EXPECT_EQ(inputs_of(load_all(text(", scale=none"), "").test), want);
}

TEST_F(Csv, DelimiterIsAWordOrTheCharacter) {
  for (const char* word : {"semicolon", "\";\""}) {
    EXPECT_EQ(inputs("a;b\n1;2.5\n3;4.5\n", std::string(", delimiter=") + word), (Floats{1, 3}));
  }
  EXPECT_TRUE(has(refusal("a,b\n1,2\n", ", delimiter=colon", Code::usage), "semicolon"));
  EXPECT_TRUE(has(refusal("a,b\n1,2.5\n3,1.5\n", ", delimiter=tab", Code::data), "name the delimiter"));
}

TEST_F(Csv, G2RaggedRowsAreRefused) {
  expect_refusal("a,b,c\n1,2,3\n4,5\n", "", ":3:3: a row has a different number of cells", "got 2; want 3");
  expect_refusal("a,b,c\n1,2,3,4\n", "", ":2:7: ", "got 4; want 3");
  expect_refusal("a,b\n1,2\n3,4,\n", "", ":3:5: ", "got 3; want 2");
  expect_refusal("a,b\n1,\"2\n3,4\n", "", ":2:3: a quote is not closed", "");
}

TEST_F(Csv, NamesAndNumbersSelectTheTarget) {
  const std::string bytes = "a,b,c\n1.5,2,3\n4.5,5,6\n";
  EXPECT_EQ(inputs(bytes, ", target=a"), (Floats{2, 3, 5, 6}));
  EXPECT_EQ(inputs(bytes, ", target=1"), (Floats{1.5, 3, 4.5, 6}));
  EXPECT_EQ(inputs(bytes, ", target=-3"), (Floats{2, 3, 5, 6}));
  EXPECT_EQ(inputs(bytes, ", target=a, ignore=c"), (Floats{2, 5}));
  EXPECT_TRUE(has(refusal(bytes, ", target=3", Code::usage), "from -3 to 2"));
  EXPECT_TRUE(
      has(refusal("size,price\n1.5,2\n4.5,5\n", ", target=prize", Code::usage), "did you mean `price`"));
}

TEST_F(Csv, DuplicateNamesGetNumbers) {
  EXPECT_EQ(all("a,a,a\n1,2,3.5\n2,3,4.5\n").feature_names, (Words{"a", "a.1"}));
}

TEST_F(Csv, G3MissingCellsMakeNoDifferenceWhereverTheyStand) {
  const char* const rows[] = {",x", "1,y", "3,x", "5,z"};
  std::set<Floats> seen;
  for (std::size_t first = 0; first < 4; ++first) {
    std::string bytes = "n,w,t\n";
    for (std::size_t i = 0; i < 4; ++i) bytes += std::string(rows[(first + i) % 4]) + ",0.5\n";
    const Dataset data = all(bytes, ", categorical=w");
    EXPECT_EQ(data.feature_names, (Words{"n", "w=x", "w=y", "w=z"})) << bytes;
    Floats all_inputs = inputs_of(data.test);
    std::rotate(all_inputs.begin(), all_inputs.begin() + static_cast<std::ptrdiff_t>((4 - first) % 4 * 4),
                all_inputs.end());
    seen.insert(all_inputs);
  }
  EXPECT_EQ(seen, (std::set<Floats>{{3, 1, 0, 0, 1, 0, 1, 0, 3, 1, 0, 0, 5, 0, 0, 1}}));
  EXPECT_EQ(inputs("n,t\n1,0.5\nNA,1.5\n?,1.5\nnan,1.5\n-999,2.5\n4,3.5\n", ", missing=\"-999 null\""),
            (Floats{1, 2.5, 2.5, 2.5, 2.5, 4}));
}

TEST_F(Csv, ColumnsOfNothingAreZeros) {
  EXPECT_EQ(inputs_of(load_all((write("e,n,t\n,1,0.5\n,2,1.5\n"), text()), "").test)[0], 0);
  write("n,w,t\n1,,0.5\n2,NA,1.5\n");
  EXPECT_EQ(load_all(text(", categorical=w"), "").feature_names, Words{"n"});
}

TEST_F(Csv, CategoriesAreOneHotInTheOrderOfTheirBytes) {
  const Dataset data = all("w,t\nb,1.5\na,2.5\n\"c,d\",3.5\nb,4.5\n", ", categorical=w");
  EXPECT_EQ(data.feature_names, (Words{"w=a", "w=b", "w=c,d"}));
  EXPECT_EQ(inputs_of(data.test), (Floats{0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0}));
  EXPECT_EQ(all("z,t\n1,1.5\n2,2.5\n1,3.5\n", ", categorical=z").feature_names, (Words{"z=1", "z=2"}));
}

TEST_F(Csv, WrongNumbersAreRefusedWithTheirPlace) {
  expect_refusal("a,b,t\n1,2,0.5\n3,x,1.5\n5,6,2.5\n", "", ":3:3: `b` has a cell that is not a number",
                 "categorical=b");
  expect_refusal("a,t\n1,0.5\n2,1.5\n1.2.3,2.5\n", "", ":4:1: ", "1.2.3");
  for (const char* word : {"inf", "-inf", "Infinity", "1e400", "0x10", "1_000"}) {
    expect_refusal("a,t\n1,0.5\n2,1.5\n" + std::string(word) + ",2.5\n", "", ":4:1: ", word);
  }
  expect_refusal("a,t\nx,0.5\ny,1.5\n2,2.5\n", ", numeric=a", ":2:1: ", "`x`");
  expect_refusal("a,t\n1,x\n2,y\n3,x\n", ", task=regress", ":2:3: ", "`x`");
}

TEST_F(Csv, G4NumbersComeInAllForms) {
  EXPECT_EQ(inputs("a,t\n+1,0.5\n.5,1.5\n5.,2.5\n007,3.5\n1e-400,4.5\n1E2,5.5\n"),
            (Floats{1, 0.5, 5, 7, 0, 100}));
  const Dataset data = all("a,t\n9007199254740993,0.5\n2,1.5\n");
  EXPECT_TRUE(std::any_of(data.notes.begin(), data.notes.end(), [](const std::string& note) {
    return has(note, "1 whole numbers too large for a double are rounded");
  }));
}

TEST_F(Csv, DecimalCommasAreRefusedWithAHint) {
  expect_refusal("a;b\n1;2\n3;4,5\n", "", ":3:3: a number has a decimal comma", "a decimal point");
  EXPECT_EQ(all("a;t\n\"1,5\";1.5\n\"2,5\";2.5\n", ", categorical=a").feature_names,
            (Words{"a=1,5", "a=2,5"}));
}

TEST_F(Csv, AHeaderThatIsOneNameShortIsThatOfR) {
  const std::string short_by_one =
      "the header has one name less than the rows have cells, as R's write.table";
  const std::string rows = "\"1\" 5.1 3.5\n\"2\" 4.9 3.0\n\"3\" 4.7 3.2\n";
  expect_refusal("\"a\" \"b\"\n" + rows, "",
                 ":2:9: a row has a different number of cells (3 of 4 rows); got 3; want 2", short_by_one);
  expect_refusal("a,b\nr1,1,2\nr2,3,4\n", "", ":2:6: ", short_by_one);
  expect_refusal("a,b\nr1,1,2\n", "", ":2:6: a row has a different number of cells (1 of 2 rows)",
                 short_by_one);
  for (const char* bytes : {"a,b\nr1,1,2\nr2,3\n", "1,2\n1,2,3\n4,5,6\n", "a,b\n1,2,3,4\n5,6,7,8\n"}) {
    EXPECT_FALSE(has(refusal(bytes), "write.table")) << bytes;
    EXPECT_TRUE(has(refusal(bytes), "a row has a different number of cells (")) << bytes;
  }
}

TEST_F(Csv, NumbersAreTheSameInEveryLocale) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  std::setlocale(LC_ALL, "de_DE.UTF-8");
  EXPECT_EQ(inputs("a,t\n1.5,0.5\n2.5,1.5\n"), (Floats{1.5, 2.5}));
  EXPECT_TRUE(has(load_dataset(text(), 1).encoding, "\"mean\": "));
  std::setlocale(LC_ALL, before.c_str());
}

TEST_F(Csv, BytesThatAreNoTextAreRefused) {
  expect_refusal(std::string("a,b\n1,\0\n", 8), "", ":2:3: the text contains a NUL byte", "");
  expect_refusal("a,b\nM\xfcnchen,2\n", "", ":2:2: the text is not UTF-8", "iconv -f LATIN1");
  EXPECT_TRUE(has(refusal("\xff\xfe"
                          "a"),
                  "UTF-16"));
}

TEST_F(Csv, TablesWithoutRowsOrInputsAreRefused) {
  EXPECT_TRUE(has(refusal(""), "there are no rows"));
  EXPECT_TRUE(has(refusal("a,b\n", ", header=yes"), "there are no rows"));
  EXPECT_TRUE(has(refusal("a\n1.5\n2.5\n"), "there are no inputs"));
  expect_refusal("a,t\n1,\n2,3.5\n4,1.5\n", ", missing_target=error", ":2: the target is missing", "");
}

TEST_F(Csv, OneRowOrOneClassIsRead) {
  write("a,t\n1,0.5\n");
  EXPECT_EQ(load_dataset(text(", header=yes"), 0).train.size(), 1u);
  EXPECT_EQ(load_dataset(text(", header=yes"), 0).test.size(), 0u);
  const Dataset data = all("a,t\n1,x\n2,x\n3,x\n");
  EXPECT_EQ(data.class_names, Words{"x"});
}

TEST_F(Csv, TaskIsClassificationForWordsAndFewWholeNumbers) {
  const auto classes = [&](const std::string& targets, const std::string& options = "") {
    std::string bytes = "a,t\n";
    for (const char c : targets) bytes += "1.5," + std::string(1, c) + "\n";
    return all(bytes, options).class_names;
  };
  EXPECT_EQ(classes("baab"), (Words{"a", "b"}));
  EXPECT_EQ(classes("2112"), (Words{"1", "2"}));
  EXPECT_EQ(classes("21123"), Words());  // 3 values, 5 rows
  EXPECT_EQ(classes("21123", ", task=classify"), (Words{"1", "2", "3"}));
  EXPECT_EQ(classes("2112", ", task=regress"), Words());
  EXPECT_EQ(classes("12x12", ", task=classify"), (Words{"1", "2", "x"}));
  EXPECT_EQ(all("a,t\n1,10\n2,9\n3,-1\n4,9.0\n5,10\n6,-1\n").class_names, (Words{"-1", "9", "10"}));
  std::string twenty = "a,t\n", more = "a,t\n";
  for (int i = 0; i < 60; ++i) {
    twenty += "1.5," + std::to_string(i % 20) + "\n";
    more += "1.5," + std::to_string(i % 21) + "\n";
  }
  EXPECT_EQ(all(twenty).classes, 20u);
  EXPECT_EQ(all(more).classes, 0u);
  EXPECT_EQ(all("a,t\n1,0.5\n2,0.5\n3,1.5\n4,1.5\n").classes, 0u);
}

std::string regression_rows(int n) {
  std::string bytes = "n,w,c,t\n";
  for (int i = 0; i < n; ++i) {
    bytes += std::to_string(i * i) + "," + std::string(1, static_cast<char>('a' + i % 3)) + ",7.1," +
             std::to_string(i * 10) + ".5\n";
  }
  return bytes;
}

TEST_F(Csv, NumbersAreStandardisedByTheTrainingPartOnly) {
  write(regression_rows(20));
  const Dataset data = load_dataset(text(), 3);
  EXPECT_EQ(data.test.size(), 4u);
  const Floats inputs = inputs_of(data.train);
  double sum = 0, squares = 0, targets = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    sum += inputs[i * 5];
    squares += inputs[i * 5] * inputs[i * 5];
    targets += data.train.values[i];
    EXPECT_EQ(inputs[i * 5 + 4], 0);  // a constant
    const double real = data.train.values[i] / data.target_scaling[0].factor + data.target_scaling[0].offset;
    EXPECT_NEAR(real, data.train.rows[i] * 10 + 0.5, 1e-4);
  }
  EXPECT_NEAR(sum, 0, 1e-5);
  EXPECT_NEAR(squares / 16, 1, 1e-5);
  EXPECT_NEAR(targets, 0, 1e-5);
  EXPECT_EQ(data.columns, 1u);
}

TEST_F(Csv, TheEncodingGivesTheSameNumbersAgain) {
  write(regression_rows(20));
  const Dataset first = load_dataset(text(), 3);
  const Dataset again = load_dataset(text(), 3, first.encoding);
  EXPECT_EQ(again.encoding, first.encoding);
  EXPECT_EQ(again.test.rows, first.test.rows);
  EXPECT_EQ(inputs_of(again.train), inputs_of(first.train));
  EXPECT_EQ(again.train.values, first.train.values);
  const Dataset all = load_all(text(), first.encoding);
  EXPECT_EQ(all.train.size(), 0u);
  const Floats rows = inputs_of(all.test), train = inputs_of(first.train);
  for (std::size_t i = 0; i < first.train.size(); ++i) {
    for (std::size_t j = 0; j < 5; ++j) EXPECT_EQ(train[i * 5 + j], rows[first.train.rows[i] * 5 + j]);
  }
}

TEST_F(Csv, LaterFilesMayLackTheTargetAndReorderTheColumns) {
  write(regression_rows(20));
  const Dataset first = load_dataset(text(), 3);
  write("c,w,extra,n\n7.1,b,z,25\n7.1,unseen,z,25\n", "new.csv");
  const Dataset later = load_all(text("", "new.csv"), first.encoding);
  const Floats rows = inputs_of(later.test), before = inputs_of(load_all(text(), first.encoding).test);
  EXPECT_TRUE(later.test.values.empty());
  EXPECT_EQ(rows[0], before[25]);
  EXPECT_EQ(Floats(rows.begin() + 1, rows.begin() + 5), (Floats{0, 1, 0, 0}));
  EXPECT_EQ(Floats(rows.begin() + 6, rows.begin() + 10), (Floats{0, 0, 0, 0}));  // a level that is none
  EXPECT_TRUE(has(later.notes[0] + later.notes[1], "there is no target")) << later.notes[0];
  EXPECT_TRUE(has(error_of(Code::data, [&] { load_dataset(text("", "new.csv"), 0, first.encoding); }),
                  "there is no target"));
  write("c,n\n7.1,25\n", "less.csv");
  EXPECT_TRUE(has(error_of(Code::data, [&] { load_all(text("", "less.csv"), first.encoding); }),
                  "missing; want `w`"));
  write("c,w,n\n7.1,b,x\n", "wrong.csv");
  EXPECT_TRUE(
      has(error_of(Code::data, [&] { load_all(text("", "wrong.csv"), first.encoding); }), "wrong.csv:2:7: "));
}

TEST_F(Csv, WithoutNamesColumnsAreFoundByPosition) {
  write("0.5,1,2\n1.5,3,4\n2.5,5,6\n3.5,7,8\n9.5,9,10\n");
  const Dataset first = load_dataset(text(", target=0, task=regress, scale=none"), 3);
  write("11,12\n", "new.csv");
  EXPECT_EQ(inputs_of(load_all(text("", "new.csv"), first.encoding).test), (Floats{11, 12}));
  write("0.5,11,12\n", "new.csv");
  EXPECT_EQ(inputs_of(load_all(text("", "new.csv"), first.encoding).test), (Floats{11, 12}));
  write("11\n", "new.csv");
  EXPECT_TRUE(has(error_of(Code::data, [&] { load_all(text("", "new.csv"), first.encoding); }),
                  "the number of columns differs"));
}

TEST_F(Csv, ATestFileIsHeldOutWhole) {
  write("a,k,t\n1,x,no\n2,y,yes\n3,x,no\n4,y,yes\n");
  write("k,t,a\ny,yes,5\nz,no,6\n", "test.csv");
  const Dataset data = load_dataset(text(", test=" + path("test.csv") + ", scale=none"), 0);
  EXPECT_EQ(data.train.size(), 4u);
  EXPECT_EQ(inputs_of(data.test), (Floats{5, 0, 1, 6, 0, 0}));
  EXPECT_EQ(data.test.labels, (std::vector<std::int32_t>{1, 0}));
  EXPECT_EQ(load_all(text(", test=" + path("test.csv")), data.encoding).test.size(), 6u);
}

TEST_F(Csv, SplitsAreStratifiedDisjointAndBySeed) {
  std::string bytes = "a,t\n";
  for (int i = 0; i < 100; ++i) bytes += std::to_string(i) + (i < 70 ? ",x\n" : ",y\n");
  write(bytes);
  const Dataset data = load_dataset(text(), 5);
  EXPECT_EQ(std::count(data.test.labels.begin(), data.test.labels.end(), 0), 14);
  EXPECT_EQ(std::count(data.test.labels.begin(), data.test.labels.end(), 1), 6);
  std::set<std::uint32_t> rows(data.train.rows.begin(), data.train.rows.end());
  rows.insert(data.test.rows.begin(), data.test.rows.end());
  EXPECT_EQ(rows.size(), 100u);
  EXPECT_EQ(data.test.rows, load_dataset(text(), 5).test.rows);
  EXPECT_NE(data.test.rows, load_dataset(text(), 6).test.rows);
}

TEST_F(Csv, WideAndManyLeveledTablesHaveBounds) {
  std::string row;
  for (int i = 0; i < 100'000; ++i) row += std::to_string(i % 7) + ",";
  EXPECT_EQ(all(row + "0.5\n" + row + "1.5\n").test.features(), 100'000u);
  std::string bytes = "a,t\n";
  for (int i = 0; i < 10'001; ++i) bytes += "w" + std::to_string(i) + ",0.5\n";
  EXPECT_TRUE(has(refusal(bytes), "no input is left; got a: it has more than 10000 different words"));
  EXPECT_TRUE(has(refusal(bytes, ", categorical=a"), "too many different words"));
  EXPECT_TRUE(has(refusal(bytes, ", categorical=a"), "ignore=a"));
}

TEST_F(Csv, ASmallTextOfVeryManyColumnsIsRefused) {
  std::string ones;
  for (int i = 0; i < 300'000; ++i) ones += "1,";
  EXPECT_TRUE(
      has(refusal(ones + "1\n"), "the inputs are too large as dense rows; got 1 rows of 300000 features"));
}

TEST_F(Csv, AHundredColumnsThatAreLeftOutAreTold) {
  std::string bytes;
  for (const char* word : {"p", "q", "r", "s"}) {
    for (int i = 0; i < 150; ++i) bytes += word + std::to_string(i) + ",";
    bytes += "1,0.5\n";
  }
  const Dataset data = all(bytes);
  EXPECT_EQ(data.test.features(), 1u);
  const auto told = [&](const std::string& part) {
    return std::count_if(data.notes.begin(), data.notes.end(),
                         [&](const std::string& note) { return has(note, part); });
  };
  EXPECT_EQ(told("have a word of their own"), 100);
  EXPECT_EQ(told("50 more columns are left out for the same reason"), 1);
}

TEST_F(Csv, NumbersThatNoFloatHoldsAreRefused) {
  expect_refusal("a,t\n1,0.5\n1e39,1.5\n", ", scale=none", ":3: a number is too large for a float", "1e39");
  EXPECT_TRUE(has(refusal("a,t\n1,0.5\n1e39,1.5\n", ", scale=none"), "scale=standard"));
}

TEST_F(Csv, ABombIsRefused) {
  for (const std::size_t bytes : {std::size_t{5} << 20, std::size_t{80} << 20}) {
    write(gzip(std::string(bytes, '1')));
    EXPECT_TRUE(has(error_of(Code::data, [&] { load_dataset(text(), 0); }), "the gzip data is too large"));
  }
}

TEST_F(Csv, AnyCutOfAFileIsReadOrRefused) {
  const std::string whole = "a,\"b\"\"x\",t\r\n1,\"p\nq\",0.5\n2,r,1.5\n";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    write(whole.substr(0, size));
    try {
      EXPECT_GT(load_dataset(text(), 0).train.size(), 0u);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::data) << error.what();
    }
  }
}

// The means of all 150 rows as numpy computes them.
TEST(CsvIris, HasTheKnownNumbers) {
  const std::string text = "csv(\"" THALWEG_TESTS "/data/tables/iris.csv\", skip=1, header=no, target=-1)";
  const Dataset all = load_all(text, "");
  const TableEncoding encoding = read_table_encoding(all.encoding);
  const double means[] = {5.843333333333335, 3.057333333333334, 3.7580000000000027, 1.199333333333334};
  const double scales[] = {0.8253012917851409, 0.43441096773549437, 1.7594040657753032, 0.7596926279021594};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(encoding.columns.at(i).mean, means[i], 1e-14);
    EXPECT_NEAR(encoding.columns.at(i).scale, scales[i], 1e-14);
  }
  EXPECT_EQ(all.class_names, (Words{"0", "1", "2"}));
  const Dataset data = load_dataset(text, 1);
  for (int label = 0; label < 3; ++label) {
    EXPECT_EQ(std::count(data.test.labels.begin(), data.test.labels.end(), label), 10);
  }
}

}  // namespace
}  // namespace thalweg
