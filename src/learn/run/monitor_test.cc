// Which metric tells the best epoch, and what a run says of its metrics.
#include <fmt/core.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include "run/test_run.h"
#include "train/line_file.h"

namespace thalweg {
namespace {

using Json = nlohmann::json;

class MonitorTest : public RunTest {
 protected:
  // 4 % of yes, which nothing tells.
  std::string rare() const {
    std::string rows = "x,y,t\n";
    for (int i = 0; i < 400; ++i)
      rows += fmt::format("{}.5,{}.5,{}\n", i * 7 % 11, i * 5 % 13, i % 25 == 3 ? "yes" : "no");
    replace_file(path("rare.csv"), rows);
    return "csv(" + path("rare.csv").string() + ")";
  }
  RunConfig of_rare() const {
    RunConfig config = small();
    config.data = rare();
    config.model = "dense(2)";
    config.optimizer = "adam(lr=0.05)";
    config.epochs = 20;
    return config;
  }
  Json result(const RunConfig& config, const std::string& name = "run") {
    Training run = Training::create(config, path(name));
    advance(run, UINT64_MAX);
    return Json::parse(run.finish().json);
  }
  std::vector<double> monitored(const std::string& name = "run") const {
    std::vector<double> out;
    for (const std::string& line : read_lines(path(name) / "metrics.jsonl")) {
      const Json json = Json::parse(line);
      if (json.contains("monitored"))
        out.push_back(json["monitored"].is_null() ? NAN : json["monitored"].get<double>());
    }
    return out;
  }
};

TEST_F(MonitorTest, TheBestEpochIsThatOfTheMetric) {
  for (const char* const name : {"accuracy", "auc", "log_loss", "f1"}) {
    RunConfig config = small();
    config.epochs = 6;
    config.optimizer = "sgd(lr=0.5)";
    config.early_stopping.monitor = name;
    config.early_stopping.restore_best = true;
    const Json json = result(config, name);
    const std::vector<double> numbers = monitored(name);
    ASSERT_EQ(numbers.size(), 6u);
    const auto best = std::string(name) == "log_loss" ? std::ranges::min_element(numbers)
                                                      : std::ranges::max_element(numbers);
    EXPECT_EQ(json["best"]["epoch"], best - numbers.begin() + 1) << name;
    EXPECT_EQ(json["best"]["metric"], name);
    EXPECT_EQ(json["best"]["number"], *best) << name;
    const Json& test = json["test"][name];
    EXPECT_EQ(test.is_object() ? test["macro"] : test, *best) << "the result is of that epoch";
  }
}

TEST_F(MonitorTest, IsKeptByAResume) {
  RunConfig config = small();
  config.epochs = 5;
  config.early_stopping.monitor = "auc";
  config.early_stopping.restore_best = true;
  Json whole = result(config);
  {
    Training run = Training::create(config, path("cut"));
    advance(run, 60);
    run.save();
  }
  Training run = Training::resume(path("cut"));
  EXPECT_EQ(run.config().early_stopping.monitor, "auc");
  advance(run, UINT64_MAX);
  const Json cut = Json::parse(run.finish().json);
  EXPECT_EQ(cut["best"], whole["best"]);
  EXPECT_EQ(cut["test"], whole["test"]);
  const RunResult again = Training::resume(path("cut")).finish();
  EXPECT_EQ(again.best->metric, "auc");
  EXPECT_EQ(again.test->classes.auc.macro, whole["test"]["auc"]["macro"]);
  EXPECT_EQ(again.test->classes.names.size(), 10u);
  EXPECT_EQ(again.test->text(), Training::resume(path()).finish().test->text());
}

TEST_F(MonitorTest, OneThatIsNotMeasuredIsRefusedBeforeAnythingIsWritten) {
  const auto refused = [&](const RunConfig& config) {
    const std::string message = error_of(Code::usage, [&] { Training::create(config, path("refused")); });
    EXPECT_FALSE(fs::exists(path("refused")));
    return message;
  };
  RunConfig config = small();
  config.early_stopping.monitor = "rmse";
  EXPECT_TRUE(has(refused(config), "loss, accuracy, balanced_accuracy"));
  config.early_stopping.monitor = "acuracy";
  EXPECT_TRUE(has(refused(config), "accuracy"));
  config.loss = "multi_margin";
  config.early_stopping.monitor = "log_loss";
  EXPECT_TRUE(has(refused(config), "average_precision"));
  config = small();
  config.data = "drift(2000)";
  config.model = "dense(1)";
  config.early_stopping.monitor = "auc";
  EXPECT_TRUE(has(refused(config), "auc"));
}

TEST_F(MonitorTest, ARareClassThatIsNeverPredictedIsNotHidden) {
  const Json test = result(of_rare())["test"];
  EXPECT_EQ(test["baseline"], test["accuracy"]);
  EXPECT_EQ(test["balanced_accuracy"], 0.5);
  EXPECT_TRUE(test["precision"]["yes"].is_null());
  EXPECT_EQ(test["recall"]["yes"], 0);
  EXPECT_EQ(test["f1"]["yes"], 0);
  EXPECT_EQ(test["confusion"][1][1], 0);
  const Evaluation e = evaluate_run(path()).test;
  EXPECT_TRUE(has(e.text(), "balanced accuracy 50.00 %, ")) << e.text();
  EXPECT_TRUE(has(e.text(), "always the commonest class")) << e.text();
}

// What `predict` prints gives the metrics that the result has.
TEST_F(MonitorTest, TheAreaIsThatOfThePredictions) {
  RunConfig config = of_rare();
  config.loss = "bce";
  config.model = "dense(1)";
  const Json test = result(config)["test"];
  const RunPredictions all = predict_run(path());
  const Dataset data = load_dataset(config.data, config.seed);
  double pairs = 0, above = 0;
  for (std::size_t i = 0; i < data.test.size(); ++i) {
    for (std::size_t k = 0; k < data.test.size(); ++k) {
      if (data.test.labels[i] != 1 || data.test.labels[k] != 0) continue;
      const double yes = all.numbers[data.test.rows[i] * 2 + 1], no = all.numbers[data.test.rows[k] * 2 + 1];
      ++pairs;
      above += yes > no ? 1 : yes == no ? 0.5 : 0;
    }
  }
  EXPECT_NEAR(test["auc"]["yes"].get<double>(), above / pairs, 1e-12);
  EXPECT_NEAR(test["auc"]["macro"].get<double>(), above / pairs, 1e-12);
}

TEST_F(MonitorTest, OfValuesTheMeanIsBesideTheError) {
  std::string rows = "x,y\n";
  for (int i = 0; i < 60; ++i) rows += fmt::format("{},{}\n", i % 7, 100 + i % 7 * 3 + i % 2);
  replace_file(path("values.csv"), rows);
  RunConfig config = small();
  config.data = "csv(" + path("values.csv").string() + ", task=regress)";
  config.model = "dense(1)";
  config.early_stopping.monitor = "rmse";
  const Json test = result(config)["test"];
  const Dataset data = load_dataset(config.data, config.seed);
  double mean = 0, squares = 0;
  std::vector<double> targets;
  for (const double y : data.test.values)
    targets.push_back(y / data.target_scaling[0].factor + data.target_scaling[0].offset);
  for (const double y : targets) mean += y / static_cast<double>(targets.size());
  for (const double y : targets) squares += (y - mean) * (y - mean);
  EXPECT_NEAR(test["baseline"].get<double>(), std::sqrt(squares / static_cast<double>(targets.size())), 1e-9);
  EXPECT_NEAR(test["r2"].get<double>(),
              1 - std::pow(test["rmse"].get<double>() / test["baseline"].get<double>(), 2), 1e-9);
  EXPECT_EQ(monitored().size(), 2u);
  const Json eval = Json::parse(evaluate_run(path()).json());
  for (const char* const name : {"rmse", "mae", "r2", "baseline"}) EXPECT_EQ(eval[name], test[name]);
}

}  // namespace
}  // namespace thalweg
