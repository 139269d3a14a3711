// What keeps a network from learning its samples by heart - dropout and terms of the loss - in a training.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/test_files.h"
#include "thalweg/run.h"
#include "thalweg/trainer.h"

namespace thalweg {
namespace {

using Training = Run;  // testing::Test has a Run of its own

// Points of the plane in two classes, of which the second lies on the right.
Dataset points(std::size_t n) {
  Dataset data;
  data.sample = {2};
  data.classes = 2;
  for (Samples* part : {&data.train, &data.test}) {
    const Random random(9, Purpose::init, part == &data.train ? 0 : 1);
    std::vector<float> inputs(2 * n);
    for (std::size_t i = 0; i < n; ++i) {
      inputs[2 * i] = static_cast<float>(2 * random.uniform(2 * i) - 1);
      inputs[2 * i + 1] = static_cast<float>(2 * random.uniform(2 * i + 1) - 1);
      part->labels.push_back(inputs[2 * i] > 0 ? 1 : 0);
    }
    part->assign(2, std::move(inputs));
  }
  return data;
}

struct Task {
  std::string model = "dense(40) | gelu | dropout(0.3) | dense(2)";
  std::string loss = "cross_entropy";
  std::string optimizer = "adam | lr(1e-2)";
  std::size_t batch = 32;
  int threads = 1;
  bool evaluates = false;  // after every update
};

struct Outcome {
  std::vector<double> losses;
  std::vector<float> weights;
  Evaluation test;
  bool operator==(const Outcome& other) const { return losses == other.losses && weights == other.weights; }
};

Outcome learn(const Task& task, const Dataset& data, std::uint64_t count = 30) {
  Module model(task.model, data.sample);
  model.initialise(3);
  const Loss loss(task.loss);
  Optimizer optimizer(model.params(), Chain(task.optimizer), {.threads = task.threads});
  Trainer trainer(model, loss, optimizer, data, task.batch, 5, task.threads);
  Outcome out;
  for (const Report& report : trainer.run(updates(count))) {
    out.losses.push_back(report.loss);
    if (task.evaluates) trainer.evaluate(data.test);
  }
  for (const Parameter& p : model.params()) {
    out.weights.insert(out.weights.end(), p.value<float>().begin(), p.value<float>().end());
  }
  out.test = trainer.evaluate(data.test);
  return out;
}

TEST(Regularisation, DropoutGivesTheSameBitsForAnyThreadsAndAroundEvaluations) {
  const Dataset data = points(700);
  const Outcome wanted = learn({}, data);
  EXPECT_EQ(learn({.evaluates = true}, data), wanted);
  const Task large{.model = "dense(300) | gelu | dropout | dense(2)", .batch = 0};
  const Outcome one = learn(large, data, 3);
  for (const int threads : {2, 3, 7}) {
    Task many = large;
    many.threads = threads;
    EXPECT_EQ(learn(many, data, 3), one) << threads;
  }
}

// With a batch of several chunks every chunk has a mask of its own: a copy of a chunk does not repeat its
// loss.
TEST(Regularisation, DropoutDrawsAnewForEveryUpdateAndEveryChunk) {
  const Dataset data = points(2 * Trainer::kChunk);
  Task task{.model = "dense(9) | dropout | dense(2)", .optimizer = "lr(0)", .batch = 0};
  const Outcome whole = learn(task, data, 3);
  EXPECT_NE(whole.losses[0], whole.losses[1]);  // the weights stand still
  EXPECT_NE(whole.losses[1], whole.losses[2]);
  task.model = "dense(9) | dropout(0) | dense(2)";
  const Outcome still = learn(task, data, 2);
  EXPECT_EQ(still.losses[0], still.losses[1]);
  // Evaluations drop nothing: the same weights give the same numbers with and without dropout.
  EXPECT_EQ(still.test.loss, whole.test.loss);

  Dataset twice = points(Trainer::kChunk);
  std::vector<std::uint32_t> rows(Trainer::kChunk);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::uint32_t>(i);
  std::vector<float> inputs(2 * Trainer::kChunk);
  twice.train.gather(rows, inputs);
  const std::vector<std::int32_t> labels = twice.train.labels;
  task.model = "dense(9) | dropout | dense(2)";
  const double once = learn(task, twice, 1).losses[0];
  const std::vector<float> half = inputs;
  inputs.insert(inputs.end(), half.begin(), half.end());
  twice.train.labels.insert(twice.train.labels.end(), labels.begin(), labels.end());
  twice.train.assign(2, inputs);
  EXPECT_GT(std::abs(learn(task, twice, 1).losses[0] - once), 1e-6);
}

TEST(Regularisation, AResumedRunWithDropoutIsTheSameToTheBit) {
  const TestFolder folder;
  RunConfig config;
  config.model = "dense(16) | gelu | dropout(0.2) | dense(10)";
  config.loss = "cross_entropy | l2(1e-4, on=weight)";
  config.optimizer = "adam(lr=1e-2)";
  config.epochs = 2;  // 46 updates
  const auto losses = [](Training& run, std::uint64_t until) {
    std::vector<double> all;
    Report report;
    while (run.updates() < until && run.next(report)) all.push_back(report.loss);
    return all;
  };
  Training whole = Training::create(config, folder.path() / "whole");
  const std::vector<double> wanted = losses(whole, 46);
  std::vector<double> got;
  {
    Training first = Training::create(config, folder.path() / "cut");
    got = losses(first, 17);
    first.save();
  }
  Training second = Training::resume(folder.path() / "cut");
  EXPECT_EQ(second.config().loss, "cross_entropy | l2(0.0001, on=weight)");
  const std::vector<double> rest = losses(second, 46);
  got.insert(got.end(), rest.begin(), rest.end());
  EXPECT_EQ(got, wanted);
}

TEST(Regularisation, TheLossOfATermIsInReportsAndNotInEvaluations) {
  const Dataset data = points(64);
  const Task bare{.model = "dense(3) | tanh | dense(2)", .optimizer = "lr(0)"};
  Task with_term = bare;
  with_term.loss = "cross_entropy | l2(0.5) | l1(0.25, on=matrices)";
  const Outcome without = learn(bare, data, 2), with = learn(with_term, data, 2);
  EXPECT_EQ(with.test.loss, without.test.loss);
  Module model(bare.model, data.sample);
  model.initialise(3);
  EXPECT_EQ(with.losses[1], without.losses[1] + Loss(with_term.loss).penalty(model.params()));
  EXPECT_GT(with.losses[1], without.losses[1] + 0.1);
}

TEST(Regularisation, L2IsDecayLeftOfARuleToTheBit) {
  const Dataset data = points(300);
  for (const std::string rest : {"adam | lr(1e-2)", "momentum | lr(0.1)"}) {
    const Outcome term = learn({.loss = "cross_entropy | l2(0.01)", .optimizer = rest}, data);
    const Outcome decay = learn({.optimizer = "decay(0.01) | " + rest}, data);
    EXPECT_EQ(term.weights, decay.weights) << rest;
    EXPECT_NE(term.losses, decay.losses) << rest;
  }
}

TEST(Regularisation, ATermOnNothingStopsTheTrainingBeforeItBegins) {
  const Dataset data = points(10);
  EXPECT_THROW(learn({.loss = "cross_entropy | l2(1, on=dense9.weight)"}, data), Error);
}

TEST(Regularisation, OneLogitLearnsTwoClasses) {
  const Dataset data = points(500);
  const Outcome out = learn({.model = "dense(1)", .loss = "bce", .optimizer = "adam | lr(0.1)"}, data, 200);
  EXPECT_GT(out.test.accuracy, 0.97);
  EXPECT_LT(out.test.loss, 0.2);
  EXPECT_THROW(learn({.model = "dense(1)", .loss = "cross_entropy"}, data), Error);
}

}  // namespace
}  // namespace thalweg
