#include "thalweg/lab/study.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>

#include "compare/result.h"
#include "data/test_files.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

using Json = nlohmann::json;

// A comparison of a, b and c with these medians of the accuracy, in another order for each.
ComparisonResult compared(const std::string& data, const std::vector<double>& scores, bool by_loss = false) {
  ComparisonResult out;
  out.config.data = data;
  out.score_name = "accuracy";
  out.by_loss = by_loss;
  const std::vector<std::string> names = {"a", "b", "c"};
  for (std::size_t i = 0; i < scores.size(); ++i) {
    ComparedOptimizer one;
    one.given = names[i];
    (by_loss ? one.loss : one.score) = {scores[i], scores[i], scores[i]};
    out.optimizers.insert(out.optimizers.begin(), one);
  }
  return out;
}

// Ranks 1 2 3, 1 3 2, 2 1 3 and, by the loss, 1 2 3; scipy.stats.friedmanchisquare of them.
TEST(Study, RanksOverDataSets) {
  const std::vector<StudyPart> parts = {{.set = 0}, {.set = 1}, {.set = 2}, {.set = 3}};
  const StudyResult result =
      study(parts, {compared("w", {0.9, 0.8, 0.7}), compared("x", {0.9, 0.7, 0.8}),
                    compared("y", {0.8, 0.9, 0.7}), compared("z", {0.1, 0.2, 0.3}, true)});
  EXPECT_FALSE(result.of_folds);
  EXPECT_EQ(result.blocks, (std::vector<std::string>{"w", "x", "y", "z"}));
  EXPECT_EQ(result.measures, (std::vector<std::string>{"accuracy", "accuracy", "accuracy", "loss"}));
  ASSERT_EQ(result.optimizers.size(), 3u);
  EXPECT_EQ(result.optimizers[0].given, "a");
  EXPECT_EQ(result.optimizers[0].mean_rank, 1.25);
  EXPECT_EQ(result.optimizers[1].given, "b");
  EXPECT_EQ(result.optimizers[1].ranks, (std::vector<double>{2, 3, 1, 2}));
  EXPECT_EQ(result.optimizers[1].mean_rank, 2);
  EXPECT_EQ(result.optimizers[2].mean_rank, 2.75);
  EXPECT_NEAR(result.chi_square, 4.5, 1e-12);
  EXPECT_NEAR(result.p, 0.10539922456186433, 1e-14);
  EXPECT_NEAR(result.f, 27.0 / 7, 1e-12) << "3 * 4.5 / (8 - 4.5)";
  EXPECT_NEAR(result.f_p, 0.083740234375, 1e-14) << "scipy.stats.f.sf";
  EXPECT_NEAR(result.critical_difference, 2.343700586378409 * std::sqrt(12.0 / 24), 1e-8);
  EXPECT_EQ(result.headline(),
            "No optimizer is told apart: a has a mean rank of 1.25 over 4 data sets, Friedman's p 0.11");
  const Json json = Json::parse(result.json());
  EXPECT_EQ(json.at("over"), "data sets");
  EXPECT_EQ(json.at("optimizers").at(0).at("optimizer"), "a");
  EXPECT_EQ(json.at("optimizers").at(0).at("scores"), (Json{0.9, 0.9, 0.8, 0.1}));
  EXPECT_EQ(json.at("f_degrees_of_freedom"), (Json{2, 6}));
  EXPECT_NE(
      result.text().find("chi-square(2) = 4.500, p 0.105; Iman and Davenport's: F(2, 6) = 3.857, p 0.0837."),
      std::string::npos)
      << result.text();
}

TEST(Study, TellsApartWhatIsFurtherThanTheCriticalDifference) {
  std::vector<StudyPart> parts;
  std::vector<ComparisonResult> results;
  for (std::size_t i = 0; i < 12; ++i) {
    parts.push_back({.set = i});
    results.push_back(compared(std::to_string(i), {0.9, i % 2 == 0 ? 0.95 : 0.85, 0.5}));
  }
  const StudyResult result = study(parts, results);
  EXPECT_LT(result.p, 0.05);
  EXPECT_TRUE(result.headline().starts_with(
      "a leads with a mean rank of 1.50 over 12 data sets, not clearly ahead of b"))
      << result.headline();
  EXPECT_EQ(result.optimizers[2].given, "c");
  EXPECT_LT(result.optimizers[2].p, 0.05);
}

TEST(Study, TakesTheMeanOverTheFoldsOfADataSet) {
  std::vector<StudyPart> parts;
  std::vector<ComparisonResult> results;
  for (std::size_t set = 0; set < 2; ++set) {
    for (std::uint64_t fold = 1; fold <= 3; ++fold) {
      parts.push_back({.set = set, .fold = fold});
      results.push_back(compared(set == 0 ? "x" : "y", {0.7 + 0.1 * static_cast<double>(fold), 0.5, 0.6}));
    }
  }
  const StudyResult result = study(parts, results);
  EXPECT_EQ(result.blocks.size(), 2u);
  EXPECT_EQ(result.folds, 3u);
  EXPECT_NEAR(result.optimizers[0].scores[1], 0.9, 1e-15);
  EXPECT_NEAR(result.optimizers[0].deviations[1], 0.1, 1e-15);
  EXPECT_EQ(result.optimizers[1].given, "c");
}

TEST(Study, OfOneDataSetRanksItsFolds) {
  const std::vector<StudyPart> parts = {{.set = 0, .fold = 1}, {.set = 0, .fold = 2}};
  const StudyResult result =
      study(parts, {compared("x", {0.9, 0.8, 0.7}), compared("x", {0.9, 0.8, -INFINITY})});
  EXPECT_TRUE(result.of_folds);
  EXPECT_EQ(result.blocks, (std::vector<std::string>{"fold 1", "fold 2"}));
  EXPECT_EQ(result.optimizers[2].mean_rank, 3) << "a divergence is the worst";
  EXPECT_NE(result.text().find("Folds share most of the rows"), std::string::npos);
  EXPECT_NE(result.text().find("diverged"), std::string::npos) << result.text();
}

TEST(Study, ThatCannotRankIsRefused) {
  const CompareOptions two{.optimizers = {"sgd", "adam"}};
  const TestFolder folder;
  const auto refused = [&](const RunConfig& config, const CompareOptions& options,
                           const StudyOptions& wanted) {
    EXPECT_NE(error_of(Code::usage, [&] { plan_study(config, options, wanted, folder.path() / "s"); }), "");
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "s"));
  };
  refused({}, two, {});
  refused({}, {.optimizers = {"sgd"}}, {.folds = 3});
  refused({}, two, {.folds = 1});
  refused({.rows = {.parts = {.held_out = "0.3"}}}, two, {.folds = 3});
  refused({}, two, {.data = {"digits", "digits | nothing"}});
  refused({}, two, {.folds = 5000});
}

}  // namespace
}  // namespace thalweg
