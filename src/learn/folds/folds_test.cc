#include "thalweg/folds.h"

#include <nlohmann/json.hpp>

#include <cmath>

#include "folds/summary.h"
#include "run/test_run.h"

namespace thalweg {
namespace {

using Json = nlohmann::json;

class FoldsTest : public RunTest {
 protected:
  static RunConfig config() {
    RunConfig out = small();
    out.epochs = 1;
    return out;
  }
  static void train(Training& run) {
    for (Report report; run.next(report);) continue;
    run.finish();
  }
  static FoldsResult train(Folds& folds) {
    for (std::uint64_t fold = 1; fold <= folds.count(); ++fold) {
      Training run = folds.open(fold);
      if (!run.finished()) train(run);
    }
    return folds.finish();
  }
};

RunResult result_of(double loss, double accuracy) {
  RunResult out;
  out.test = Evaluation{.samples = 10, .loss = loss, .accuracy = accuracy};
  return out;
}

// numpy: mean and std(ddof=1) of [1, 2, 4] and of [0.9, 0.8, 1.0].
TEST(FoldsSummary, HasMeansAndSampleDeviations) {
  FoldsResult result;
  result.runs = {result_of(1, 0.9), result_of(2, 0.8), result_of(4, 1)};
  summarise(result);
  ASSERT_EQ(result.held_out.size(), 2u);
  EXPECT_EQ(result.held_out[0].name, "loss");
  EXPECT_DOUBLE_EQ(result.held_out[0].mean, 2.3333333333333335);
  EXPECT_DOUBLE_EQ(result.held_out[0].deviation, 1.5275252316519468);
  EXPECT_EQ(result.held_out[0].of, (std::vector<double>{1, 2, 4}));
  EXPECT_EQ(result.held_out[1].name, "accuracy");
  EXPECT_NEAR(result.held_out[1].mean, 0.9, 1e-15);
  EXPECT_NEAR(result.held_out[1].deviation, 0.1, 1e-15);
  EXPECT_TRUE(result.test.empty());
}

TEST(FoldsSummary, LeavesOutWhatIsNotDefined) {
  FoldsResult result;
  result.runs = {result_of(1, NAN), result_of(2, 0.5), result_of(3, NAN)};
  summarise(result);
  EXPECT_EQ(result.held_out[1].mean, 0.5);
  EXPECT_TRUE(std::isnan(result.held_out[1].deviation)) << "of one";
  const Json json = Json::parse(folds_json(result, "x"));
  EXPECT_EQ(json.at("metrics").at("accuracy"),
            (Json{{"mean", 0.5}, {"deviation", nullptr}, {"folds", {nullptr, 0.5, nullptr}}}));
  EXPECT_EQ(json.at("test_metrics"), nullptr);
}

// 39 of 40 rows are of one class: a model that never says the other is right that often. By hand.
TEST(FoldsSummary, SetsWhatNeedsNoModelBesideTheAccuracyAndTellsEachClass) {
  const auto rare = [](double accuracy, double recall) {
    RunResult out = result_of(1, accuracy);
    out.test->baseline = 0.975;
    out.test->classes.names = {"no", "yes"};
    out.test->classes.rows = {39, 1};
    out.test->classes.recall = {{1, recall}, (1 + recall) / 2};
    out.test->classes.balanced_accuracy = (1 + recall) / 2;
    return out;
  };
  FoldsResult result;
  result.runs = {rare(0.975, 0), rare(0.95, 1)};
  summarise(result);
  std::vector<std::string> names;
  for (const FoldMetric& metric : result.held_out) names.push_back(metric.name);
  EXPECT_EQ(names, (std::vector<std::string>{"loss", "accuracy", "baseline", "balanced_accuracy", "recall"}));
  EXPECT_EQ(result.held_out[2].mean, 0.975);
  ASSERT_EQ(result.classes.size(), 2u);
  EXPECT_EQ(result.classes[1].name, "yes");
  EXPECT_EQ(result.classes[1].metrics[0].name, "rows");
  EXPECT_EQ(result.classes[1].metrics[0].mean, 1);
  EXPECT_EQ(result.classes[1].metrics[2].name, "recall");
  EXPECT_EQ(result.classes[1].metrics[2].mean, 0.5);
  EXPECT_NEAR(result.classes[1].metrics[2].deviation, std::sqrt(0.5), 1e-15);
  const Json json = Json::parse(folds_json(result, "x"));
  EXPECT_EQ(json.at("metrics").at("baseline").at("mean"), 0.975);
  EXPECT_EQ(json.at("classes").at("yes").at("recall").at("folds"), (Json{0.0, 1.0}));
  EXPECT_TRUE(has(result.text(), "baseline               0.975"));
  EXPECT_TRUE(has(result.text(), "0.5 +- 0.71")) << result.text();
}

TEST_F(FoldsTest, HoldEveryRowOutOnce) {
  Folds folds = Folds::create(config(), 3, path());
  const FoldsResult result = train(folds);
  ASSERT_EQ(result.runs.size(), 3u);
  std::uint64_t held = 0;
  for (const RunResult& run : result.runs) {
    EXPECT_EQ(run.train.samples + run.test->samples, 1797u);
    EXPECT_EQ(run.test->samples, 599u);
    held += run.test->samples;
  }
  EXPECT_EQ(held, 1797u);
  const Json json = Json::parse(read_text_file(path() / "folds.json"));
  EXPECT_EQ(json.at("folds"), 3);
  EXPECT_EQ(json.at("runs"), (Json{"fold-1", "fold-2", "fold-3"}));
  double sum = 0;
  for (const RunResult& run : result.runs) sum += run.test->accuracy;
  EXPECT_DOUBLE_EQ(json.at("metrics").at("accuracy").at("mean").get<double>(), sum / 3);
  EXPECT_TRUE(has(result.text(), "accuracy"));
  EXPECT_EQ(evaluate_run(path() / "fold-2").test.loss, result.runs[1].test->loss) << "a run like others";
}

TEST_F(FoldsTest, HaveATestPartThatNoneOfThemSees) {
  RunConfig tested = config();
  tested.rows.parts.test = "0.1";
  Folds folds = Folds::create(tested, 2, path());
  const FoldsResult result = train(folds);
  for (const RunResult& run : result.runs) {
    EXPECT_EQ(run.test->samples, 179u);
    EXPECT_EQ(run.held_out->samples, 809u);
  }
  ASSERT_FALSE(result.test.empty());
  EXPECT_EQ(result.test[0].of[1], result.runs[1].test->loss);
  EXPECT_EQ(result.held_out[0].of[1], result.runs[1].held_out->loss);
}

TEST_F(FoldsTest, GoOnWhereTheyWereLeft) {
  {
    Folds whole = Folds::create(config(), 2, path("whole"));
    train(whole);
    Folds folds = Folds::create(config(), 2, path());
    Training first = folds.open(1);
    train(first);
    Training second = folds.open(2);
    advance(second, 4);
    second.save();
  }
  EXPECT_TRUE(Folds::are_in(path()));
  EXPECT_FALSE(Folds::are_in(path() / "fold-1"));
  Folds folds = Folds::resume(path(), 2);
  EXPECT_EQ(folds.count(), 2u);
  train(folds);
  for (const char* fold : {"run/fold-1", "run/fold-2"})
    EXPECT_EQ(read_text_file(checkpoint(15, fold)),
              read_text_file(checkpoint(15, "whole" + std::string(fold).substr(3))));
  EXPECT_EQ(Json::parse(read_text_file(path() / "folds.json")).at("metrics"),
            Json::parse(read_text_file(path("whole") / "folds.json")).at("metrics"));
}

TEST_F(FoldsTest, ThatCannotBeAreRefused) {
  error_of(Code::usage, [&] { Folds::create(config(), 1, path()); });
  error_of(Code::usage, [&] { Folds::create(config(), 1798, path()); });
  RunConfig held = config();
  held.rows.parts.held_out = "0.2";
  EXPECT_TRUE(has(error_of(Code::usage, [&] { Folds::create(held, 3, path()); }),
                  "folds: every fold is held out in turn; got --held-out 0.2"));
  RunConfig bad = config();
  bad.loss = "mse(weight=[1])";
  error_of(Code::usage, [&] { Folds::create(bad, 3, path()); });
  EXPECT_FALSE(fs::exists(path()));
  error_of(Code::data, [&] { Folds::resume(path()); });
  Folds folds = Folds::create(config(), 2, path());
  error_of(Code::usage, [&] { folds.open(3); });
  error_of(Code::usage, [&] { Folds::resume(path()); });  // in use
  error_of(Code::usage, [&] { Folds::create(config(), 2, path()); });
  error_of(Code::data, [&] { folds.finish(); });
}

}  // namespace
}  // namespace thalweg
