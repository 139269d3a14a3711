#include "data/encoding.h"

#include <gtest/gtest.h>

#include "data/test_files.h"

namespace thalweg {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TableEncoding sample() {
  TableEncoding out{.named = true, .width = 4};
  out.columns.push_back({.name = "si\"ze\n", .position = 2, .mean = 0.1, .scale = 1e-300, .fill = -5e300});
  out.columns.push_back(
      {.name = "t\xc3\xb6wn", .position = 0, .categorical = true, .levels = {"", "a", "b"}});
  out.columns.back().other = true;
  out.text = TextEncoding{';', 2, {"-9", "a b"}, TargetColumn{"key", 1}};
  out.targets.columns = {{"price", 3}};
  out.targets.scaling = {{1.0 / 3, 7}};
  out.targets.range = {{-2.0 / 3, 2.5}};
  return out;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(TableEncoding, ComesBackBitForBitAndIsOneLine) {
  const std::string text = print_encoding(sample());
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const TableEncoding back = read_table_encoding(text);
  EXPECT_EQ(print_encoding(back), text);
  EXPECT_TRUE(back.named);
  EXPECT_EQ(back.width, 4u);
  EXPECT_EQ(back.columns.at(0).name, "si\"ze\n");
  EXPECT_EQ(back.columns[0].scale, 1e-300);
  EXPECT_EQ(back.columns[0].fill, -5e300);
  EXPECT_EQ(back.columns.at(1).levels, (std::vector<std::string>{"", "a", "b"}));
  EXPECT_EQ(back.columns[1].position, 0u);
  EXPECT_TRUE(back.columns[1].other);
  EXPECT_EQ(back.columns[1].width(), 4u);
  ASSERT_TRUE(back.text);
  EXPECT_EQ(back.text->delimiter, ';');
  EXPECT_EQ(back.text->skip, 2u);
  EXPECT_EQ(back.text->missing, (std::vector<std::string>{"-9", "a b"}));
  ASSERT_TRUE(back.text->id);
  EXPECT_EQ(back.text->id->name, "key");
  EXPECT_EQ(back.text->id->position, 1u);
  EXPECT_EQ(back.targets.scaling.at(0), (Scaling{1.0 / 3, 7}));
  EXPECT_EQ(back.targets.range.at(0), (Interval{-2.0 / 3, 2.5}));
}

TEST(TableEncoding, WhatIsDamagedIsRefused) {
  const std::string text = print_encoding(sample());
  const std::pair<const char*, const char*> changes[] = {
      {"\"named\": true", "\"named\": 1"},
      {"\"width\": 4", "\"width\": -4"},
      {"\"columns\": [{", "\"columns\": [3, {"},
      {"\"numeric\"", "\"ordinal\""},
      {"\"scale\"", "\"scalf\""},
      {"\"levels\": [\"\"", "\"levels\": [0"},
      {"\"classes\": []", "\"classes\": [\"a\"]"},
      {"\"factor\": 7", "\"factor\": 0"},
      {"\"least\": -", "\"least\": 3, \"x\": "},
      {"\"most\": 2.5", "\"most\": \"1\""},
      {"\"range\": [", "\"range\": [{\"least\": 0, \"most\": 1}, "},
      {"\"position\": 2", "\"position\": 2.5"},
      {"\"other\": true", "\"other\": 1"},
      {"\"delimiter\": \";\"", "\"delimiter\": \";;\""},
      {"\"skip\": 2", "\"skip\": -2"},
      {"\"missing\": [", "\"missing\": [1, "},
      {"\"targets\"", "\"target\""}};
  for (const auto& [from, to] : changes) {
    const std::string message = error_of(Code::data, [&] { read_table_encoding(replaced(text, from, to)); });
    EXPECT_TRUE(has(message, "encoding: ")) << message;
  }
  for (std::size_t size = 0; size < text.size(); ++size) {
    error_of(Code::data, [&] { read_table_encoding(text.substr(0, size)); });
  }
  error_of(Code::data, [&] { read_table_encoding(print_encoding(Scaling{0, 1})); });
}

TEST(TableEncoding, OlderOnesSayNothingOfTextsOtherLevelsAndRanges) {
  const TableEncoding back = read_table_encoding(
      R"({"schema": 1, "kind": "table", "named": true, "width": 2, "columns": [{"name": "w", "position": 0, )"
      R"("kind": "categorical", "levels": ["a", "b"]}], "targets": {"kind": "numeric", "columns": )"
      R"([{"name": "t", "position": 1}], "classes": [], "scaling": [{"offset": 1, "factor": 2}]}})");
  EXPECT_FALSE(back.text);
  EXPECT_FALSE(back.columns.at(0).other);
  EXPECT_EQ(back.columns[0].width(), 2u);
  EXPECT_TRUE(back.targets.range.empty());
}

}  // namespace
}  // namespace thalweg
