#include "thalweg/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <vector>

namespace thalweg {
namespace {

std::vector<std::string> lines_of(const Error& error) {
  std::vector<std::string> lines;
  std::istringstream in(error.what());
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(Error, PartsFollowTheOrderOfTheMessage) {
  const Error error(Code::data, {"a.csv, line 3", "no number", "`x`", "a decimal", "is it the header?"});
  EXPECT_STREQ(error.what(), "a.csv, line 3: no number; got `x`; want a decimal; is it the header?");
  EXPECT_EQ(error.code(), Code::data);
}

TEST(Error, EmptyPartsAreLeftOut) {
  EXPECT_STREQ(Error(Code::failure, {"", "it failed", "", "", ""}).what(), "it failed");
  EXPECT_STREQ(Error(Code::failure, {"here", "it failed", "", "more", ""}).what(),
               "here: it failed; want more");
  EXPECT_STREQ(Error(Code::failure, {"", "it failed", "", "", "try again"}).what(), "it failed; try again");
}

TEST(Error, TheCodesAreTheExitCodesOfTheTool) {
  EXPECT_EQ(static_cast<int>(Code::failure), 1);
  EXPECT_EQ(static_cast<int>(Code::usage), 2);
  EXPECT_EQ(static_cast<int>(Code::data), 3);
  EXPECT_EQ(static_cast<int>(Code::resource), 4);
  EXPECT_EQ(static_cast<int>(Code::diverged), 5);
}

TEST(Error, TheMessageStaysOnOneLine) {
  const Error error(Code::data, {"a\nb", "bad\tname", "`\x1b[31m`", "", ""});
  EXPECT_STREQ(error.what(), "a\\nb: bad\\tname; got `\\u001b[31m`");
}

TEST(Error, TheMessageIsShortAndUtf8WhateverAFileHeld) {
  const Error error(Code::data, {"a.csv", std::string(3000, 'n') + " is odd", "`\xff\u202e`", "", ""});
  const std::string what = error.what();
  EXPECT_LT(what.size(), 500u);
  EXPECT_TRUE(what.ends_with(" is odd; got `\\xff\\u202e`")) << what;
}

TEST(Error, TheCaretStandsUnderTheByte) {
  const auto lines = lines_of(Error(Code::usage, {"", "bad", "", "", ""}, "adam(lr=x)", 8));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1], "  adam(lr=x)");
  EXPECT_EQ(lines[2], "          ^");
}

TEST(Error, TheCaretMayStandBehindTheEnd) {
  const std::string want = "  adam\n      ^";
  for (const std::size_t at : {std::size_t{4}, std::size_t{1000}}) {
    const std::string what = Error(Code::usage, {"", "bad", "", "", ""}, "adam", at).what();
    EXPECT_EQ(what.substr(4), want);
  }
  EXPECT_STREQ(Error(Code::usage, {"", "bad", "", "", ""}, "", 0).what(), "bad\n  \n  ^");
}

TEST(Error, TheCaretCountsCharactersOfUtf8) {
  const std::string text = "csv(größe.csv, €=1)";
  const auto lines = lines_of(Error(Code::usage, {"", "bad", "", "", ""}, text, text.find("€")));
  EXPECT_EQ(lines[1], "  " + text);
  EXPECT_EQ(lines[2], std::string(2 + 15, ' ') + "^");
}

TEST(Error, LineBreaksOfTheTextBecomeSpacesAndOtherControlsAreEscaped) {
  const auto lines = lines_of(Error(Code::usage, {"", "bad", "", "", ""}, "a\n\tb\x7f;", 3));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1], "  a  b\\u007f;");
  EXPECT_EQ(lines[2], "     ^");
  const auto after = lines_of(Error(Code::usage, {"", "bad", "", "", ""}, "\x1b\xff;", 2));
  EXPECT_EQ(after[1], "  \\u001b\\xff;");
  EXPECT_EQ(after[2].find('^'), after[1].find(';'));
}

TEST(Error, TextsOf200BytesAreShownWhole) {
  const std::string text(200, 'a');
  EXPECT_EQ(lines_of(Error(Code::usage, {"", "bad", "", "", ""}, text, 199))[1], "  " + text);
}

TEST(Error, OfALongerTextThe100BytesAroundTheCaretAreShown) {
  std::string text(1000, 'a');
  text[500] = 'b';
  const auto middle = lines_of(Error(Code::usage, {"", "bad", "", "", ""}, text, 500));
  EXPECT_EQ(middle[1], "  ..." + std::string(50, 'a') + "b" + std::string(49, 'a') + "...");
  EXPECT_EQ(middle[2].find('^'), middle[1].find('b'));

  const auto start = lines_of(Error(Code::usage, {"", "bad", "", "", ""}, text, 0));
  EXPECT_EQ(start[1], "  " + std::string(100, 'a') + "...");
  EXPECT_EQ(start[2], "  ^");

  const auto end = lines_of(Error(Code::usage, {"", "bad", "", "", ""}, text, 1000));
  EXPECT_EQ(end[1], "  ..." + std::string(50, 'a'));
  EXPECT_EQ(end[2].find('^'), end[1].size());
}

TEST(Error, AnExcerptHoldsWholeCharacters) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "€";  // three bytes each
  text += "b";
  for (int i = 0; i < 200; ++i) text += "€";
  const auto lines = lines_of(Error(Code::usage, {"", "bad", "", "", ""}, text, 600));
  const std::size_t begin = lines[1].find("€");
  EXPECT_EQ(lines[1].substr(0, begin), "  ...");
  EXPECT_EQ(lines[1].substr(lines[1].size() - 6), "€...");
  const std::size_t b = lines[1].find('b');
  const auto before = (b - begin) / 3;  // characters between the dots and the `b`
  EXPECT_EQ((b - begin) % 3, 0u);
  EXPECT_EQ(lines[2].find('^'), begin + before);
}

}  // namespace
}  // namespace thalweg
