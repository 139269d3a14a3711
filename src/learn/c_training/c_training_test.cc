#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/test_error.h"
#include "base/test_folder.h"
#include "thalweg/c.h"

namespace thalweg {
namespace {

// y = 2 a - b + 1 over a grid.
struct Plane {
  Plane() {
    for (int i = 0; i < 64; ++i) {
      const float a = static_cast<float>(i % 8) / 8, b = static_cast<float>(i / 8) / 8;
      inputs.insert(inputs.end(), {a, b});
      values.push_back(2.0 * a - b + 1);
      labels.push_back(a > b ? 1 : 0);
    }
  }
  thalweg_samples with_values() const {
    return {sizeof(thalweg_samples), 64, 2, inputs.data(), 0, nullptr, 1, values.data(), nullptr};
  }
  thalweg_samples with_labels() const {
    return {sizeof(thalweg_samples), 64, 2, inputs.data(), 2, labels.data(), 0, nullptr, nullptr};
  }
  std::vector<float> inputs;
  std::vector<double> values;
  std::vector<std::int32_t> labels;
};

class CTraining : public testing::Test {
 protected:
  CTraining() { make("dense(1)"); }
  ~CTraining() override {
    thalweg_trainer_destroy(trainer_);
    thalweg_model_destroy(model_);
  }
  void make(const char* text) {
    thalweg_model_destroy(model_);
    const std::int64_t two[] = {2};
    ASSERT_EQ(thalweg_model_create(text, 1, two, 1, &model_), THALWEG_OK) << thalweg_last_error();
  }
  thalweg_status train(const thalweg_samples& samples, const char* loss, const char* optimizer) {
    return thalweg_trainer_create(model_, loss, optimizer, &samples, nullptr, &trainer_);
  }

