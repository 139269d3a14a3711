#include "data/cells/cell.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <limits>

namespace thalweg {
namespace {

TEST(Cell, ReadsNumbersAsProgramsWriteThem) {
  const std::pair<const char*, double> cells[] = {{"0", 0},
                                                  {"1", 1},
                                                  {"+1", 1},
                                                  {"-1", -1},
                                                  {".5", 0.5},
                                                  {"5.", 5},
                                                  {"-.5", -0.5},
                                                  {"007", 7},
                                                  {"1e3", 1000},
                                                  {"1E+3", 1000},
                                                  {"1e-3", 1e-3},
                                                  {"0.1", 0.1},
                                                  {"1e308", 1e308},
                                                  {"4.9e-324", 4.9e-324},
                                                  {"9007199254740993", 9007199254740992}};
  for (const auto& [text, number] : cells) EXPECT_EQ(read_cell(text), number) << text;
}

TEST(Cell, WhatIsTooSmallIsZero) {
  const std::string tiny = "0." + std::string(400, '0') + "1";
  for (const std::string& text : {std::string("1e-400"), std::string("+1e-99999999999999999999"), tiny}) {
    EXPECT_EQ(read_cell(text), 0.0) << text;
  }
  EXPECT_TRUE(std::signbit(*read_cell("-1e-400")));
}

TEST(Cell, OtherTextsAreNoNumbers) {
  const std::string huge = "1" + std::string(400, '0');
  for (const std::string& text :
       {std::string("1e400"), std::string("1e99999999999999999999"), huge, std::string("0x10"),
        std::string("1_000"), std::string("1,5"), std::string("inf"), std::string("-inf"), std::string("nan"),
        std::string("++1"), std::string("+-1"), std::string("1 2"), std::string("1e"), std::string("."),
        std::string("-"), std::string(""), std::string("1.2.3"), std::string("1f")}) {
    EXPECT_EQ(read_cell(text), std::nullopt) << text;
  }
}

TEST(Cell, MissingHasFewWords) {
  for (const char* text : {"", "NA", "?", "nan", "NaN", "NAN", "-nan"}) EXPECT_TRUE(is_missing(text)) << text;
  for (const char* text : {"na", "Na", "0", "-", "null", "nano"}) EXPECT_FALSE(is_missing(text)) << text;
  const std::string more[] = {"-999", "null"};
  EXPECT_TRUE(is_missing("-999", more));
  EXPECT_FALSE(is_missing("-99", more));
}

TEST(Cell, AmongNumbersMoreWordsMeanNoValue) {
  for (const char* text :
       {"",  " ",  "\t ",  "null",    "Null", "NONE",    "na",       "N/A", "\\N", ".",
        "-", "--", "#N/A", "#DIV/0!", "<NA>", "-1.#IND", "#N/A N/A", "?",   "nan", "-NaN"}) {
    EXPECT_TRUE(is_absent(text)) << text;
  }
  for (const char* text : {"0", "---", "nil", "unknown", "no", "nulls", "N", "#N/A N/A.", "n a"}) {
    EXPECT_FALSE(is_absent(text)) << text;
  }
}

TEST(Cell, CodesBeginWithAZeroOfNoValue) {
  for (const char* text : {"007", "00", "01"}) EXPECT_TRUE(is_code(text)) << text;
  for (const char* text : {"0", "7", "0.5", "70", "", "-07", "0x7"}) EXPECT_FALSE(is_code(text)) << text;
}

TEST(Cell, WhatLooksLikeANumberIsNamed) {
  const std::pair<const char*, const char*> texts[] = {{"$1,000", "a currency sign"},
                                                       {"-$5", "a currency sign"},
                                                       {"\xe2\x82\xac 12.50", "a currency sign"},
                                                       {"\u20b9 3.14", "a currency sign"},
                                                       {"US$1.23", "a currency sign"},
                                                       {"9.32 USD", "a currency sign"},
                                                       {"1.5%", "a percent sign"},
                                                       {"\u20133.86", "a minus sign that is not `-`"},
                                                       {"9\u2007277", "a space of another kind"},
                                                       {" 3.95 ", "blanks around it"},
                                                       {"5.234.567", "signs between thousands"},
                                                       {"12 %", "a percent sign"},
                                                       {"12,311", "signs between thousands"},
                                                       {"1,234,567.5", "signs between thousands"},
                                                       {"1'234", "signs between thousands"},
                                                       {"1 234", "blanks between digits"},
                                                       {"(12)", "brackets"},
                                                       {"(1,200.5)", "brackets"},
                                                       {"1\xc2\xa0"
                                                        "234",
                                                        "a no-break space"},
                                                       {"1\xe2\x80\xaf"
                                                        "234,5",
                                                        "a no-break space"},
                                                       {"1\xe2\x80\x89"
                                                        "234",
                                                        "a thin space"},
                                                       {"\xe2\x88\x92"
                                                        "5",
                                                        "a minus sign that is not `-`"},
                                                       {"3,14", "a decimal comma"},
                                                       {"-0,5", "a decimal comma"},
                                                       {"1.234,56", "a decimal comma"}};
  for (const auto& [text, dress] : texts) EXPECT_EQ(dress_of(text), dress) << text;
  for (const char* text : {"", "3.14", "12", "1e5", ",5", "5,", "a,1", "2023-05-01", "12:30", "1/2", "x1",
                           "10.0.0.1", "%", "$", "()", "1,2,3", "12 5", "v1.2.3"}) {
    EXPECT_EQ(dress_of(text), "") << text;
  }
}

TEST(Cell, DaysAreSeenInAnyOrder) {
  for (const char* text :
       {"2023-05-01", "2023/5/1", "1/5/2023", "12/31/2023", "31.12.2023", "1/5/23", "2023-05-01 12:30",
        "2023-05-01T12:30:00Z", "2023-05-01 12:30:00+02:00", "1/5/2023 9:05 AM", "May 1, 2023", "01-May-2023",
        "1 May 23", "September 30 1999"}) {
    EXPECT_TRUE(is_date(text)) << text;
  }
  for (const char* text : {"", "12:30", "2023-05", "2023", "13/31/2023", "32.1.2023", "0/5/2023", "1.2.23",
                           "10.0.0.1", "1-2-3", "555-12-2023x", "v1.2.2023", "2023-05-01-02", "red", "a-b-c",
                           "12345-05-01", "2023-05-01 noon", "May 2023"}) {
    EXPECT_FALSE(is_date(text)) << text;
  }
}

TEST(Cell, WholeNumbersThatADoubleRoundsAreSeen) {
  EXPECT_TRUE(is_rounded("9007199254740993", 9007199254740992));
  EXPECT_FALSE(is_rounded("9007199254740992", 9007199254740992));
  EXPECT_TRUE(is_rounded("18446744073709551615", 0x1p64));
  EXPECT_FALSE(is_rounded("1e300", 1e300));
}

TEST(Cell, NumbersAreTheSameInEveryLocale) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* name : {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "C.UTF-8"}) {
    std::setlocale(LC_ALL, name);
    EXPECT_EQ(read_cell("1.5"), 1.5);
    EXPECT_EQ(read_cell("1,5"), std::nullopt);
  }
  std::setlocale(LC_ALL, before.c_str());
}

}  // namespace
}  // namespace thalweg
