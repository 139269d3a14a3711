#include "data/csv_cursor.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "data/test_files.h"

namespace thalweg {
namespace {

using Records = std::vector<std::vector<std::string>>;

Records records_of(std::string_view bytes, char delimiter = ',', std::size_t skip = 0) {
  CsvCursor cursor("f", bytes, delimiter, skip);
  std::vector<CsvCell> cells;
  Records records;
  while (cursor.next(cells)) {
    std::vector<std::string>& record = records.emplace_back();
    for (const CsvCell& cell : cells) record.emplace_back(cell.text);
  }
  return records;
}

std::string refusal(std::string_view bytes) {
  return error_of(Code::data, [&] { records_of(bytes); });
}

TEST(CsvCursor, LinesEndInAnyWayAndMayBeEmpty) {
  const Records want = {{"a", "b"}, {"1", "2"}};
  for (const char* text :
       {"a,b\n1,2\n", "a,b\n1,2", "a,b\r\n1,2\r\n", "a,b\r1,2\r", "a,b\r\n1,2\n", "\n\na,b\n\n \n1,2\n\n",
        "\xef\xbb\xbf"
        "a,b\n1,2",
        " a , b \n1 ,\t2"}) {
    EXPECT_EQ(records_of(text), want) << text;
  }
  EXPECT_EQ(records_of(""), Records());
  EXPECT_EQ(records_of("\n \r\n"), Records());
  EXPECT_EQ(records_of("x\ny\na,b\n1,2\n", ',', 2), want);
  EXPECT_EQ(records_of("x", ',', 9), Records());
}

TEST(CsvCursor, QuotesHoldDelimitersLineBreaksAndQuotes) {
  EXPECT_EQ(records_of("\"a,b\",\"c\nd\",\"e\"\"f\"\n"), (Records{{"a,b", "c\nd", "e\"f"}}));
  EXPECT_EQ(records_of("\"\", \" a \" ,\"\"\"\"\n"), (Records{{"", " a ", "\""}}));
  EXPECT_EQ(records_of("5\" x,a\"b\n"), (Records{{"5\" x", "a\"b"}}));
  EXPECT_EQ(records_of("\"a\"\"b\",\"c\"\"d\",\"e\"\"f\""), (Records{{"a\"b", "c\"d", "e\"f"}}));
}

TEST(CsvCursor, EmptyCellsCountAtEitherEnd) {
  EXPECT_EQ(records_of(",a,,b,\n"), (Records{{"", "a", "", "b", ""}}));
  EXPECT_EQ(records_of("a\t\tb", '\t'), (Records{{"a", "", "b"}}));
  EXPECT_EQ(records_of("\ta", '\t'), (Records{{"", "a"}}));
}

TEST(CsvCursor, BlanksAreOneDelimiterHoweverMany) {
  EXPECT_EQ(records_of("  1  2\t3 \n4 5 \"6 7\"\n", kBlanks), (Records{{"1", "2", "3"}, {"4", "5", "6 7"}}));
}

TEST(CsvCursor, PlacesAreThoseOfTheFile) {
  CsvCursor cursor("f", "a,b\n\n\"x\ny\", c\r\nd,e", ',', 0);
  std::vector<CsvCell> cells;
  const auto print = [&](std::size_t i) { return print_place("f", cells[i].place); };
  cursor.next(cells);
  EXPECT_EQ(print(1), "f:1:3");
  cursor.next(cells);
  EXPECT_EQ(print(0), "f:3:1");
  EXPECT_EQ(print(1), "f:4:5");
  cursor.next(cells);
  EXPECT_EQ(print(1), "f:5:3");
}

TEST(CsvCursor, WhatIsQuotedComesBack) {
  const bool holds = rc::check([](const std::vector<std::vector<std::string>>& cells, bool windows) {
    std::string bytes;
    Records want;
    for (const std::vector<std::string>& row : cells) {
      if (row.empty()) continue;
      want.push_back(row);
      for (std::size_t i = 0; i < row.size(); ++i) {
        bytes += i > 0 ? ",\"" : "\"";
        for (const char c : row[i]) bytes += c == '"' ? std::string("\"\"") : std::string(1, c);
        bytes += '"';
      }
      bytes += windows ? "\r\n" : "\n";
    }
    RC_ASSERT(records_of(bytes) == want);
  });
  EXPECT_TRUE(holds);
}

TEST(CsvCursor, BrokenQuotesAreToldWithWhereTheyBegan) {
  EXPECT_TRUE(refusal("a,b\n1,\"2\n3,4\n").starts_with("f:2:3: a quote is not closed"))
      << refusal("a,b\n1,\"2\n3,4\n");
  EXPECT_TRUE(refusal("\"").starts_with("f:1:1: a quote is not closed"));
  EXPECT_TRUE(refusal("a,\"b\"c\n").starts_with("f:1:6: something follows the closing quote"));
}

TEST(CsvCursor, CellsAreBounded) {
  const std::string most(kMaxCell, 'x');
  EXPECT_EQ(records_of(most + "," + most)[0].size(), 2u);
  EXPECT_TRUE(refusal("a," + most + "x").starts_with("f:1:3: a cell is too long"));
  EXPECT_TRUE(refusal("\"" + most + "x\"").starts_with("f:1:1: a cell is too long"));
}

}  // namespace
}  // namespace thalweg
