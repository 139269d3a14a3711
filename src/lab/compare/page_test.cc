#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "compare/result.h"

namespace thalweg {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

ComparedOptimizer optimizer(const std::string& name, double median) {
  ComparedOptimizer out;
  out.given = name;
  out.chain = name + "(lr=0.01)";
  out.rates = {{.rate = 0.01, .score = median, .loss = 1 - median},
               {.rate = 0.1, .score = NAN, .loss = NAN},
               {.rate = 1, .score = median / 3, .loss = 2}};
  for (const double off : {-0.01, 0.0, 0.01}) {
    const ComparedEpoch first{.update = 1, .loss = 1, .score = median / 2};
    out.trials.push_back(
        {.optimizer = name, .epochs = {first, {.update = 2, .loss = 1, .score = median + off}}});
  }
  return out;
}

ComparisonResult two() {
  ComparisonResult out;
  out.config.epochs = 2;
  out.config.batch = 64;
  out.options.seeds = 3;
  out.score_name = "accuracy";
  out.optimizers = {optimizer("a<", 0.97), optimizer("b", 0.9)};
  return out;
}

std::string page_of(ComparisonResult result) {
  judge(result);
  return comparison_html(result);
}

TEST(ComparisonPage, SaysWhichOneAndHowSureFirst) {
  ComparisonResult result = two();
  const std::string html = page_of(result);
  judge(result);
  EXPECT_TRUE(has(html, "<h1>a&lt;"));
  EXPECT_LT(html.find("<p class=\"sure\">"), html.find("<table"));
  for (const char* part : {"<svg", "Learning rates tried", "Every run", "<h3>Held-out accuracy</h3>",
                           "<h3>Held-out loss</h3>", "All pairs", "97.00 %"})
    EXPECT_TRUE(has(html, part)) << part;
  const std::string still = html.substr(0, html.find("<script>"));
  for (const char* part : {"nan", "http://", "https://", " src="}) EXPECT_FALSE(has(still, part)) << part;
  EXPECT_FALSE(has(html, "Updates to it"));
}

// The charts begin with the range of the better half: whoever is not in it is named.
TEST(ComparisonPage, SaysWhomARangeLeavesOut) {
  ComparisonResult result = two();
  result.optimizers = {optimizer("a", 0.97), optimizer("b", 0.96), optimizer("far", 0.2)};
  EXPECT_TRUE(has(page_of(result), "The range of the better half leaves out far."));
  result.optimizers.pop_back();
  EXPECT_FALSE(has(page_of(result), "leaves out"));
}

TEST(ComparisonPage, AColumnForTheTargetWhereThereIsOne) {
  ComparisonResult with = two();
  with.options.target_accuracy = 0.97;
  EXPECT_TRUE(has(page_of(with), "Updates to it"));
}

TEST(ComparisonPage, RunsThatDivergedAreNotDrawn) {
  ComparisonResult bad = two();
  for (ComparedOptimizer& o : bad.optimizers) {
    for (ComparedTrial& run : o.trials) {
      run.diverged = true;
      run.epochs.clear();
    }
  }
  EXPECT_FALSE(has(page_of(bad), "inf\""));
  bad.optimizers[0] = optimizer("a", 0.97);
  EXPECT_TRUE(has(page_of(bad), "every run diverged"));
}

TEST(ComparisonPage, UntunedRatesHaveNoPicture) {
  ComparisonResult untuned = two();
  for (ComparedOptimizer& o : untuned.optimizers) o.rates.resize(1);
  EXPECT_FALSE(has(page_of(untuned), "Learning rates tried"));
}

TEST(ComparisonPage, ShowsTheLossWhereTheScoreIsNotDefined) {
  ComparisonResult result = two();
  result.score_name = "R2";
  for (ComparedOptimizer& o : result.optimizers) {
    for (ComparedTrial& trial : o.trials) {
      for (ComparedEpoch& epoch : trial.epochs) epoch.score = NAN;
    }
  }
  const std::string html = page_of(result);
  for (const char* part : {"leads with loss 1", "Held-out loss", "R2 is not defined", "held-out loss</text>"})
    EXPECT_TRUE(has(html, part)) << part;
  const std::string still = html.substr(0, html.find("<script>"));
  for (const char* part : {"diverged</td>", "every run diverged", "nan"})
    EXPECT_FALSE(has(still, part)) << part;
}

}  // namespace
}  // namespace thalweg
