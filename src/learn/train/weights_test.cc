// Samples with weights, classes with weights and rows that are ignored, in training and in judging.
#include <gtest/gtest.h>

#include <cmath>

#include "thalweg/trainer.h"
#include "train/trial.h"

namespace thalweg {
namespace {

// 36 samples of 3 numbers, of 3 classes, each with a weight of 0, 1, 2 or 3.
Dataset weighted_set() {
  constexpr std::size_t kSize = 36;
  Dataset data;
  data.sample = {3};
  data.classes = 3;
  std::vector<float> inputs;
  for (std::size_t i = 0; i < 3 * kSize; ++i) inputs.push_back(std::sin(static_cast<float>(7 * i)));
  data.train.assign(3, inputs);
  data.test.assign(3, std::vector<float>());
  for (std::size_t i = 0; i < kSize; ++i) {
    data.train.labels.push_back(static_cast<std::int32_t>(inputs[3 * i] > 0) +
                                static_cast<std::int32_t>(inputs[3 * i + 1] > 0.3f));
    data.train.weights.push_back(static_cast<double>(i * i % 4 + i % 3));
  }
  return data;
}

// Every sample as often as it weighs.
Dataset repeated(const Dataset& data) {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < data.train.size(); ++row)
    rows.insert(rows.end(), static_cast<std::size_t>(data.train.weights[row]), row);
  Dataset out = data;
  out.train = data.train.subset(rows);
  out.train.weights.clear();
  return out;
}

struct Trained {
  std::vector<float> parameters;
  std::vector<double> losses, masses;
};

Trained train(const Dataset& data, const std::string& loss, const TrainerOptions& options,
              std::uint64_t count = 12) {
  Trial trial(make_model("dense(5) | tanh | dense(3)", data.sample, 3), Loss(loss),
              Chain("momentum(0.9) | lr(0.1)"), data, options, updates(count));
  Trained out;
  for (const Report& r : trial.trainer().run(updates(count))) {
    out.losses.push_back(r.loss);
    out.masses.push_back(trial.trainer().mass());
  }
  for (const Parameter& p : trial.model().params())
    out.parameters.insert(out.parameters.end(), p.value<float>().begin(), p.value<float>().end());
  return out;
}

void expect_same(const Trained& got, const Trained& want) {
  ASSERT_EQ(got.losses.size(), want.losses.size());
  for (std::size_t i = 0; i < want.losses.size(); ++i) {
    EXPECT_NEAR(got.losses[i], want.losses[i], 1e-5 * std::fabs(want.losses[i])) << i;
    EXPECT_NEAR(got.masses[i], want.masses[i], 1e-12 * want.masses[i]) << i;
  }
  for (std::size_t i = 0; i < want.parameters.size(); ++i)
    EXPECT_NEAR(got.parameters[i], want.parameters[i], 1e-5 + 1e-4 * std::fabs(want.parameters[i])) << i;
}

constexpr const char* kLosses[] = {"cross_entropy",
                                   "cross_entropy(0.1, weight=[0.5, 1, 3])",
                                   "multi_margin(weight=balanced)",
                                   "mse(weight=[2, 1, 0])",
                                   "bce",
                                   "cross_entropy(ignore=1)"};

TEST(Weights, OfSamplesAreRepetitions) {
  const Dataset data = weighted_set(), copies = repeated(data);
  for (const char* loss : kLosses) {
    if (std::string(loss).find("balanced") != std::string::npos) continue;  // counts other labels
    SCOPED_TRACE(loss);
    expect_same(train(data, loss, {.batch = 0}), train(copies, loss, {.batch = 0}));
  }
}

// The mean is over the whole update, whatever parts it comes in.
TEST(Weights, AnUpdateInPartsIsTheWhole) {
  const Dataset data = weighted_set();
  for (const char* loss : kLosses) {
    SCOPED_TRACE(loss);
    const Trained whole = train(data, loss, {.batch = 18});
    expect_same(train(data, loss, {.batch = 6, .accumulate = 3}), whole);
    expect_same(train(data, loss, {.batch = 1, .accumulate = 18}), whole);
  }
}

TEST(Weights, WhatIsGivenToEveryoneChangesNothing) {
  Dataset data = weighted_set();
  const Dataset none = [&] {
    Dataset out = data;
    out.train.weights.clear();
    return out;
  }();
  data.train.weights.assign(data.train.size(), 1.0);
  const Trained got = train(data, "cross_entropy", {.batch = 8}),
                want = train(none, "cross_entropy", {.batch = 8});
  EXPECT_EQ(got.parameters, want.parameters);
  EXPECT_EQ(got.losses, want.losses);
}

TEST(Weights, AnUpdateOfNothingHasNoLossAndNoGradient) {
  Dataset data = weighted_set();
  data.train.weights.assign(data.train.size(), 0.0);
  const Trained got = train(data, "cross_entropy", {.batch = 8}, 3);
  EXPECT_EQ(got.losses, std::vector<double>(3));
  EXPECT_EQ(got.masses, std::vector<double>(3));
  const Module fresh = make_model("dense(5) | tanh | dense(3)", data.sample, 3);
  EXPECT_EQ(got.parameters[0], fresh.params()[0].value<float>()[0]);
}

// As scikit-learn's score() with sample_weight.
TEST(Weights, JudgingIsWeightedAsTraining) {
  const Dataset data = weighted_set(), copies = repeated(data);
  for (const char* loss : kLosses) {
    if (std::string(loss).find("balanced") != std::string::npos) continue;
    const auto judged = [&](const Dataset& on) {
      Trial trial(make_model("dense(3)", on.sample, 3), Loss(loss), Chain("lr(0)"), on, {.batch = 8});
      return trial.trainer().evaluate(on.train);
    };
    const Evaluation got = judged(data), want = judged(copies);
    EXPECT_NEAR(got.loss, want.loss, 1e-6 * want.loss) << loss;
    EXPECT_NEAR(got.accuracy, want.accuracy, 1e-12) << loss;
    EXPECT_NEAR(got.mass, want.mass, 1e-12 * want.mass) << loss;
  }
}

TEST(Weights, OfValuesJudgeR2AndError) {
  Dataset data = weighted_set();
  data.classes = 0;
  data.columns = 1;
  data.target_scaling = {{0, 1}};
  for (std::size_t i = 0; i < data.train.size(); ++i)
    data.train.values.push_back(std::cos(static_cast<double>(i)));
  data.train.labels.clear();
  const Dataset copies = repeated(data);
  const auto judged = [](const Dataset& on) {
    Trial trial(make_model("dense(1)", on.sample, 3), Loss("mae"), Chain("lr(0)"), on, {.batch = 8});
    return trial.trainer().evaluate(on.train);
  };
  const Evaluation got = judged(data), want = judged(copies);
  EXPECT_NEAR(got.r2, want.r2, 1e-12 * std::fabs(want.r2));
  EXPECT_NEAR(got.mae, want.mae, 1e-12);
  EXPECT_NEAR(got.loss, want.loss, 1e-7);
}

TEST(Weights, IgnoredSamplesAreNotJudged) {
  Dataset data = weighted_set();
  data.train.weights.clear();
  data.train.labels.assign(data.train.size(), -100);
  data.train.labels[5] = 2;
  Trial trial(make_model("dense(3)", data.sample, 3), Loss("cross_entropy"), Chain("lr(0)"), data, {});
  const Evaluation one = trial.trainer().evaluate(data.train);
  EXPECT_EQ(one.mass, 1);
  EXPECT_TRUE(one.accuracy == 0 || one.accuracy == 1);
  Samples none = data.train;
  none.labels[5] = -100;
  const Evaluation nothing = trial.trainer().evaluate(none);
  EXPECT_TRUE(nothing.has_no_loss());
  EXPECT_TRUE(std::isnan(nothing.loss));
  EXPECT_NE(nothing.text().find("loss undefined"), std::string::npos) << nothing.text();
}

TEST(Weights, BalancedOnesAreCountedInTheTrainingPart) {
  const Dataset data = weighted_set();
  std::vector<double> counts(3);
  for (const std::int32_t label : data.train.labels) ++counts[static_cast<std::size_t>(label)];
  Trial trial(make_model("dense(3)", data.sample, 3), Loss("cross_entropy(weight=balanced)"), Chain("lr(0)"),
              data, {});
  const Loss by_hand = Loss("cross_entropy(weight=balanced)").resolve(data.train.labels, 3);
  EXPECT_EQ(trial.loss().text(), by_hand.text());
  EXPECT_EQ(trial.loss().text().find("balanced"), std::string::npos);
  EXPECT_NEAR(by_hand.mass({data.train.labels, {}}, data.train.size()), 36, 1e-12);
}

}  // namespace
}  // namespace thalweg
