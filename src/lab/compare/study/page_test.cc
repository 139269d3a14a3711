#include <gtest/gtest.h>

#include <cmath>

#include "thalweg/lab/study.h"

namespace thalweg {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// Three optimizers of mean ranks 1, 2.5 and 2.5 on two data sets, the critical difference as it is given.
StudyResult three(double critical_difference) {
  StudyResult out;
  out.blocks = {"csv(a<b.csv)", "csv(c.csv)"};
  out.measures = {"accuracy", "R2"};
  out.folds = 5;
  out.optimizers = {{"a<", 1, 1, {1, 1}, {0.97, 0.5}, {0.01, 0.25}},
                    {"b", 2.5, 0.1, {2, 3}, {0.9, -INFINITY}, {0.02, NAN}},
                    {"c", 2.5, 0.1, {3, 2}, {0.8, 0.4}, {0.03, 0.125}}};
  out.critical_difference = critical_difference;
  out.parts = {{"data-1", "csv(a<b.csv)", "a< is best"}, {"data-2", "csv(c.csv)", "none & all"}};
  return out;
}

TEST(StudyPage, HasRanksScoresAndTheWayToEachComparison) {
  const std::string html = study_html(three(1.5));
  for (const char* part :
       {"<h1>", "a mean rank of 1.00 over 2 data sets", "Iman and Davenport", "critical difference 1.50",
        "97.00 \u00b1 1.00 % (1)", "diverged (3)", "0.4000 \u00b1 0.1250 (2)", "2 of 2",
        "<a href=\"data-2/report.html\">csv(c.csv)</a></dt><dd>none &amp; all</dd>", "a&lt;b.csv"})
    EXPECT_TRUE(has(html, part)) << part;
  for (const char* part : {"nan", "inf", "<script", "a<b"}) EXPECT_FALSE(has(html, part)) << part;
}

// The picture is 560 wide with 24 at either side: a rank is 256 wide.
TEST(StudyPage, DrawsHalfTheCriticalDifferenceToBothSides) {
  const std::string html = study_html(three(1));
  EXPECT_TRUE(has(html, "M24 72H152")) << "1 to 1.5; no rank is below 1";
  EXPECT_TRUE(has(html, "M280 118H536")) << "2 to 3";
  EXPECT_TRUE(has(html, "M24 26H280")) << "the ruler";
  const std::string wide = study_html(three(3));
  EXPECT_TRUE(has(wide, "M24 26H536")) << "all that there is room for";
  EXPECT_TRUE(has(wide, "critical difference 3.00"));
}

TEST(StudyPage, SaysThatFoldsAreNotIndependent) {
  StudyResult folds = three(1.5);
  folds.of_folds = true;
  folds.f = INFINITY;
  folds.f_p = 0;
  const std::string html = study_html(folds);
  EXPECT_TRUE(has(html, "Folds share most of the rows"));
  EXPECT_TRUE(has(html, "F(2, 2) = \u221e, p 0"));
  EXPECT_FALSE(has(html, "the deviation over the folds"));
}

}  // namespace
}  // namespace thalweg
