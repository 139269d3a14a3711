#include "metrics/class_score.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include <nlohmann/json.hpp>

#include "metrics/json.h"
#include "metrics/regression.h"
#include "metrics/score.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

using Json = nlohmann::json;
using Numbers = std::vector<double>;

Evaluation evaluation(const std::string& loss, std::size_t columns, std::size_t classes,
                      const std::vector<float>& outputs, const std::vector<std::int32_t>& labels,
                      const Numbers& weights = {}, Metrics wanted = Metrics::all) {
  ClassScore score(Loss(loss), columns, classes, labels.size(), wanted);
  score.add(outputs, labels, weights);
  double judged = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) judged += weights.empty() ? 1 : weights[i];
  Evaluation out;
  score.fill(out, judged);
  out.classes.names = class_names({}, classes);
  return out;
}

// Two classes by one logit: 0, 0 | 1, 1, 1 are the truths, 0, 1 | 1, 1, 0 the predictions.
TEST(ClassScore, ByHand) {
  const Evaluation e = evaluation("bce", 1, 2, {-2, 1, 3, 1, -1}, {0, 0, 1, 1, 1});
  EXPECT_EQ(e.accuracy, 3.0 / 5);
  EXPECT_EQ(e.baseline, 3.0 / 5);
  EXPECT_EQ(e.classes.confusion, (std::vector<Numbers>{{1, 1}, {1, 2}}));
  EXPECT_EQ(e.classes.rows, (Numbers{2, 3}));
  EXPECT_EQ(e.classes.precision.of, (Numbers{1.0 / 2, 2.0 / 3}));
  EXPECT_EQ(e.classes.recall.of, (Numbers{1.0 / 2, 2.0 / 3}));
  EXPECT_EQ(e.classes.f1.of, (Numbers{2.0 / 4, 4.0 / 6}));
  EXPECT_NEAR(e.classes.balanced_accuracy, 7.0 / 12, 1e-15);
  // Of 6 pairs of a 1 and a 0: 3 is above both, 1 is above -2 and equal to 1, -1 is above -2.
  EXPECT_NEAR(e.classes.auc.of[0], 4.5 / 6, 1e-15);
  EXPECT_NEAR(e.classes.auc.of[1], 4.5 / 6, 1e-15);
  // Thresholds 3, 1, -1, -2: recall 1/3, 2/3, 1, 1; precision 1, 2/3, 3/4, 3/5.
  EXPECT_NEAR(e.classes.average_precision.of[1], 1.0 / 3 + 2.0 / 9 + 1.0 / 4, 1e-15);
  const auto cost = [](double x) { return std::log1p(std::exp(-x)); };
  EXPECT_NEAR(e.classes.log_loss, (cost(2) + cost(-1) + cost(3) + cost(1) + cost(-1)) / 5, 1e-15);
}

TEST(ClassScore, WhatIsUndefinedIsNaN) {
  const Evaluation never = evaluation("cross_entropy", 2, 2, {2, 1, 3, 0, 1, 0}, {0, 0, 1});
  EXPECT_TRUE(std::isnan(never.classes.precision.of[1]));
  EXPECT_EQ(never.classes.precision.macro, 2.0 / 3);
  EXPECT_EQ(never.classes.recall.of, (Numbers{1, 0}));
  EXPECT_EQ(never.classes.f1.of[1], 0);
  const Evaluation one = evaluation("cross_entropy", 2, 2, {2, 1, 0, 3}, {0, 0});
  EXPECT_TRUE(std::isnan(one.classes.auc.macro));
  EXPECT_TRUE(std::isnan(one.classes.recall.of[1]));
  EXPECT_EQ(one.classes.average_precision.of[0], 1);
  EXPECT_TRUE(std::isnan(one.classes.average_precision.of[1]));
  const Evaluation nothing = evaluation("hinge_embedding", 1, 2, {1, 2}, {0, 1});
  EXPECT_TRUE(std::isnan(nothing.accuracy) && std::isnan(nothing.baseline));
}

TEST(ClassScore, WithoutScoresWhatIsCountedIsTheSame) {
  const std::vector<float> outputs = {2, 1, 0, 0, 3, 1, 1, 1, 1};
  const Evaluation all = evaluation("cross_entropy", 3, 3, outputs, {0, 1, 2});
  const Evaluation some = evaluation("cross_entropy", 3, 3, outputs, {0, 1, 2}, {}, Metrics::counted);
  EXPECT_EQ(all.classes.f1.of, some.classes.f1.of);
  EXPECT_EQ(all.classes.confusion, some.classes.confusion);
  EXPECT_TRUE(std::isnan(some.classes.log_loss) && std::isnan(some.classes.auc.macro));
  EXPECT_FALSE(std::isnan(all.classes.log_loss) || std::isnan(all.classes.auc.macro));
}

// Samples of no class of the training data count against precision and as others.
TEST(ClassScore, AnUnknownClassIsNoneOfTheClasses) {
  const Evaluation e = evaluation("bce", 1, 2, {-2, 1, 3, 2}, {0, 0, 1, kNoClass});
  EXPECT_EQ(e.accuracy, 2.0 / 4);
  EXPECT_EQ(e.classes.precision.of, (Numbers{1, 1.0 / 3}));
  EXPECT_EQ(e.classes.recall.of, (Numbers{1.0 / 2, 1}));
  EXPECT_EQ(e.classes.auc.of, (Numbers{1, 1}));
}

TEST(ClassScore, ANaNIsTakenForNoClass) {
  const Evaluation e = evaluation("cross_entropy", 2, 2, {NAN, 1, 0, 1}, {1, 1});
  EXPECT_EQ(e.accuracy, 0.5);
  EXPECT_EQ(e.classes.recall.of[1], 0.5);
  EXPECT_TRUE(std::isnan(e.classes.average_precision.of[1]));
}

