// Which weights and which rows `eval` and `predict` mean, and what they say of both.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "run/test_run.h"

namespace thalweg {
namespace {

class UsedWeights : public RunTest {
 protected:
  RunResult train(const RunConfig& config) {
    fs::remove_all(path());
    Training run = Training::create(config, path());
    advance(run, UINT64_MAX);
    return run.finish();
  }
  std::string csv(const std::string& name, const std::string& rows) const {
    replace_file(path(name), rows);
    return "csv(" + path(name).string() + ")";
  }
  static RunConfig table(const std::string& data, const char* model = "dense(1)") {
    RunConfig config;
    config.data = data;
    config.model = model;
    config.optimizer = "adam(lr=0.05)";
    config.epochs = 60;
    config.batch = 20;
    return config;
  }
};

TEST_F(UsedWeights, AreTheBestWhereTheTrainingRestoresThemElseTheLast) {
  RunConfig config = getting_worse();
  for (const bool restored : {true, false}) {
    config.early_stopping.restore_best = restored;
    const RunResult result = train(config);
    const RunEvaluation evaluation = evaluate_run(path());
    const RunPredictions predictions = predict_run(path());
    const char* const name = restored ? "best" : "last";
    EXPECT_EQ(result.of_best, restored);
    EXPECT_EQ(evaluation.test.loss, result.test->loss);
    EXPECT_EQ(evaluation.weights, name);
    EXPECT_EQ(predictions.weights, name);
    EXPECT_EQ(predictions.updates, evaluation.updates);
    EXPECT_EQ(evaluation.epoch, result.best->epoch + (restored ? 0 : 3));
    EXPECT_EQ(predictions.epoch, evaluation.epoch);
    EXPECT_EQ(evaluation.updates, 23 * evaluation.epoch);
    EXPECT_EQ(predictions.numbers, predict_run(path(), {}, 1, name).numbers);
    const char* const other = restored ? "last" : "best";
    EXPECT_NE(predictions.numbers, predict_run(path(), {}, 1, other).numbers);
    EXPECT_EQ(evaluate_run(path(), {}, 1, other).weights, other);
  }
}

TEST_F(UsedWeights, HaveWordsForMessages) {
  EXPECT_EQ(weights_text("best", 3, 69), "the best weights, epoch 3 (update 69)");
  EXPECT_EQ(weights_text("last", 0, 7), "the last weights, epoch 0 (update 7)");
  EXPECT_EQ(weights_text("46", 2, 46), "the weights of update 46 (epoch 2)");
}

// A run that averages weights around batch_norm, on a file of the test's own.
class Averages : public UsedWeights {
 protected:
  RunConfig averaging() {
    std::string rows = "x,y,t\n";
    for (int i = 0; i < 60; ++i)
      rows += fmt::format("{},{},{}\n", i % 7 / 7.0, i % 5 / 5.0, i % 7 > i % 5 ? "yes" : "no");
    RunConfig config =
        table(csv("train.csv", rows), "dense(8) | batch_norm | relu | dropout(0.1) | dense(2)");
    config.optimizer = "adam(lr=0.05) | average(decay=0.9)";
    config.epochs = 4;  // of 3 updates
    config.keeping.checkpoint_every = "4";
    return config;
  }
  fs::path statistics(std::uint64_t updates) const {
    return path() / "checkpoints" / fmt::format("averaged-{}.safetensors", updates);
  }
};

TEST_F(Averages, AreUsedWithTheStatisticsThatTheyWereJudgedBy) {
  for (const bool best : {false, true}) {
    RunConfig config = averaging();
    config.early_stopping.restore_best = best;
    const RunResult result = train(config);
    EXPECT_EQ(evaluate_run(path()).test.loss, result.test->loss) << best;
    const std::vector<std::string> member = {best ? "best" : "last"};
    EXPECT_NEAR(evaluate_run(path(), std::span(member)).test.loss, result.test->loss, 1e-6);
    if (best) continue;
    const std::vector<double> numbers = predict_run(path()).numbers;
    EXPECT_TRUE(fs::exists(statistics(12)));
    EXPECT_FALSE(fs::exists(statistics(4))) << "within an epoch";
    const double within = evaluate_run(path(), {}, 1, "4").test.loss;
    EXPECT_EQ(evaluate_run(path(), {}, 3, "4").test.loss, within);

    // They are found again from the training data, wherever that is needed, and only there.
    fs::remove(statistics(12));
    EXPECT_EQ(predict_run(path()).numbers, numbers);
    EXPECT_EQ(evaluate_run(path()).test.loss, result.test->loss);
    const std::string other = csv("other.csv", "x,y\n0.5,0.25\n");
    EXPECT_EQ(predict_run(path(), other).rows, 1u);
  }
}

TEST_F(Averages, NeedNoTrainingDataOnceTheyAreWritten) {
  train(averaging());
  const std::string other = csv("other.csv", "x,y\n0.5,0.25\n");
  const std::vector<double> numbers = predict_run(path(), other).numbers;
  fs::remove(path("train.csv"));
  EXPECT_EQ(predict_run(path(), other).numbers, numbers);
  const std::string message = error_of(Code::data, [&] { predict_run(path(), other, 1, "4"); });
  EXPECT_TRUE(has(message, "statistics of batch_norm")) << message;
  EXPECT_TRUE(has(message, "train.csv")) << message;
}

TEST_F(Averages, OfFewBatchesAreOtherOnes) {
  RunConfig config = averaging();
  const double all = train(config).test->loss;
  config.keeping.statistics_batches = 1;
  EXPECT_NE(train(config).test->loss, all);
  fs::remove(statistics(12));
  EXPECT_NE(evaluate_run(path()).test.loss, all);
  config.optimizer = "adam(lr=0.05)";
  train(config);
  EXPECT_FALSE(fs::exists(statistics(12)));
}

std::string line_rows(int n, double far) {
  std::string rows = "x,t\n";
  for (int i = 0; i < n; ++i) rows += fmt::format("{},{}\n", i / 100.0, far + i / 10.0);
  return rows;
}

TEST_F(UsedWeights, OtherDataAreJudgedWhole) {
  train(table(csv("train.csv", line_rows(100, 0))));
  const RunEvaluation own = evaluate_run(path());
  EXPECT_FALSE(own.all);
  EXPECT_EQ(own.test.samples, 20u);
  for (const std::string& options : {std::string(), std::string(", target=t")}) {
    const std::string again = "csv(" + path("train.csv").string() + options + ")";
    EXPECT_EQ(evaluate_run(path(), again).test.loss, own.test.loss) << "the same file";
  }
  const std::string all = csv("all.csv", line_rows(100, 0));
  const RunEvaluation whole = evaluate_run(path(), all);
  EXPECT_TRUE(whole.all);
  EXPECT_EQ(whole.test.samples, 100u);
  const std::vector<std::string> last = {"last"};
  EXPECT_NEAR(evaluate_run(path(), std::span(last), all).test.mae, whole.test.mae,
              1e-12 + 1e-9 * whole.test.mae);
  EXPECT_EQ(evaluate_run(path(), csv("two.csv", "x,t\n0.5,5\n0.25,2\n")).test.samples, 2u);
  const RunEvaluation some = evaluate_run(path(), csv("some.csv", "x,t\n0.5,5\n0.1,\n0.25,2\n"));
  EXPECT_EQ(some.test.samples, 2u);
  EXPECT_TRUE(std::ranges::any_of(
      some.notes, [](const std::string& note) { return has(note, "1 of 3 rows have no target"); }));
  const std::string part = "csv(" + path("all.csv").string() + ", test=" + path("two.csv").string() + ")";
  const RunEvaluation named = evaluate_run(path(), part);
  EXPECT_FALSE(named.all);
  EXPECT_EQ(named.test.samples, 2u);
  error_of(Code::data, [&] { evaluate_run(path(), csv("none.csv", "x\n0.5\n0.1\n")); });
}

// The predictions against the numbers of the file.
Evaluation by_hand(const RunPredictions& predictions, const std::vector<double>& targets) {
  double mean = 0, squared = 0, varied = 0, absolute = 0;
  const double n = static_cast<double>(targets.size());
  for (const double t : targets) mean += t / n;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const double error = predictions.numbers.at(i) - targets[i];
    squared += error * error;
    absolute += std::fabs(error) / n;
    varied += (targets[i] - mean) * (targets[i] - mean);
  }
  return {.r2 = 1 - squared / varied, .mae = absolute};
}

TEST_F(UsedWeights, PredictInDoubleInTheUnitOfTheTarget) {
  const std::string data = csv("far.csv", line_rows(100, 1.7e9));
  RunConfig config = table(data);
  config.epochs = 300;
  train(config);
  const RunPredictions predictions = predict_run(path());
  std::vector<double> targets;
  for (int i = 0; i < 100; ++i) {
    targets.push_back(1.7e9 + i / 10.0);
    EXPECT_NEAR(predictions.numbers.at(static_cast<std::size_t>(i)), targets.back(),
                0.5);  // floats are 128 apart
  }
  const RunEvaluation evaluation = evaluate_run(path(), csv("again.csv", line_rows(100, 1.7e9)));
  EXPECT_NEAR(evaluation.test.mae, by_hand(predictions, targets).mae, 1e-6);
  // The worst examples show how far they are off.
  const auto worst = nlohmann::json::parse(read_text_file(path() / "examples.json"))["worst"][0];
  const double shown =
      std::stod(worst["prediction"].get<std::string>()) - std::stod(worst["truth"].get<std::string>());
  const double error = worst["error"];
  EXPECT_NEAR(std::fabs(shown), error, 0.2 * error + 1e-6);
}

TEST_F(UsedWeights, AreJudgedByTargetsInDouble) {
  train(table(csv("near.csv", line_rows(11, 0))));
  const std::string far = csv("far.csv", line_rows(11, 1e7));
  std::vector<double> targets;
  for (int i = 0; i < 11; ++i) targets.push_back(1e7 + i / 10.0);
  const Evaluation want = by_hand(predict_run(path(), far), targets);
  const std::vector<std::string> last = {"last"};
  for (const RunEvaluation& got : {evaluate_run(path(), far), evaluate_run(path(), std::span(last), far)}) {
    EXPECT_NEAR(got.test.r2 / want.r2, 1, 1e-6);
    EXPECT_NEAR(got.test.mae / want.mae, 1, 1e-12);
  }
}

TEST_F(UsedWeights, OfOneClassAreAlwaysRight) {
  std::string rows = "x,t\n";
  for (int i = 0; i < 20; ++i) rows += fmt::format("{},yes\n", i % 7);
  RunConfig config = table(csv("yes.csv", rows), "auto");
  for (config.seed = 1; config.seed <= 3; ++config.seed) {
    const RunResult result = train(config);
    EXPECT_EQ(result.train.accuracy, 1);
    EXPECT_EQ(result.test->accuracy, 1);
    EXPECT_EQ(evaluate_run(path()).test.accuracy, 1);
    const std::vector<std::string> last = {"last"};
    EXPECT_EQ(evaluate_run(path(), std::span(last)).test.accuracy, 1);
    EXPECT_EQ(predict_run(path()).numbers, std::vector<double>(20, 1.0));
    const auto examples = nlohmann::json::parse(read_text_file(path() / "examples.json"));
    EXPECT_EQ(examples["confusion"].dump(), "[[4]]");
  }
}

TEST_F(UsedWeights, SayWhyThereIsNoR2) {
  std::string rows = "x,t\n";
  for (int i = 0; i < 20; ++i) rows += fmt::format("{},{}.5\n", i, i);
  const RunResult result = train(table(csv("train.csv", rows)));
  EXPECT_EQ(result.test->r2_undefined(), "");
  for (const char* const held : {"x,t\n1,2.5\n2,2.5\n", "x,t\n1,2.5\n"}) {
    const Evaluation test = evaluate_run(path(), csv("constant.csv", held)).test;
    EXPECT_TRUE(std::isnan(test.r2));
    EXPECT_TRUE(std::isfinite(test.mae));
    EXPECT_EQ(test.r2_undefined(), "the targets do not vary");
  }
  replace_file(path("constant.csv"), "x,t\n1,2.5\n2,2.5\n");
  RunConfig config =
      table("csv(" + path("train.csv").string() + ", test=" + path("constant.csv").string() + ")");
  const auto json = nlohmann::json::parse(train(config).json);
  EXPECT_TRUE(json["test"]["r2"].is_null());
  EXPECT_EQ(json["test"]["r2_undefined"], "the targets do not vary");
  EXPECT_FALSE(json["train"].contains("r2_undefined"));
}

}  // namespace
}  // namespace thalweg
