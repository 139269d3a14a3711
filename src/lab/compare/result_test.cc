#include "compare/result.h"

#include <gtest/gtest.h>

#include <cmath>

#include "thalweg/error.h"

namespace thalweg {
namespace {

ComparedTrial trial(std::uint64_t seed, double score, double loss = 1) {
  return {.optimizer = "",
          .seed = seed,
          .epochs = {{.update = 10, .seconds = 0.1, .loss = loss + 1, .score = score / 2},
                     {.update = 20, .seconds = 0.2, .loss = loss, .score = score}}};
}

ComparedOptimizer optimizer(const std::string& name, const std::vector<double>& scores) {
  ComparedOptimizer out;
  out.given = name;
  out.rates = {{.factor = 1, .rate = 0.1, .score = 0.5, .loss = 1}};
  for (std::size_t i = 0; i < scores.size(); ++i) out.trials.push_back(trial(i + 1, scores[i]));
  return out;
}

ComparisonResult result(std::vector<ComparedOptimizer> optimizers, CompareOptions options = {}) {
  ComparisonResult out;
  out.config.epochs = 2;
  out.config.batch = 64;
  out.options = options;
  out.options.seeds = optimizers.front().trials.size();
  out.score_name = "accuracy";
  out.optimizers = std::move(optimizers);
  judge(out);
  return out;
}

using Standing = ComparedOptimizer::Standing;

TEST(CompareResult, TheBestIsFirstAndOthersAreComparedWithIt) {
  const ComparisonResult r = result({optimizer("a", {0.5, 0.6, 0.7}), optimizer("b", {0.9, 0.8, 0.7})});
  EXPECT_EQ(r.optimizers[0].given, "b");
  EXPECT_EQ(r.optimizers[0].score.value, 0.8);
  EXPECT_EQ(r.optimizers[0].score.low, 0.75);
  EXPECT_EQ(r.optimizers[0].against_best.standing, Standing::first);
  EXPECT_DOUBLE_EQ(r.optimizers[0].average_rank, (1 + 1 + 1.5) / 3);
  EXPECT_DOUBLE_EQ(r.optimizers[1].average_rank, (2 + 2 + 1.5) / 3);
  EXPECT_EQ(r.optimizers[0].seeds_best, 3u);
  EXPECT_EQ(r.optimizers[1].seeds_best, 1u);
  EXPECT_EQ(r.optimizers[1].against_best.worse, 2u);
  EXPECT_EQ(r.optimizers[1].against_best.equal, 1u);
  EXPECT_NEAR(r.optimizers[1].against_best.behind, 0.2, 1e-15);
  EXPECT_EQ(r.optimizers[1].against_best.p, 0.5);  // two pairs that differ: 2 / 2^2
  EXPECT_EQ(r.optimizers[1].against_best.standing, Standing::close);
  EXPECT_EQ(r.least_p, 0.25);
  EXPECT_EQ(r.seeds_to_decide, 6u);
}

TEST(CompareResult, FiveSeedsSayInHowManyItIsWorseAndNoMore) {
  const ComparisonResult r =
      result({optimizer("a", {1, 0.98, 0.97, 0.99, 0.96}), optimizer("b", {.1, .2, .3, .4, .5}),
              optimizer("c", {0.9, 0.99, 0.9, 0.9, 0.9})});
  EXPECT_EQ(r.optimizers[1].given, "c");
  EXPECT_EQ(r.optimizers[1].against_best.standing, Standing::close);
  EXPECT_EQ(r.optimizers[2].against_best.standing, Standing::always_worse);
  EXPECT_EQ(r.least_p, 3 * 0.0625);
  EXPECT_EQ(r.headline(), "a leads with 98.00 %, not clearly ahead of c");
  EXPECT_NE(r.doubt().find("5 seeds cannot prove it"), std::string::npos) << r.doubt();
  EXPECT_NE(r.doubt().find("7 seeds could"), std::string::npos) << r.doubt();
}

TEST(CompareResult, EnoughSeedsTellThemApart) {
  std::vector<double> good, bad;
  for (int i = 0; i < 8; ++i) {
    good.push_back(0.9 + i / 100.0);
    bad.push_back(0.8 - i / 50.0);
  }
  const ComparisonResult r = result({optimizer("bad", bad), optimizer("good", good)});
  EXPECT_EQ(r.optimizers[1].against_best.standing, Standing::told_apart);
  EXPECT_EQ(r.optimizers[1].against_best.p, 2.0 / 256);
  EXPECT_EQ(r.headline(), "good is best: 93.50 %");
  EXPECT_NE(r.doubt().find("differs significantly from bad"), std::string::npos) << r.doubt();
}

TEST(CompareResult, ATrialThatDivergedIsWorst) {
  std::vector<ComparedOptimizer> two = {optimizer("a", {0.5, 0.6, 0.7}), optimizer("b", {0.4, 0.5, 0.6})};
  two[0].trials[1].diverged = two[0].trials[2].diverged = true;
  two[1].trials[2].diverged = true;
  const ComparisonResult r = result(two);
  EXPECT_EQ(r.optimizers[0].given, "b");
  EXPECT_EQ(r.optimizers[1].diverged, 2u);
  EXPECT_EQ(r.optimizers[1].score.value, -INFINITY);
  EXPECT_EQ(r.optimizers[1].loss.value, INFINITY);
  EXPECT_EQ(r.optimizers[1].against_best.equal, 1u);
  EXPECT_EQ(r.json().find("nan"), std::string::npos);
  EXPECT_EQ(r.json().find("inf"), std::string::npos);
}

TEST(CompareResult, TheTargetIsReachedByHalfOrByNone) {
  const ComparisonResult r =
      result({optimizer("a", {0.9, 0.9, 0.5}), optimizer("b", {0.6, 0.6, 0.9})}, {.target_accuracy = 0.8});
  EXPECT_EQ(r.optimizers[0].target.reached, 2u);
  EXPECT_EQ(r.optimizers[0].target.updates, 20);
  EXPECT_EQ(r.optimizers[0].target.seconds, 0.2);
  EXPECT_EQ(r.optimizers[1].target.reached, 1u);
  EXPECT_EQ(r.optimizers[1].target.updates, INFINITY);
  const ComparisonResult early = result({optimizer("a", {0.9}), optimizer("b", {0.6})}, {.target_loss = 2});
  EXPECT_EQ(early.optimizers[0].target.updates, 10);
}

TEST(CompareResult, TheBestRateIsThatOfTheLowestLoss) {
  Contender c;
  c.given = "a";
  // One sample more that is right says less than a loss of a hundredth.
  EXPECT_EQ(best_rate(c, {{.rate = 0.00178, .score = 28. / 29, .loss = 0.108},
                          {.rate = 0.562, .score = 1, .loss = 12.2}}),
            0u);
  const std::vector<TriedRate> rates = {{.rate = 1, .score = 0.5, .loss = 1},
                                        {.rate = 2, .score = 0.8, .loss = 2},
                                        {.rate = 3, .score = 0.7, .loss = 1},
                                        {.rate = 4, .score = 0.7, .loss = 1},
                                        {.rate = 5, .score = NAN, .loss = NAN}};
  EXPECT_EQ(best_rate(c, rates), 2u);
  EXPECT_EQ(best_rate(c, {{.score = NAN, .loss = 2}, {.score = NAN, .loss = 1}}), 1u);  // R2 is not defined
  EXPECT_THROW(best_rate(c, {{.score = NAN, .loss = NAN}}), Error);
}

// Trials of values whose held-out targets are all the same.
ComparedOptimizer by_loss(const std::string& name, const std::vector<double>& losses) {
  ComparedOptimizer out = optimizer(name, {});
  for (std::size_t i = 0; i < losses.size(); ++i) out.trials.push_back(trial(i + 1, NAN, losses[i]));
  return out;
}

TEST(CompareResult, TheLossDecidesWhereTheScoreIsNotDefined) {
  ComparisonResult r = result({by_loss("a", {2, 3, 4}), by_loss("b", {1, 2, 3}), by_loss("c", {0, 0, 0})});
  r.optimizers[0].trials[0].diverged = r.optimizers[0].trials[1].diverged = true;  // c
  r.score_name = "R2";
  judge(r);
  EXPECT_TRUE(r.by_loss);
  EXPECT_EQ(r.measure(), "loss");
  EXPECT_EQ(r.optimizers[0].given, "b");
  EXPECT_EQ(r.optimizers[1].given, "a");
  EXPECT_EQ(r.optimizers[2].given, "c");
  EXPECT_EQ(r.optimizers[0].diverged, 0u);
  EXPECT_EQ(r.optimizers[0].loss.value, 2);
  EXPECT_TRUE(std::isnan(r.optimizers[0].score.value));
  EXPECT_EQ(r.optimizers[1].against_best.behind, 1);
  EXPECT_EQ(r.optimizers[1].against_best.worse, 3u);
  EXPECT_EQ(r.headline(), "b leads with loss 2, not clearly ahead of c");
  EXPECT_NE(r.doubt().find("R2 is not defined on the held-out samples"), std::string::npos) << r.doubt();
  EXPECT_NE(r.text().find("undefined"), std::string::npos) << r.text();
  EXPECT_NE(r.json().find("\"measure\": \"loss\""), std::string::npos);
  EXPECT_NE(r.json().find("\"score\": {\"low\": null, \"median\": null, \"high\": null}"), std::string::npos);
}

TEST(CompareResult, NobodyLeadsWhereAllDiverged) {
  std::vector<ComparedOptimizer> two = {optimizer("a", {0.5, 0.6, 0.7}), optimizer("b", {0.4, 0.5, 0.6})};
  for (ComparedOptimizer& o : two) o.trials[0].diverged = o.trials[1].diverged = true;
  const ComparisonResult r = result(two);
  EXPECT_EQ(r.headline(), "No optimizer leads: half or more of the trainings of each diverged");
  EXPECT_NE(r.text().find("diverged"), std::string::npos);
  EXPECT_EQ(r.text().find("leads with"), std::string::npos);
}

TEST(CompareResult, NamesAreShownOnOneLine) {
  ComparisonResult r = result({optimizer("a\n\x1b[31m", {0.5}), optimizer(std::string(3000, 'b'), {0.4})});
  EXPECT_EQ(r.text().find('\x1b'), std::string::npos);
  EXPECT_TRUE(r.headline().starts_with("a\\n\\u001b[31m")) << r.headline();
  EXPECT_LT(r.text().size(), 3000u);
  EXPECT_NE(r.json().find("a\\u000a\\u001b[31m"), std::string::npos);
  EXPECT_NE(r.json().find(std::string(3000, 'b')), std::string::npos);
}

}  // namespace
}  // namespace thalweg
