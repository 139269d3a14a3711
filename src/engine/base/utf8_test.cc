#include "base/utf8.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(Visible, LeavesLettersOfEveryScript) {
  for (const char* text :
       {"", "a b", "größe €", "שלום", "日本語", "\U0001F600", "a\\n", "e\u0301", "\u00a0"}) {
    EXPECT_EQ(visible(text), text);
    EXPECT_EQ(shown(text), text);
  }
}

TEST(Visible, EscapesWhatATerminalObeys) {
  EXPECT_EQ(visible("a\x1b[31m\a\n\r\t\x7f"), "a\\u001b[31m\\u0007\\n\\r\\t\\u007f");
  EXPECT_EQ(visible(std::string_view("\0", 1)), "\\u0000");
  EXPECT_EQ(visible("\u0085\u009b31m"), "\\u0085\\u009b31m");  // C1: a line break, and another ESC [
}

TEST(Visible, EscapesWhatNobodySees) {
  EXPECT_EQ(visible("\u200f\u202e\u2066\u061c"), "\\u200f\\u202e\\u2066\\u061c");  // directions
  EXPECT_EQ(visible("a\u200bb\u200d\u2060\ufeff\u00ad"), "a\\u200bb\\u200d\\u2060\\ufeff\\u00ad");
  EXPECT_EQ(visible("\u2028\u2029\u3164"), "\\u2028\\u2029\\u3164");
  EXPECT_EQ(visible("\U000e0041"), "\\udb40\\udc41");  // a tag, as JSON has it
}

TEST(Visible, ShowsBytesThatAreNoText) {
  EXPECT_EQ(visible("a\xff\xc3"), "a\\xff\\xc3");
  EXPECT_EQ(visible("\x9b\xed\xa0\x80\xe2\x82"), "\\x9b\\xed\\xa0\\x80\\xe2\\x82");
}

TEST(Visible, KeepsLinesOrAllControlsWhereAsked) {
  EXPECT_EQ(visible("a\n\tb\r\x1b\u202e", Controls::lines), "a\n\tb\\r\\u001b\\u202e");
  EXPECT_EQ(visible("a\n\tb\r\x1b\x7f\u202e", Controls::all), "a\n\tb\r\x1b\x7f\\u202e");
}

TEST(Shown, CutsLongTextsInTheMiddle) {
  EXPECT_EQ(shown(std::string(3000, 'a')), std::string(200, 'a') + "\u2026" + std::string(199, 'a'));
  EXPECT_EQ(shown("abcdefghij", 10), "abcdefghij");
  EXPECT_EQ(shown("abcdefghijk", 10), "abcde\u2026hijk");
  EXPECT_EQ(shown("äöüäöüäöüäö", 10), "äöüäö\u2026öüäö");
}

TEST(Shown, CutsWordsSoThatWhatStandsAroundThemStays) {
  const std::string long_name(3000, 'x');
  const std::string text = shown(long_name + ": is left out; numeric=" + long_name + " keeps it");
  EXPECT_NE(text.find("\u2026"), std::string::npos);
  EXPECT_NE(text.find(": is left out; numeric="), std::string::npos);
  EXPECT_TRUE(text.ends_with(" keeps it"));
  std::string words;
  for (int i = 0; i < 1000; ++i) words += "ab ";
  EXPECT_EQ(shown(words).size(), 1000 - 1 + std::string("\u2026").size());
}

}  // namespace
}  // namespace thalweg
