#include "draw/html.h"

#include <gtest/gtest.h>

#include "draw/chart.h"

namespace thalweg::page {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Escape, Markup) { EXPECT_EQ(escape("a<b> & \"c\" 'd'"), "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;"); }

TEST(Escape, LeavesUtf8AndLines) { EXPECT_EQ(escape("η\t= 1\r\n\\n"), "η\t= 1\n\\n"); }

TEST(Escape, ReplacesWhatIsNoText) {
  EXPECT_EQ(escape(std::string_view("a\0b\x1b\x7f", 5)), "a\ufffdb\ufffd\ufffd");
  EXPECT_EQ(escape("\xff\xc3"), "\ufffd\ufffd");
}

TEST(Escape, ShowsWhatNobodySees) { EXPECT_EQ(escape("a\u202eb\u200b\u009b"), "a\\u202eb\\u200b\\u009b"); }

TEST(Table, CutsLongNamesAndKeepsThemOnOneLine) {
  const std::string html = table({"All.", {"Run", "x\ny"}, {{std::string(3000, 'a'), "1"}}, 1});
  EXPECT_TRUE(has(html, "<th scope=\"col\">x\\ny</th>"));
  EXPECT_TRUE(has(html, "a\u2026a"));
  EXPECT_FALSE(has(html, std::string(300, 'a')));
}

TEST(Verbatim, KeepsAFirstEmptyLine) { EXPECT_TRUE(has(verbatim("Plan", "\n x"), ">\n\n x</pre>")); }

TEST(Verbatim, EmptyTextIsLeftOut) {
  EXPECT_EQ(verbatim("Plan", ""), "");
  EXPECT_EQ(verbatim("Plan", " \n"), "");
  EXPECT_EQ(section("plan", "Plan", ""), "");
}

TEST(Command, IsBrokenBetweenWordsAlone) {
  const std::string html = made_by("thalweg schedule \"linear(1)\" --total 5 --html a.html");
  EXPECT_TRUE(has(html,
                  "schedule &quot;linear(1)&quot; <span class=\"whole\">--total</span> 5 "
                  "<span class=\"whole\">--html</span> a.html</pre>"));
  EXPECT_EQ(made_by(""), "");
}

TEST(Document, AHeadingKeepsNumbersWithTheirSign) {
  EXPECT_TRUE(has(document({.title = "a: 98.05 %, b: 7 %", .subject = "x"}),
                  "<h1>a: 98.05\u00a0%, b: 7\u00a0%</h1>"));
}

TEST(Tiles, WithoutValueAreLeftOut) {
  EXPECT_EQ(tiles({{"Loss", "", "", ""}}, "facts"), "");
  const std::string two = tiles({{"Loss", "1 < 2", "best", "train"}, {"Time", "", "", ""}}, "facts");
  EXPECT_TRUE(has(two, "<dt class=\"key train\">Loss</dt><dd>1 &lt; 2</dd><dd class=\"note\">best</dd>"));
  EXPECT_FALSE(has(two, "Time"));
}

TEST(Table, HeadsRowsAndColumns) {
  Table made{"All.", {"Epoch", "Loss"}, {{"1", "0.5"}, {"2", "0.4"}}, 1};
  const std::string html = table(made);
  EXPECT_TRUE(has(html, "<th scope=\"col\">Loss</th>"));
  EXPECT_TRUE(has(html, "<tr><th scope=\"row\">1</th><td>0.5</td></tr>"));
  EXPECT_TRUE(has(html, "<tr class=\"best\"><th scope=\"row\">2</th>"));
}

TEST(Choices, AreButtonsWithoutAScript) {
  const std::string html = choices("by", "By <", {{"epochs", "<p>a</p>"}, {"updates", "<p>b</p>"}});
  EXPECT_TRUE(has(html, "aria-label=\"By &lt;\""));
  EXPECT_TRUE(
      has(html, "<input type=\"radio\" name=\"by\" id=\"by-0\" checked><label for=\"by-0\">epochs</label>"));
  EXPECT_TRUE(has(html, "<input type=\"radio\" name=\"by\" id=\"by-1\"><label for=\"by-1\">updates</label>"));
  EXPECT_LT(html.find("<p>a</p>"), html.find("<p>b</p>"));
  EXPECT_EQ(choices("by", "By", {{"epochs", "<p>a</p>"}}), "<p>a</p>");
  EXPECT_EQ(choices("by", "By", {}), "");
}

TEST(Document, AsksNothingOfAnybody) {
  const std::string html = document({.title = "a & b", .subject = "", .heading = "a"});
  EXPECT_TRUE(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
  EXPECT_TRUE(has(html, "<title>a &amp; b \u2013 Thalweg</title>"));
  EXPECT_TRUE(has(html, "name=\"viewport\""));
  EXPECT_TRUE(has(html, "default-src 'none'"));
  EXPECT_TRUE(has(html, "prefers-color-scheme: dark"));
  for (const char* word : {"http://", "https://", "@import", "url(", "<script", "src=", "</style>\n<style"}) {
    EXPECT_FALSE(has(html, word)) << word;
  }
}

TEST(Document, RunsNoScriptButThoseItNames) {
  // printf 'let a = 1;\n' | sha256sum; the same | openssl dgst -sha256 -binary | base64
  const Asset script{"let a = 1;\n", "dec9932ac327157f62d0e1829b89ffec6004cee770091de4881bde37c8d55009"};
  const std::string html = document({.title = "a", .subject = "", .heading = "a", .scripts = {script}});
  EXPECT_TRUE(has(html, "<script>let a = 1;\n</script>\n</body>"));
  EXPECT_TRUE(has(html, "script-src 'sha256-3smTKsMnFX9i0OGCm4n/7GAEzudwCR3kiBveN8jVUAk='; "));
  EXPECT_FALSE(has(html, "unsafe-inline'; script") || has(html, "script-src 'unsafe"));
}

TEST(Document, WithChartsHasTheirScript) {
  const auto with = [](const char* body) {
    return document({.title = "a", .subject = "", .heading = "a", .body = body});
  };
  const std::string html = with("<svg data-x=\"0 1 0 1 linear\"></svg>");
  EXPECT_TRUE(has(html, "<script>" + std::string(kChartJs.text) + "</script>"));
  EXPECT_EQ(kChartJs.sha256.size(), 64u);
  EXPECT_FALSE(has(with("<svg></svg> data-x="), "<script"));
}

TEST(Document, DataCannotEndTheirBlock) {
  const std::string html =
      document({.title = "a", .subject = "", .heading = "<b>", .data = "{\"a\": \"</script>\"}"});
  EXPECT_TRUE(has(html, "id=\"data\">{\"a\": \"\\u003c/script>\"}</script>"));
  EXPECT_TRUE(has(html, "<h1>&lt;b&gt;</h1>"));
}

}  // namespace
}  // namespace thalweg::page
