#include "compare/comparison.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace thalweg::page {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

ComparedRow row(const std::string& name, double median) {
  ComparedRow out;
  out.name = name;
  out.score = "97.20 %";
  out.quartiles = "96 to 98";
  out.scores = {median - 1, median, median + 1};
  out.low = median - 0.5;
  out.median = median;
  out.high = median + 0.5;
  out.curve = {{1, median / 2}, {2, median}};
  out.rates = {{0.01, median}, {0.1, NAN}, {1, median / 3}};
  out.chosen = out.rates[0];
  return out;
}

ComparisonPage page() {
  ComparisonPage out;
  out.headline = "a <leads>";
  out.doubt = "Five seeds cannot prove it.";
  out.score_name = "accuracy";
  out.unit = "%";
  out.rows = {row("a", 97), row("b", 90)};
  out.pairs = {{"a", "b", "0.06", "0.06"}};
  return out;
}

TEST(ComparisonPage, SaysWhichOneAndHowSureFirst) {
  const std::string html = render(page());
  EXPECT_TRUE(has(html, "<h1>a &lt;leads&gt;</h1>"));
  EXPECT_LT(html.find("Five seeds cannot prove it."), html.find("<table"));
  for (const char* part : {"<svg", "The rates tried", "Every run", "On the way", "All pairs"})
    EXPECT_TRUE(has(html, part)) << part;
  for (const char* part : {"nan", "http://", "https://", " src="}) EXPECT_FALSE(has(html, part)) << part;
  EXPECT_FALSE(has(html, "Updates to it"));
}

TEST(ComparisonPage, AColumnForTheTargetWhereThereIsOne) {
  ComparisonPage with = page();
  with.target = "97%";
  EXPECT_TRUE(has(render(with), "Updates to it"));
}

TEST(ComparisonPage, RunsThatDivergedAreNotDrawn) {
  ComparisonPage bad = page();
  for (ComparedRow& row : bad.rows) {
    row.scores.clear();
    row.low = row.median = row.high = -INFINITY;
    row.curve = {{1, NAN}};
  }
  const std::string html = render(bad);
  EXPECT_FALSE(has(html, "inf\""));
  bad.rows[0] = row("a", 97);
  EXPECT_TRUE(has(render(bad), "every run diverged"));
}

TEST(ComparisonPage, UntunedRatesHaveNoPicture) {
  ComparisonPage untuned = page();
  for (ComparedRow& row : untuned.rows) row.rates.resize(1);
  EXPECT_FALSE(has(render(untuned), "The rates tried"));
}

}  // namespace
}  // namespace thalweg::page
