#include "data/cell.h"

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

TEST(Cell, DecimalCommasAndRoundingAreSeen) {
  for (const char* text : {"3,14", "-3,1", "1,000"}) EXPECT_TRUE(is_decimal_comma(text)) << text;
  for (const char* text : {"3.14", ",5", "5,", "a,1", "1,2,3", ""})
    EXPECT_FALSE(is_decimal_comma(text)) << text;
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