  Plane plane_;
  thalweg_model* model_ = nullptr;
  thalweg_trainer* trainer_ = nullptr;
};

TEST_F(CTraining, ARegressionFindsItsPlane) {
  ASSERT_EQ(train(plane_.with_values(), "mse", "adam | lr(linear(0.1))"), THALWEG_OK) << thalweg_last_error();
  double first = 0, loss = 0;
  EXPECT_EQ(thalweg_trainer_epoch(trainer_, &first), THALWEG_OK);
  for (int epoch = 1; epoch < 20; ++epoch) EXPECT_EQ(thalweg_trainer_epoch(trainer_, &loss), THALWEG_OK);
  EXPECT_LT(loss, 0.5 * first);
  thalweg_evaluation evaluation = THALWEG_EVALUATION_INIT;
  const thalweg_samples samples = plane_.with_values();
  EXPECT_EQ(thalweg_trainer_evaluate(trainer_, &samples, &evaluation), THALWEG_OK);
  EXPECT_EQ(evaluation.samples, 64u);
  EXPECT_TRUE(std::isnan(evaluation.accuracy));
  std::vector<float> out(64);
  EXPECT_EQ(thalweg_model_predict(model_, 64, plane_.inputs.data(), 1, out.data()), THALWEG_OK);
  double error = 0;
  for (int i = 0; i < 64; ++i) error += std::pow(out[i] - plane_.values[i], 2) / 64;
  EXPECT_NEAR(evaluation.loss, error, 1e-6);
  EXPECT_NEAR(evaluation.rmse, std::sqrt(error), 1e-6);
  EXPECT_NEAR(1 - std::pow(evaluation.rmse / evaluation.baseline, 2), evaluation.r2, 1e-6);
  EXPECT_TRUE(std::isnan(evaluation.balanced_accuracy) && std::isnan(evaluation.auc));
}

TEST_F(CTraining, ClassesAreTrainedOnLabels) {
  make("dense(8) | relu | dense(2)");
  ASSERT_EQ(train(plane_.with_labels(), "cross_entropy", "adam | lr(0.05)"), THALWEG_OK)
      << thalweg_last_error();
  for (int epoch = 0; epoch < 100; ++epoch) EXPECT_EQ(thalweg_trainer_epoch(trainer_, nullptr), THALWEG_OK);
  thalweg_evaluation evaluation = THALWEG_EVALUATION_INIT;
  const thalweg_samples samples = plane_.with_labels();
  EXPECT_EQ(thalweg_trainer_evaluate(trainer_, &samples, &evaluation), THALWEG_OK);
  EXPECT_GT(evaluation.accuracy, 0.95);
  EXPECT_TRUE(std::isnan(evaluation.r2));
}

// The structure, its JSON and what the predictions say by themselves; a caller of before the metrics has what
// it knows.
TEST_F(CTraining, MetricsAreThoseOfThePredictions) {
  make("dense(2)");
  ASSERT_EQ(train(plane_.with_labels(), "cross_entropy", "adam | lr(0.05)"), THALWEG_OK);
  for (int epoch = 0; epoch < 30; ++epoch) EXPECT_EQ(thalweg_trainer_epoch(trainer_, nullptr), THALWEG_OK);
  const thalweg_samples samples = plane_.with_labels();
  thalweg_evaluation evaluation = THALWEG_EVALUATION_INIT;
  ASSERT_EQ(thalweg_trainer_evaluate(trainer_, &samples, &evaluation), THALWEG_OK) << thalweg_last_error();
  const char* text = nullptr;
  ASSERT_EQ(thalweg_trainer_evaluate_json(trainer_, &samples, &text), THALWEG_OK) << thalweg_last_error();
  const auto json = nlohmann::json::parse(text);
  std::vector<float> out(128);
  ASSERT_EQ(thalweg_model_predict(model_, 64, plane_.inputs.data(), 1, out.data()), THALWEG_OK);
  double hits[2] = {}, of[2] = {}, taken[2] = {}, pairs = 0, better = 0;
  for (std::size_t i = 0; i < 64; ++i) {
    const int label = plane_.labels[i], said = out[2 * i + 1] > out[2 * i] ? 1 : 0;
    of[label] += 1;
    taken[said] += 1;
    hits[label] += label == said ? 1 : 0;
    for (std::size_t k = 0; k < 64; ++k) {  // pairs of both classes: the area under the curve
      if (label != 1 || plane_.labels[k] != 0) continue;
      const double a = double{out[2 * i + 1]} - out[2 * i], b = double{out[2 * k + 1]} - out[2 * k];
      pairs += 1;
      better += a > b ? 1 : a == b ? 0.5 : 0;
    }
  }
  EXPECT_EQ(evaluation.accuracy, (hits[0] + hits[1]) / 64);
  EXPECT_DOUBLE_EQ(evaluation.balanced_accuracy, (hits[0] / of[0] + hits[1] / of[1]) / 2);
  EXPECT_DOUBLE_EQ(evaluation.recall, evaluation.balanced_accuracy);
  EXPECT_DOUBLE_EQ(evaluation.precision, (hits[0] / taken[0] + hits[1] / taken[1]) / 2);
  EXPECT_DOUBLE_EQ(evaluation.f1, hits[0] / (of[0] + taken[0]) + hits[1] / (of[1] + taken[1]));
  EXPECT_NEAR(evaluation.auc, better / pairs, 1e-12);
  EXPECT_EQ(evaluation.baseline, std::max(of[0], of[1]) / 64);
  EXPECT_NEAR(evaluation.log_loss, evaluation.loss, 1e-6);
  EXPECT_TRUE(std::isnan(evaluation.rmse));
  EXPECT_EQ(json["samples"], 64);
  EXPECT_EQ(json["accuracy"], evaluation.accuracy);
  EXPECT_EQ(json["balanced_accuracy"], evaluation.balanced_accuracy);
  EXPECT_EQ(json["recall"]["1"], hits[1] / of[1]);
  for (const auto& [name, number] : {std::pair("precision", evaluation.precision),
                                     {"f1", evaluation.f1},
                                     {"auc", evaluation.auc},
                                     {"average_precision", evaluation.average_precision}})
    EXPECT_EQ(json[name]["macro"], number) << name;

  thalweg_evaluation old = THALWEG_EVALUATION_INIT;
  old.struct_size = offsetof(thalweg_evaluation, rmse);
  old.rmse = 7;
  EXPECT_EQ(thalweg_trainer_evaluate(trainer_, &samples, &old), THALWEG_OK);
  EXPECT_EQ(old.accuracy, evaluation.accuracy);
  EXPECT_EQ(old.rmse, 7);
  old.struct_size = 1;
  EXPECT_EQ(thalweg_trainer_evaluate(trainer_, &samples, &old), THALWEG_USAGE);
  EXPECT_EQ(thalweg_trainer_evaluate_json(trainer_, nullptr, &text), THALWEG_USAGE);
}

// What batch_norm keeps is lent with the averages: they predict what they are evaluated by.
TEST_F(CTraining, AveragesComeWithTheirStatistics) {
  make("dense(6) | batch_norm | tanh | dense(1)");
  ASSERT_EQ(train(plane_.with_values(), "mse", "adam | lr(0.05) | average(decay=0.9)"), THALWEG_OK)
      << thalweg_last_error();
  for (int epoch = 0; epoch < 20; ++epoch) EXPECT_EQ(thalweg_trainer_epoch(trainer_, nullptr), THALWEG_OK);
  const thalweg_samples samples = plane_.with_values();
  const auto evaluated = [&] {
    thalweg_evaluation evaluation = THALWEG_EVALUATION_INIT;
    EXPECT_EQ(thalweg_trainer_evaluate(trainer_, &samples, &evaluation), THALWEG_OK) << thalweg_last_error();
    return evaluation.loss;
  };
  const auto error = [&] {
    std::vector<float> out(64);
    EXPECT_EQ(thalweg_model_predict(model_, 64, plane_.inputs.data(), 1, out.data()), THALWEG_OK);
    double sum = 0;
    for (int i = 0; i < 64; ++i) sum += std::pow(out[i] - plane_.values[i], 2) / 64;
    return sum;
  };
  const double of_averages = evaluated(), raw = error();
  thalweg_optimizer* optimizer = nullptr;
  ASSERT_EQ(thalweg_trainer_optimizer(trainer_, &optimizer), THALWEG_OK);
  ASSERT_EQ(thalweg_optimizer_begin_averaged(optimizer), THALWEG_OK) << thalweg_last_error();
  EXPECT_NEAR(error(), of_averages, 1e-6);
  EXPECT_EQ(evaluated(), of_averages);
  EXPECT_EQ(thalweg_optimizer_begin_averaged(optimizer), THALWEG_USAGE) << "they are lent already";
  EXPECT_EQ(thalweg_optimizer_end_averaged(optimizer), THALWEG_OK);
  EXPECT_EQ(error(), raw);
  EXPECT_NE(raw, of_averages);
  thalweg_optimizer_destroy(optimizer);
}

TEST_F(CTraining, SamplesMayHaveWeights) {
  make("dense(2)");
  thalweg_samples samples = plane_.with_labels();
  std::vector<double> weights(64, 0.25);
  weights[3] = 0;
  samples.weights = weights.data();
  ASSERT_EQ(train(samples, "cross_entropy", "sgd(lr=0.1)"), THALWEG_OK) << thalweg_last_error();
  thalweg_report report = THALWEG_REPORT_INIT;
  EXPECT_EQ(thalweg_trainer_step(trainer_, &report, nullptr), THALWEG_OK);
  EXPECT_EQ(report.mass, 63 * 0.25);
  thalweg_evaluation evaluation = THALWEG_EVALUATION_INIT;
  EXPECT_EQ(thalweg_trainer_evaluate(trainer_, &samples, &evaluation), THALWEG_OK);
  EXPECT_EQ(std::fmod(evaluation.accuracy * 63, 1.0), 0.0);
  for (const double wrong : {-1.0, static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    weights[5] = wrong;
    EXPECT_EQ(thalweg_trainer_evaluate(trainer_, &samples, &evaluation), THALWEG_USAGE);
    EXPECT_NE(std::string(thalweg_last_error()).find("weights"), std::string::npos) << thalweg_last_error();
  }
  // What an earlier header knew of the structure ends before them.
  samples.struct_size = offsetof(thalweg_samples, weights);
  EXPECT_EQ(thalweg_trainer_evaluate(trainer_, &samples, &evaluation), THALWEG_OK);
}

TEST_F(CTraining, ItsOptimizerAndParametersAreTheCallersToo) {
  ASSERT_EQ(train(plane_.with_values(), "mse", "momentum(0.9) | lr(0.01)"), THALWEG_OK);
  thalweg_optimizer* optimizer = nullptr;
  thalweg_params* params = nullptr;
  EXPECT_EQ(thalweg_trainer_optimizer(trainer_, &optimizer), THALWEG_OK);
  EXPECT_EQ(thalweg_model_params(model_, &params), THALWEG_OK);
  EXPECT_EQ(thalweg_trainer_step(trainer_, nullptr, nullptr), THALWEG_OK);
  std::uint64_t updates = 0;
  EXPECT_EQ(thalweg_optimizer_updates(optimizer, &updates), THALWEG_OK);
  EXPECT_EQ(updates, 1u);
  thalweg_tensor weight = THALWEG_TENSOR_INIT;
  EXPECT_EQ(thalweg_params_value(params, 0, &weight), THALWEG_OK);
  EXPECT_STREQ(weight.name, "dense1.weight");
  const float trained = *static_cast<float*>(weight.data);
  EXPECT_EQ(thalweg_model_destroy(model_), THALWEG_OK);  // all others keep it
  model_ = nullptr;
  EXPECT_EQ(thalweg_trainer_destroy(trainer_), THALWEG_OK);
  trainer_ = nullptr;
  EXPECT_EQ(*static_cast<float*>(weight.data), trained);
  EXPECT_EQ(thalweg_optimizer_step(optimizer, nullptr, nullptr), THALWEG_OK);
  EXPECT_EQ(thalweg_optimizer_destroy(optimizer), THALWEG_OK);
  EXPECT_EQ(thalweg_params_destroy(params), THALWEG_OK);
}

TEST_F(CTraining, SamplesThatDoNotFitAreNamed) {
  const auto refused = [&](const thalweg_samples& samples, const char* part) {
    EXPECT_EQ(train(samples, "mse", "lr(0.1)"), THALWEG_USAGE) << part;
    expect_contains(thalweg_last_error(), part);
  };
  thalweg_samples samples = plane_.with_values();
  samples.features = 3;
  refused(samples, "not what the model takes; got 3 features; want 2");
  samples = plane_.with_values();
  samples.inputs = nullptr;
  refused(samples, "inputs: it is NULL");
  samples = plane_.with_values();
  samples.labels = plane_.labels.data();
  refused(samples, "labels and values");
  plane_.labels[7] = 2;
  refused(plane_.with_labels(), "labels: no such class; got 2 at row 7");
  plane_.inputs[9] = NAN;
  refused(plane_.with_values(), "inputs: not a number; got row 4, column 1");
}

TEST(CRuns, ARunIsStoppedContinuedEvaluatedAndPredicted) {
  const TestFolder folder;
  const std::string data = (folder.path() / "train.csv").string();
  std::string csv = "a,b,t\n";
  for (int i = 0; i < 60; ++i)
    csv += std::to_string(i % 7) + "," + std::to_string(i % 5) + "," +
           std::to_string(0.5 * (i % 7) + 2.25 * (i % 5)) + "\n";
  folder.write("train.csv", csv);
  const std::string settings = "data = 'csv(\"" + data + "\", target=t)'\nepochs = 4\nbatch = 16\n";
  const std::string run = (folder.path() / "run").string();
  const char* result = nullptr;
  int calls = 0;
  const auto stop_at_five = [](void* context, const thalweg_report* report, double loss,
                               std::uint64_t total) {
    EXPECT_TRUE(std::isfinite(loss));
    EXPECT_EQ(total, 12u);
    ++*static_cast<int*>(context);
    return report->update == 5 ? 1 : 0;
  };
  ASSERT_EQ(thalweg_train(settings.c_str(), run.c_str(), stop_at_five, &calls, &result), THALWEG_OK)
      << thalweg_last_error();
  EXPECT_EQ(calls, 5);
  EXPECT_STREQ(result, "");
  ASSERT_EQ(thalweg_run_resume(run.c_str(), 1, nullptr, nullptr, &result), THALWEG_OK)
      << thalweg_last_error();
  const std::string resumed = result;

  const std::string other = (folder.path() / "other").string();
  ASSERT_EQ(thalweg_train(settings.c_str(), other.c_str(), nullptr, nullptr, &result), THALWEG_OK);
  const auto loss_of = [](const std::string& json) { return json.substr(json.find("\"train\""), 60); };
  EXPECT_EQ(loss_of(resumed), loss_of(result));

  EXPECT_EQ(thalweg_run_evaluate(run.c_str(), nullptr, nullptr, 1, &result), THALWEG_OK);
  expect_contains(result, "\"judged\": \"held out\"");
  thalweg_predicted* predicted = nullptr;
  ASSERT_EQ(thalweg_run_predict(run.c_str(), nullptr, nullptr, 1, &predicted), THALWEG_OK);
  thalweg_predictions read = THALWEG_PREDICTIONS_INIT;
  EXPECT_EQ(thalweg_predicted_read(predicted, &read), THALWEG_OK);
  EXPECT_EQ(read.rows, 60u);
  EXPECT_EQ(read.columns, 1u);
  EXPECT_EQ(read.best, nullptr);
  EXPECT_STREQ(read.names[0], "t");
  EXPECT_EQ(read.id, nullptr);
  EXPECT_EQ(read.ids, nullptr);
  EXPECT_EQ(thalweg_predicted_destroy(predicted), THALWEG_OK);
  EXPECT_EQ(thalweg_predicted_read(predicted, &read), THALWEG_USAGE);
}

TEST(CRuns, PredictionsCarryTheId) {
  const TestFolder folder;
  const std::string data = (folder.path() / "train.csv").string(), run = (folder.path() / "run").string();
  std::string csv = "key,a,t\n";
  for (int i = 0; i < 20; ++i)
    csv += "k" + std::to_string(i) + "," + std::to_string(i % 7) + "," + std::to_string(0.5 * (i % 7)) + "\n";
  folder.write("train.csv", csv);
  const std::string settings = "data = 'csv(\"" + data + "\", target=t, id=key)'\nepochs = 1\n";
  ASSERT_EQ(thalweg_train(settings.c_str(), run.c_str(), nullptr, nullptr, nullptr), THALWEG_OK)
      << thalweg_last_error();
  thalweg_predicted* predicted = nullptr;
  ASSERT_EQ(thalweg_run_predict(run.c_str(), nullptr, nullptr, 1, &predicted), THALWEG_OK);
  thalweg_predictions read = THALWEG_PREDICTIONS_INIT;
  ASSERT_EQ(thalweg_predicted_read(predicted, &read), THALWEG_OK);
  ASSERT_EQ(read.rows, 20u);
  EXPECT_STREQ(read.id, "key");
  EXPECT_STREQ(read.ids[0], "k0");
  EXPECT_STREQ(read.ids[19], "k19");
  EXPECT_EQ(thalweg_predicted_destroy(predicted), THALWEG_OK);
}

// Stopped and continued they give what they give in one go.
TEST(CRuns, FoldsAreTrainedStoppedAndContinued) {
  const TestFolder folder;
  const std::string settings = "epochs = 2\nmodel = 'dense(10)'\noptimizer = 'sgd(lr=0.1)'\nbatch = 128\n";
  const std::string cut = (folder.path() / "cut").string(), whole = (folder.path() / "whole").string();
  const char* result = nullptr;
  int calls = 0;
  const auto stop_in_the_second = [](void* context, const thalweg_report* report, double,
                                     std::uint64_t total) {
    EXPECT_EQ(total, 16u) << "898 or 899 samples in batches of 128, twice";
    EXPECT_LE(report->update, total);
    return ++*static_cast<int*>(context) == 20 ? 1 : 0;
  };
  ASSERT_EQ(thalweg_train_folds(settings.c_str(), 2, cut.c_str(), stop_in_the_second, &calls, &result),
            THALWEG_OK)
      << thalweg_last_error();
  EXPECT_STREQ(result, "");
  ASSERT_EQ(thalweg_run_resume(cut.c_str(), 1, nullptr, nullptr, &result), THALWEG_OK)
      << thalweg_last_error();
  const std::string resumed = result;
  ASSERT_EQ(thalweg_train_folds(settings.c_str(), 2, whole.c_str(), nullptr, nullptr, &result), THALWEG_OK);
  const auto metrics_of = [](const std::string& json) { return json.substr(json.find("\"metrics\"")); };
  EXPECT_EQ(metrics_of(resumed), metrics_of(result));
  expect_contains(result, "\"folds\": 2");
  EXPECT_EQ(thalweg_train_folds("held-out = 0.2\n", 2, "x", nullptr, nullptr, &result), THALWEG_USAGE);
  expect_contains(thalweg_last_error(), "every fold is held out in turn");
}

TEST(CRuns, SettingsAreCheckedByLine) {
  const char* result = nullptr;
  EXPECT_EQ(thalweg_train("epochs = 3\nepoch = 4\n", "nowhere", nullptr, nullptr, &result), THALWEG_USAGE);
  expect_contains(thalweg_last_error(), "settings:2");
  EXPECT_FALSE(std::filesystem::exists("nowhere"));
}

}  // namespace
}  // namespace thalweg
