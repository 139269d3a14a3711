#include "base/json.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/random.h"

namespace thalweg {
namespace {

TEST(Json, StringsAreEscaped) {
  EXPECT_EQ(json_string(""), "\"\"");
  EXPECT_EQ(json_string("plain / text"), "\"plain / text\"");
  EXPECT_EQ(json_string("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(json_string("\n\t\r\x01\x1f"), R"("\u000a\u0009\u000d\u0001\u001f")");
  EXPECT_EQ(json_string(std::string_view("\0", 1)), R"("\u0000")");
  EXPECT_EQ(json_string("größe €𝄞\x7f"), "\"größe €𝄞\x7f\"");
}

TEST(Json, BytesThatAreNoUtf8BecomeTheReplacementCharacter) {
  const std::string r = "\\ufffd";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"a\xff"
       "b",
       "a" + r + "b"},
      {"\x80", r},
      {"\xc3", r},  // cut short
      {"\xc3(", r + "("},
      {"\xe2\x82", r + r},
      {"\xf0\x9d\x84", r + r + r},
      {"\xc0\xaf", r + r},  // overlong `/`
      {"\xe0\x80\xaf", r + r + r},
      {"\xf0\x80\x80\xaf", r + r + r + r},
      {"\xed\xa0\x80", r + r + r},          // a surrogate
      {"\xf4\x90\x80\x80", r + r + r + r},  // above U+10FFFF
      {"\xf5\x80\x80\x80", r + r + r + r},
      {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},  // U+10FFFF
      {"\xed\x9f\xbf", "\xed\x9f\xbf"},          // the last before the surrogates
  };
  for (const auto& [bytes, want] : cases) EXPECT_EQ(json_string(bytes), "\"" + want + "\"");
}

TEST(Json, NumbersReadBackAndOthersAreNull) {
  EXPECT_EQ(json_number(0), "0");
  EXPECT_EQ(json_number(-2), "-2");
  EXPECT_EQ(json_number(0.1), "0.10000000000000001");
  EXPECT_EQ(json_number(1e300), "1.0000000000000001e+300");
  EXPECT_EQ(json_number(NAN), "null");
  EXPECT_EQ(json_number(INFINITY), "null");
  EXPECT_EQ(json_number(-INFINITY), "null");
}

TEST(Json, ObjectsKeepTheirOrder) {
  EXPECT_EQ(JsonObject().text(), "{}");
  EXPECT_EQ(JsonArray().text(), "[]");
  const std::string text = JsonObject()
                               .add("name", "w\n")
                               .add("view", std::string_view("v"))
                               .add("size", 3)
                               .add("large", std::uint64_t{18446744073709551615u})
                               .add("on", true)
                               .add("loss", 0.5)
                               .raw("list", JsonArray().raw("1").raw("null").raw("{}").text())
                               .text();
  EXPECT_EQ(text, R"({"name": "w\u000a", "view": "v", "size": 3, "large": 18446744073709551615, "on": true, )"
                  R"("loss": 0.5, "list": [1, null, {}]})");
}

RC_GTEST_PROP(JsonLaw, AnyDoubleReadsBack, (std::uint64_t seed)) {
  const Random random(seed, Purpose::init, 0);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const double number = std::bit_cast<double>(random.bits(i));
    if (!std::isfinite(number)) continue;
    const std::string text = json_number(number);
    RC_ASSERT(std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr)) == random.bits(i));
    RC_ASSERT(nlohmann::json::accept(text));
  }
}

RC_GTEST_PROP(JsonLaw, AnyBytesMakeAValidString, (const std::string& bytes)) {
  const nlohmann::json read = nlohmann::json::parse(json_string(bytes));
  const bool ascii = std::all_of(bytes.begin(), bytes.end(), [](char c) { return c >= 0; });
  RC_ASSERT(!ascii || read.get<std::string>() == bytes);
  RC_ASSERT(nlohmann::json::accept(JsonObject().add(bytes, bytes).text()));
}

}  // namespace
}  // namespace thalweg
