#include <fmt/core.h>

#include <cmath>

#include "run/test_run.h"

namespace thalweg {
namespace {

class EnsembleTest : public RunTest {
 protected:
  void train(RunConfig config) {
    config.keeping.checkpoint_every = "20";
    Training run = Training::create(config, path());
    advance(run, UINT64_MAX);
    run.finish();
  }
  RunEvaluation of(const std::vector<std::string>& which) { return evaluate_run(path(), std::span(which)); }
};

TEST_F(EnsembleTest, OneCheckpointIsItself) {
  train(small());
  const RunEvaluation one = of({"20"});
  const RunEvaluation plain = evaluate_run(path(), {}, 1, "20");
  EXPECT_EQ(one.test.accuracy, plain.test.accuracy);
  EXPECT_NEAR(one.test.loss, plain.test.loss, 1e-6);
  EXPECT_EQ(one.members, std::vector<std::uint64_t>{20});
}

TEST_F(EnsembleTest, ClassesWeighAsInTraining) {
  RunConfig config = small();
  config.loss = "cross_entropy(weight=balanced)";
  train(config);
  EXPECT_NEAR(of({"20"}).test.loss, evaluate_run(path(), {}, 1, "20").test.loss, 1e-6);
}

// The mean probability of each class, from what predict_run says of each checkpoint.
TEST_F(EnsembleTest, AveragesProbabilities) {
  train(small());
  const RunPredictions a = predict_run(path(), {}, 1, "20");
  const RunPredictions b = predict_run(path(), {}, 1, "last");
  const Dataset data = load_dataset("digits", 1);
  double loss = 0;
  std::size_t right = 0;
  for (std::size_t i = 0; i < data.test.size(); ++i) {
    std::vector<double> mean(10);
    for (std::size_t c = 0; c < 10; ++c) {
      const std::size_t at = data.test.rows[i] * 10 + c;
      mean[c] = (static_cast<double>(a.numbers[at]) + b.numbers[at]) / 2;
    }
    const auto label = static_cast<std::size_t>(data.test.labels[i]);
    loss -= std::log(mean[label]);
    right += std::max_element(mean.begin(), mean.end()) - mean.begin() == static_cast<std::ptrdiff_t>(label);
  }
  const RunEvaluation both = of({"20", "last"});
  EXPECT_EQ(both.members, (std::vector<std::uint64_t>{20, 46}));
  EXPECT_NEAR(both.test.loss, loss / 359, 1e-5);
  EXPECT_EQ(both.test.accuracy, static_cast<double>(right) / 359);
}

TEST_F(EnsembleTest, AClassThatTheTrainingDataLackIsWrongAndHasNoLoss) {
  std::string rows = "x,y,t\n";
  for (int i = 0; i < 100; ++i)
    rows += fmt::format("{}.5,{}.5,{}\n", i % 10, i % 7, i % 10 < 5 ? "low" : "high");
  replace_file(path("train.csv"), rows);
  const std::string known = "x,y,t\n1.5,2.5,low\n8.5,2.5,high\n0.5,1.5,low\n";
  replace_file(path("known.csv"), known);
  replace_file(path("more.csv"), known + "3.5,2.5,none\n4.5,2.5,none\n5.5,2.5,none\n");
  RunConfig config = small();
  config.model = "dense(2)";
  config.data = "csv(" + path("train.csv").string() + ")";
  train(config);
  const auto evaluate = [&](const char* file, const std::vector<std::string>& which) {
    const std::string source = "csv(" + path("train.csv").string() + ", test=" + path(file).string() + ")";
    return which.empty() ? evaluate_run(path(), source) : evaluate_run(path(), std::span(which), source);
  };
  for (const std::vector<std::string>& which : {std::vector<std::string>(), {"last"}}) {
    const RunEvaluation few = evaluate("known.csv", which), more = evaluate("more.csv", which);
    EXPECT_EQ(more.test.samples, 6u);
    EXPECT_EQ(more.test.accuracy, few.test.accuracy / 2);
    EXPECT_NEAR(more.test.loss, few.test.loss, 1e-6);
    const auto told = [](const std::string& note) { return has(note, "3 of 6 cells of `t` are no class"); };
    EXPECT_TRUE(std::any_of(more.notes.begin(), more.notes.end(), told));
  }
}

TEST_F(EnsembleTest, AveragesValuesAndLogits) {
  for (const char* const loss : {"mse", "bce"}) {
    RunConfig config = small();
    config.loss = loss;
    config.seed = 2;
    config.keeping.checkpoint_every = "20";
    const std::string name = loss;
    Training run = Training::create(config, path(name));
    advance(run, UINT64_MAX);
    run.finish();
    const std::vector<std::string> same = {"20", "20"};
    const RunEvaluation twice = evaluate_run(path(name), std::span(same));
    const RunEvaluation plain = evaluate_run(path(name), {}, 1, "20");
    EXPECT_NEAR(twice.test.loss, plain.test.loss, 1e-5 * plain.test.loss) << loss;
    const std::vector<std::string> pair = {"20", "40"};
    // The losses are convex in what is averaged, or in its logarithm: the mean is no worse than both.
    const double worst = std::max(plain.test.loss, evaluate_run(path(name), {}, 1, "40").test.loss);
    EXPECT_LT(evaluate_run(path(name), std::span(pair)).test.loss, worst) << loss;
  }
}

TEST_F(EnsembleTest, RefusesWhatIsNotThere) {
  train(small());
  const std::vector<std::string> none;
  error_of(Code::usage, [&] { evaluate_run(path(), std::span(none)); });
  error_of(Code::usage, [&] { of({"20", "newest"}); });
  error_of(Code::data, [&] { of({"20", "21"}); });
}

}  // namespace
}  // namespace thalweg
