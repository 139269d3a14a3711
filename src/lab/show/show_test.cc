#include "thalweg/lab/show.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/test_error.h"

namespace thalweg {
namespace {

using nlohmann::json;

std::vector<TracedUpdate> two_updates() {
  return {{.update = 1,
           .lr = 0.5,
           .numbers = {{"plateau.rate", 1}},
           .elements = {{"w[0]", 2, {{"m", 0.25}}, {{"m_hat", 2.5}}, 1.25, -0.25},
                        {"<b>", -4, {{"b", 8}}, {}, -2, 3}}},
          {.update = 20, .lr = 0.125, .loss = 7, .elements = {{"w[0]", NAN, {{"m", 1}}, {}, 0, 1.0 / 3}}}};
}

TEST(Shown, WordsSayWhatIsShown) {
  const auto words = [](const char* text) {
    const Shown shown = read_shown(text);
    return std::string(shown.gradient ? "g" : "") + (shown.state ? "s" : "") + (shown.update ? "u" : "");
  };
  EXPECT_EQ(words("gradient,update,state"), "gsu");
  EXPECT_EQ(words("all"), "gsu");
  EXPECT_EQ(words("state"), "s");
  EXPECT_EQ(words(" update , gradient "), "gu");
  expect_contains(usage_error([] { read_shown("gradients"); }), "did you mean `gradient`?");
  for (const char* bad : {"", ",", "state,", "State"})
    expect_contains(usage_error([&] { read_shown(bad); }), "--show");
}

TEST(Shown, ATableHasAColumnForEachName) {
  EXPECT_EQ(shown_table(two_updates(), read_shown("all")),
            "update  name  loss  gradient     m  b  m_hat  plateau.rate     lr  step       value\n"
            "     1  w[0]               2  0.25       2.5             1    0.5  1.25       -0.25\n"
            "     1  <b>               -4        8                    1    0.5    -2           3\n"
            "    20  w[0]     7               1                          0.125     0  0.33333333\n");
  const std::vector<TracedUpdate> updates = two_updates();
  EXPECT_EQ(shown_table(std::span(updates).first(1), read_shown("update")),
            "update  name   lr  step  value\n"
            "     1  w[0]  0.5  1.25  -0.25\n"
            "     1  <b>   0.5    -2      3\n");
}

TEST(Shown, JsonHasWhatIsAskedFor) {
  const json all = json::parse(shown_json(two_updates(), read_shown("all")));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0], json::parse(R"({"update": 1, "lr": 0.5, "numbers": {"plateau.rate": 1}, "coordinates": [
    {"name": "w[0]", "gradient": 2, "state": {"m": 0.25}, "corrected": {"m_hat": 2.5}, "step": 1.25, "value": -0.25},
    {"name": "<b>", "gradient": -4, "state": {"b": 8}, "corrected": {}, "step": -2, "value": 3}]})"));
  EXPECT_EQ(all[1]["loss"], 7);
  EXPECT_TRUE(all[1]["coordinates"][0]["gradient"].is_null());
  EXPECT_EQ(all[1]["coordinates"][0]["value"], 1.0 / 3);
  const json some = json::parse(shown_json(two_updates(), read_shown("update")));
  EXPECT_EQ(some[0]["coordinates"][0], json::parse(R"({"name": "w[0]", "step": 1.25, "value": -0.25})"));
}

TEST(Shown, APageHasTheTable) {
  const std::string page = shown_html("a < b", "adam | lr(0.1)", two_updates(), read_shown("all"));
  for (const char* part : {"a &lt; b", "adam | lr(0.1)", "&lt;b&gt;", "m_hat", "0.33333333"})
    expect_contains(page, part);
  EXPECT_EQ(page.find("<b>"), page.rfind("<b>"));  // the mark alone
  expect_contains(shown_html("none", "lr(1)", {}, read_shown("all")), "Step by step");
}

}  // namespace
}  // namespace thalweg
