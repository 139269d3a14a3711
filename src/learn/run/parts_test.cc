// A run with three parts of its data: to train on, to choose by, to report.
#include <nlohmann/json.hpp>

#include "run/config.h"
#include "run/test_run.h"

namespace thalweg {
namespace {

using Json = nlohmann::json;

class PartsOfARun : public RunTest {
 protected:
  static RunConfig config(const std::string& held_out, const std::string& test) {
    RunConfig out = small();
    out.rows.parts = {held_out, test};
    return out;
  }
  RunResult train(const RunConfig& config, const std::string& name = "run") const {
    Training run = Training::create(config, path(name));
    for (Report report; run.next(report);) continue;
    return run.finish();
  }
};

TEST_F(PartsOfARun, AreToldInEveryOutput) {
  const RunResult result = train(config("0.2", "0.1"));
  EXPECT_EQ(result.train.samples, 1259u);
  EXPECT_EQ(result.held_out->samples, 359u);
  EXPECT_EQ(result.test->samples, 179u);
  EXPECT_EQ(result.reported, "test");
  const Json json = Json::parse(result.json);
  EXPECT_EQ(json.at("reported"), "test");
  EXPECT_EQ(json.at("held_out").at("samples"), 359);
  EXPECT_EQ(json.at("test").at("samples"), 179);
  const Json outline = Json::parse(Training::describe(config("0.2", "0.1"), true));
  EXPECT_EQ(outline.at("data").at("training"), 1259);
  EXPECT_EQ(outline.at("data").at("held_out"), 359);
  EXPECT_EQ(outline.at("data").at("test"), 179);
  EXPECT_TRUE(has(Training::describe(config("0.2", "0.1")),
                  "1259 training samples, 359 held out and 179 to test by"));
  EXPECT_TRUE(has(read_text_file(path() / "config.toml"), "\nheld-out = 0.2\ntest = 0.1\n"));
  const Json examples = Json::parse(read_text_file(path() / "examples.json"));
  std::uint64_t judged = 0;
  for (const Json& row : examples.at("confusion")) {
    for (const Json& cell : row) judged += cell.get<std::uint64_t>();
  }
  EXPECT_EQ(judged, 179u) << "of what is reported";
}

TEST_F(PartsOfARun, AreJudgedByTheWeightsThatPredict) {
  RunConfig choosing = getting_worse();
  choosing.rows.parts = {"0.2", "0.1"};
  Training run = Training::create(choosing, path());
  const std::vector<double> losses = epoch_losses(run);
  const RunResult result = run.finish();
  ASSERT_TRUE(result.of_best);
  EXPECT_EQ(result.best->loss, *std::ranges::min_element(losses)) << "chosen by the held-out part";
  EXPECT_EQ(result.held_out->loss, result.best->loss);
  EXPECT_EQ(evaluate_run(path()).test.loss, result.test->loss);
  EXPECT_EQ(evaluate_run(path()).part, "test");
  EXPECT_EQ(evaluate_run(path(), {}, 1, {}, "held-out").test.loss, result.held_out->loss);
  EXPECT_EQ(evaluate_run(path(), {}, 1, {}, "train").test.loss, result.train.loss);
  EXPECT_EQ(Json::parse(evaluate_run(path(), {}, 1, {}, "held-out").json()).at("judged"), "held out");
  const RunPredictions predicted = predict_run(path(), {}, PredictOptions{.part = "test"});
  EXPECT_EQ(predicted.rows, 179u);
  const Dataset data = load_dataset("digits", 1, {}, {"0.2", "0.1"});
  std::size_t right = 0;
  for (std::size_t i = 0; i < predicted.rows; ++i)
    right += static_cast<std::int32_t>(predicted.best[i]) == data.test.labels[i] ? 1 : 0;
  EXPECT_EQ(static_cast<double>(right) / 179, result.test->accuracy);
}

// Neither its inputs nor its targets are seen before the end.
TEST_F(PartsOfARun, TheTestPartChangesNothingInTraining) {
  const auto write = [&](const std::string& name, const std::vector<std::uint32_t>& other) {
    std::string rows = "x,y,t\n";
    for (std::uint32_t i = 0; i < 60; ++i) {
      const bool is_other = std::ranges::find(other, i) != other.end();
      rows += std::to_string(is_other ? 1000 + i : i % 9) + "," + std::to_string(i % 4) + "," +
              std::to_string(is_other ? -5.5 : i * 0.25) + "\n";
    }
    replace_file(path(name), rows);
    return "csv(" + path(name).string() + ", task=regress)";
  };
  RunConfig one = config("0.2", "0.1");
  one.model = "dense(4) | tanh | dense(1)";
  one.batch = 8;
  one.data = write("one.csv", {});
  RunConfig two = one;
  two.data = write("two.csv", load_dataset(one.data, 1, {}, one.rows.parts).test.rows);
  const RunResult first = train(one, "first"), second = train(two, "second");
  EXPECT_EQ(first.train.loss, second.train.loss);
  EXPECT_EQ(first.held_out->loss, second.held_out->loss);
  EXPECT_NE(first.test->loss, second.test->loss);
  EXPECT_EQ(results(path("first")), results(path("second")));
}

TEST_F(PartsOfARun, AllRowsMayBeTrainedOn) {
  const RunResult all = train(config("0", "0"), "all");
  EXPECT_EQ(all.train.samples, 1797u);
  EXPECT_FALSE(all.test.has_value());
  EXPECT_EQ(all.reported, "train");
  const RunResult tested = train(config("0", "0.1"), "tested");
  EXPECT_EQ(tested.train.samples, 1618u);
  EXPECT_EQ(tested.test->samples, 179u);
  EXPECT_FALSE(tested.held_out.has_value());
  EXPECT_EQ(tested.reported, "test");
  EXPECT_EQ(tested.best->metric, "loss");
  Training run = Training::resume(path("tested"));
  EXPECT_EQ(run.finish().test->loss, tested.test->loss);
  RunConfig monitored = config("0", "0.1");
  monitored.early_stopping.monitor = "accuracy";
  EXPECT_TRUE(has(error_of(Code::usage, [&] { train(monitored, "none"); }), "nothing is held out"));
}

TEST_F(PartsOfARun, AreTheSameAfterAResume) {
  for (const char* held_out : {"0.3", "100", "2/5"}) {
    const std::string name = held_out[1] == '/' ? "fold" : held_out;
    const RunResult whole = train(config(held_out, "50"), name + "-whole");
    {
      Training run = Training::create(config(held_out, "50"), path(name));
      advance(run, 7);
      run.save();
    }
    Training run = Training::resume(path(name));
    for (Report report; run.next(report);) continue;
    const RunResult result = run.finish();
    EXPECT_EQ(result.test->loss, whole.test->loss);
    EXPECT_EQ(result.held_out->loss, whole.held_out->loss);
    EXPECT_EQ(read_text_file(checkpoint(run.updates(), name)),
              read_text_file(checkpoint(run.updates(), name + "-whole")));
  }
}

TEST_F(PartsOfARun, OfAFolderWithTestFilesAreThoseFilesAndAShareOfTheOthers) {
  RunConfig own = config("auto", "0");
  own.data = "idx(\"" THALWEG_TESTS "/data/mnist-small\")";
  const RunResult today = train(own, "today");
  EXPECT_FALSE(today.held_out.has_value());
  EXPECT_EQ(today.reported, "held_out");
  own.rows.parts.held_out = "0.25";
  const RunResult three = train(own, "three");
  EXPECT_EQ(three.reported, "test");
  EXPECT_EQ(three.test->samples, today.test->samples);
  EXPECT_EQ(three.train.samples + three.held_out->samples, today.train.samples);
  own.rows.parts = {"auto", "0.1"};
  EXPECT_TRUE(has(error_of(Code::usage, [&] { train(own, "none"); }), "it has a test part of its own"));
  EXPECT_FALSE(fs::exists(path("none")));
}

TEST_F(PartsOfARun, ThatThereAreNotAreRefused) {
  train(config("auto", "0"));
  EXPECT_TRUE(has(error_of(Code::usage, [&] { evaluate_run(path(), {}, 1, {}, "test"); }),
                  "part: the run has no test part"));
  EXPECT_EQ(evaluate_run(path(), {}, 1, {}, "held-out").part, "held out");
  error_of(Code::usage, [&] { evaluate_run(path(), {}, 1, {}, "all"); });
  error_of(Code::usage, [&] { predict_run(path(), "digits", PredictOptions{.part = "train"}); });
}

}  // namespace
}  // namespace thalweg
