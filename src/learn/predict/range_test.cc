// Predictions that are kept within the range of training and a margin: alike wherever they are told.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "run/test_run.h"

namespace thalweg {
namespace {

// Trained on y = 2 x + 3.5 of x = 0 .. 39: from 3.5 to 81.5, and with half of that on either side from -35.5
// to 120.5. Of the rows held out the first two are far beyond.
constexpr double kX[] = {1000, -1000, 20, 30}, kTruth[] = {100, 0, 43.5, 63.5};
constexpr double kLeast = -35.5, kMost = 120.5;

class KeptRange : public RunTest {
 protected:
  RunConfig config(const std::string& options = "") const {
    std::string train = "x,y\n", held = "x,y\n";
    for (int x = 0; x < 40; ++x) train += fmt::format("{},{}\n", x, 2 * x + 3.5);
    for (std::size_t i = 0; i < 4; ++i) held += fmt::format("{},{}\n", kX[i], kTruth[i]);
    replace_file(path("train.csv"), train);
    replace_file(path("held.csv"), held);
    RunConfig out;
    out.data = fmt::format("csv({}, test={}, task=regress{})", path("train.csv").string(),
                           path("held.csv").string(), options);
    out.model = "dense(1)";
    out.optimizer = "adam(lr=0.05)";
    out.epochs = 200;
    out.keeping.checkpoint_every = "100";
    return out;
  }
  RunResult train(const RunConfig& config) {
    Training run = Training::create(config, path());
    advance(run, UINT64_MAX);
    return run.finish();
  }
  std::vector<double> predicted() {
    return predict_run(path(), path("held.csv").string().insert(0, "csv(") + ")").numbers;
  }
  void without_range() {  // as a run that knows of none
    const fs::path file = path() / "encoding.json";
    std::string text = read_text_file(file);
    const std::size_t at = text.find(", \"range\": ");
    ASSERT_NE(at, std::string::npos) << text;
    text.erase(at, text.find(']', at) + 1 - at);
    replace_file(file, text);
  }
};

double mae_of(const std::vector<double>& predicted) {
  double sum = 0;
  for (std::size_t i = 0; i < 4; ++i) sum += std::fabs(predicted.at(i) - kTruth[i]) / 4;
  return sum;
}

TEST_F(KeptRange, IsWhatEverybodyTells) {
  const RunResult result = train(config());
  const std::vector<double> said = predicted();
  EXPECT_NEAR(said.at(0), kMost, 1e-9);
  EXPECT_NEAR(said.at(1), kLeast, 1e-9);
  EXPECT_NEAR(said.at(2), 43.5, 2);
  EXPECT_NEAR(said.at(3), 63.5, 2);
  EXPECT_NEAR(result.test->mae, mae_of(said), 1e-6);
  EXPECT_NEAR(evaluate_run(path()).test.mae, mae_of(said), 1e-6);
  const std::array<std::string, 2> members = {"200", "last"};
  const double mean = evaluate_run(path(), members).test.rmse;
  EXPECT_GT(mean, 0.5 * std::hypot(20.5, 35.5) - 1e-6) << "both ends are told of four rows";
  EXPECT_LT(mean, 0.5 * std::hypot(20.5, 35.5) + 2);
  const auto worst = nlohmann::json::parse(read_text_file(path() / "examples.json"))["worst"];
  EXPECT_EQ(worst[0]["row"], 1);
  EXPECT_NEAR(worst[0]["error"].get<double>(), 35.5, 1e-6);
  EXPECT_NEAR(std::stod(worst[0]["prediction"].get<std::string>()), kLeast, 0.05);
  EXPECT_NEAR(worst[1]["error"].get<double>(), 20.5, 1e-6);
}

// The variance of 2 x + 3.5 is (40^2 - 1) / 3; the network says 2003.5 and -1996.5.
TEST_F(KeptRange, LossesSeeWhatTheNetworkSays) {
  const RunResult kept = train(config());
  const double squares = 1903.5 * 1903.5 + 1996.5 * 1996.5;
  EXPECT_NEAR(kept.test->loss, squares / 4 / ((1600.0 - 1) / 3), 0.02 * kept.test->loss);
  EXPECT_LT(kept.test->rmse, 30);
}

TEST_F(KeptRange, IsLeftByAWord) {
  train(config(", clamp=false"));
  EXPECT_GT(predicted().at(0), 1500);
  EXPECT_LT(predicted().at(1), -1500);
  EXPECT_GT(evaluate_run(path()).test.mae, 700);
  EXPECT_FALSE(has(read_text_file(path() / "encoding.json"), "range"));
}

TEST_F(KeptRange, RunsWithoutOnePredictAsBefore) {
  const RunResult kept = train(config());
  without_range();
  EXPECT_GT(predicted().at(0), 1500);
  EXPECT_LT(predicted().at(1), -1500);
  EXPECT_GT(evaluate_run(path()).test.mae, 10 * kept.test->mae);
  EXPECT_NEAR(evaluate_run(path()).test.loss, kept.test->loss, 1e-9 * kept.test->loss);
}

TEST_F(KeptRange, VariancesAreFree) {
  RunConfig variances = config();
  variances.model = "dense(2) | softplus";
  variances.loss = "gaussian_nll";
  train(variances);
  const std::vector<double> said = predicted();
  ASSERT_EQ(said.size(), 8u);
  EXPECT_LE(said[0], kMost + 1e-9);
  EXPECT_GE(said[2], kLeast - 1e-9);
  EXPECT_GT(std::max(said[1], said[3]), kMost - kLeast) << "in squares of the unit";
}

}  // namespace
}  // namespace thalweg