TEST(ClassScore, ASingleOutputTellsTwoClassesByItsLoss) {
  const std::vector<float> outputs = {0.6f, 0.4f, -0.1f};
  const Numbers weights = {1, 2, 4};
  const auto right = [&](const char* loss, const Numbers& by) {
    return evaluation(loss, 1, 2, outputs, {1, 0, 1}, by).accuracy;
  };
  EXPECT_EQ(right("bce", {}), 1.0 / 3);
  EXPECT_EQ(right("bce(probabilities=true)", {}), 2.0 / 3);
  EXPECT_EQ(right("bce(probabilities=true)", weights), 3.0 / 7);
  EXPECT_EQ(probabilities(both_scores(Loss("bce"), 0.0f)), (Numbers{0.5, 0.5}));
  EXPECT_NEAR(probabilities(both_scores(Loss("bce(true)"), 0.3f))[1], 0.3, 1e-7);
  EXPECT_EQ(probabilities(both_scores(Loss("bce(true)"), 1.0f)), (Numbers{0, 1}));
}

TEST(ClassScore, AsJson) {
  Evaluation e = evaluation("cross_entropy", 2, 2, {2, 1, 3, 0, 1, 0}, {0, 0, 1});
  e.classes.names = {"no", "macro"};
  JsonObject object;
  const Json json = Json::parse(add_metrics(object, e).text());
  EXPECT_EQ(json["precision"]["no"], 2.0 / 3);
  EXPECT_TRUE(json["precision"]["macro (class)"].is_null());
  EXPECT_EQ(json["recall"]["macro"], 0.5);
  EXPECT_EQ(json["confusion"], (std::vector<Numbers>{{2, 0}, {1, 0}}));
  EXPECT_EQ(json["baseline"], 2.0 / 3);
}

TEST(Evaluation, SaysWhatTheAccuracyIsWorth) {
  Evaluation e{.samples = 100, .loss = 0.25, .accuracy = 0.5, .baseline = 0.5};
  EXPECT_EQ(e.text(), "50.00 % right (always the commonest class: 50.00 %), loss 0.25 over 100 samples");
  e.accuracy = e.baseline = 0.96;
  e.classes.balanced_accuracy = 0.5;
  EXPECT_EQ(e.text(),
            "balanced accuracy 50.00 %, 96.00 % right (always the commonest class: 96.00 %), loss 0.25 over "
            "100 samples");
}

TEST(Metric, NamesAreThoseThatAreListed) {
  std::string names;
  for (const Metric& metric : metrics()) names += (names.empty() ? "" : "|") + std::string(metric.name);
  EXPECT_EQ(names, kMetricNames);
  EXPECT_THROW(metric_of("acuracy"), Error);
}

// What scikit-learn makes of the same: tests/data/metrics/cases.py.
class ScikitLearn : public ::testing::Test {
 protected:
  ScikitLearn() : cases_(Json::parse(std::ifstream(THALWEG_TESTS "/data/metrics/cases.json"))) {}

  static void expect(const Json& wanted, double got, const std::string& what) {
    if (wanted.is_null()) {
      EXPECT_TRUE(std::isnan(got)) << what << " " << got;
    } else {
      EXPECT_NEAR(got, wanted.get<double>(), 1e-9 * std::max(1.0, std::fabs(got))) << what;
    }
  }

  Json cases_;
};

TEST_F(ScikitLearn, Classes) {
  ASSERT_GT(cases_["classes"].size(), 30u);
  for (const Json& one : cases_["classes"]) {
    const Evaluation e = evaluation(one["loss"], one["columns"], one["classes"], one["outputs"],
                                    one["labels"], one["weights"]);
    const ClassMetrics& c = e.classes;
    const std::string name = one["name"].get<std::string>() + " ";
    const Json& want = one["want"];
    expect(want["accuracy"], e.accuracy, name + "accuracy");
    expect(want["balanced_accuracy"], c.balanced_accuracy, name + "balanced_accuracy");
    expect(want["baseline"], e.baseline, name + "baseline");
    expect(want["log_loss"], c.log_loss, name + "log_loss");
    const auto each = [&](const char* metric, const ClassMetric& got) {
      ASSERT_EQ(got.of.size(), want[metric].size() - 1);
      for (std::size_t i = 0; i < got.of.size(); ++i)
        expect(want[metric][i], got.of[i], name + metric + std::to_string(i));
      expect(want[metric].back(), got.macro, name + metric + " macro");
    };
    each("precision", c.precision);
    each("recall", c.recall);
    each("f1", c.f1);
    each("auc", c.auc);
    each("average_precision", c.average_precision);
    for (std::size_t i = 0; i < c.confusion.size(); ++i)
      for (std::size_t k = 0; k < c.confusion.size(); ++k)
        expect(want["confusion"][i][k], c.confusion[i][k], name + "confusion");
  }
}

TEST_F(ScikitLearn, Values) {
  ASSERT_GT(cases_["values"].size(), 8u);
  for (const Json& one : cases_["values"]) {
    RegressionScore score(one["columns"], {});
    score.add(one["outputs"].get<std::vector<float>>(), one["targets"].get<Numbers>(),
              one["weights"].get<Numbers>());
    Evaluation e;
    score.fill(e);
    const std::string name = one["name"].get<std::string>() + " ";
    expect(one["want"]["r2"], e.r2, name + "r2");
    expect(one["want"]["mae"], e.mae, name + "mae");
    expect(one["want"]["rmse"], e.rmse, name + "rmse");
    expect(one["want"]["baseline"], e.baseline, name + "baseline");
  }
}

}  // namespace
}  // namespace thalweg
