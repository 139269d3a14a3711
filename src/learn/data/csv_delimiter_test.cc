#include "data/csv_delimiter.h"

#include <gtest/gtest.h>

#include "data/csv_cursor.h"
#include "data/csv_table.h"
#include "data/test_files.h"

namespace thalweg {
namespace {

char find(std::string_view text, std::size_t skip = 0) {
  return find_delimiter("f", text, skip).best.delimiter;
}

std::string lines(int n, const std::string& line) {
  std::string out;
  for (int i = 0; i < n; ++i) out += line + "\n";
  return out;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(FindDelimiter, TakesTheOneThatCutsAllRecordsAlike) {
  EXPECT_EQ(find("a,b\n1,2\n"), ',');
  EXPECT_EQ(find("a;b\n1;2\n"), ';');
  EXPECT_EQ(find("3,14;1\n2,71;2\n"), ';');
  EXPECT_EQ(find("a\tb\n1,5\t2\n"), '\t');
  EXPECT_EQ(find("a|b\n1|2\n"), '|');
  EXPECT_EQ(find("1  2\n 3 4\n"), kBlanks);
  EXPECT_EQ(find("a, b\nc, d\n"), ',');
  EXPECT_EQ(find("\"a;b\",c\n\"d\",e\n"), ',');
  EXPECT_EQ(find("a,b\n1\n"), ',');
  EXPECT_EQ(find("a\nb\n"), ',');
  EXPECT_EQ(find(""), ',');
}

TEST(FindDelimiter, MostTypedCellsDecide) {
  EXPECT_EQ(find(lines(8, "0.1,a;b,1.5")), ',');
  EXPECT_EQ(find(lines(60, "red;blue,3,3,7.5")), ',');
  EXPECT_EQ(find(lines(8, "0.1;a,b;1.5")), ';');
  EXPECT_EQ(find(lines(8, "0.1|a,b|1.5")), '|');
  EXPECT_EQ(find(lines(8, "0.1\ta;b\t1.5")), '\t');
  EXPECT_EQ(find(lines(8, "1,5;2,5")), ';');
  EXPECT_EQ(find(lines(8, "1.234,5;x;7")), ';');
  EXPECT_EQ(find(lines(8, "1,5|2,5")), '|');
  EXPECT_EQ(find("0.1,a;b,1.5"), ',');
}

TEST(FindDelimiter, ThenMostColumnsThenTheComma) {
  EXPECT_EQ(find(lines(8, "a;b,c;d")), ';');
  EXPECT_EQ(find(lines(8, "a,b;c,d")), ',');
  EXPECT_EQ(find(lines(8, "a;b,c")), ',');
  EXPECT_EQ(find(lines(8, "a|b;c")), ';');
  EXPECT_TRUE(find_delimiter("f", lines(8, "a;b,c"), 0).tied());
  EXPECT_FALSE(find_delimiter("f", lines(8, "a;b,c,d"), 0).tied());
}

TEST(FindDelimiter, AWideOneThatFailsInOneRowDoesNotLoseToANarrowOneThatHolds) {
  const std::string rows = lines(60, "May 1, 2023;7;x");
  EXPECT_EQ(find(rows + "May 1, 2023;7;x;\n"), ';');
  EXPECT_EQ(find("when;n;kind\n" + rows + "May 1, 2023;7;x;\n"), ';');
  EXPECT_EQ(find("May 1, 2023;a;x;\n" + lines(60, "May 1, 2023;a;x")), ';');
  const std::string message = error_of(Code::data, [&] {
    read_csv_layout("f", "May 1, 2023;7;x\n" + lines(59, "May 1, 2023;7;x") + "May 1, 2023;7;x;\n", {});
  });
  EXPECT_TRUE(message.starts_with("f:61:17: a row has a different number of cells (1 of 61 rows)"))
      << message;
  EXPECT_TRUE(has(message, "got 4; want 3")) << message;
}

TEST(FindDelimiter, AFirstRowThatDiffersFromAllOthersIsToldSo) {
  const std::string message =
      error_of(Code::data, [&] { read_csv_layout("f", "a title, of all\n" + lines(20, "1,2,3"), {}); });
  EXPECT_TRUE(message.starts_with("f:2:5: a row has a different number of cells (20 of 21 rows)")) << message;
  EXPECT_TRUE(has(message, "skip=1")) << message;
}

TEST(FindDelimiter, BlanksAreDelimitersOnlyWhereTheyMakeMoreNumbersOrNothingElseCuts) {
  EXPECT_EQ(find(lines(8, "New York,big")), ',');
  EXPECT_EQ(find(lines(8, "New York;3")), ';');
  EXPECT_EQ(find(lines(8, "2001-02-03 12:00,5")), ',');
  EXPECT_EQ(find(lines(8, "a b c")), kBlanks);
  EXPECT_EQ(find(lines(8, "1 2 3,5")), kBlanks);
  EXPECT_EQ(find(lines(8, "1\t2\tNew York")), '\t');
}

TEST(FindDelimiter, SkippedLinesAndRowsAfterTheFirstHundredDoNotCount) {
  EXPECT_EQ(find("a;b;c\n1;2;3\n" + lines(1, "1,2"), 2), ',');
  EXPECT_EQ(find(lines(100, "1,2") + lines(500, "1;2;3")), ',');
}

TEST(FindDelimiter, WhatElseItCouldHaveBeenIsSaid) {
  const auto others = [](const std::string& text) { return describe_others(find_delimiter("f", text, 0)); };
  EXPECT_EQ(others(lines(8, "1,2")), "");
  EXPECT_EQ(others(lines(8, "New York,2")), "");
  EXPECT_EQ(
      others(lines(8, "0.1,a;b,1.5")),
      "delimiter comma: 3 columns; semicolon would make 2 columns; delimiter=semicolon if it is another");
  EXPECT_EQ(
      others(lines(8, "a;b,c")),
      "delimiter comma: 2 columns; semicolon would make 2 columns as well; delimiter=semicolon if it is "
      "another (a tie)");
}

}  // namespace
}  // namespace thalweg
