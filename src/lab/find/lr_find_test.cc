#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "data/subset.h"
#include "thalweg/error.h"
#include "thalweg/lab/find.h"
#include "train/trial.h"

namespace thalweg {
namespace {

std::vector<std::vector<float>> bits_of(const Params& params) {
  std::vector<std::vector<float>> out;
  for (const Parameter& p : params) {
    out.emplace_back(p.value<float>().begin(), p.value<float>().end());
    out.emplace_back(p.grad<float>().begin(), p.grad<float>().end());
  }
  return out;
}

std::vector<std::vector<float>> bits_of(Optimizer& optimizer) {
  std::vector<std::vector<float>> out;
  for (const StateTensor& state : optimizer.state()) {
    const auto* data = static_cast<const float*>(state.buffer.data);
    out.emplace_back(data, data + state.parameter->size());
  }
  return out;
}

struct Digits {
  Dataset data = load_dataset("digits", 1);
  Module model{"dense(32) | relu | dense(10)", data.sample};
  Loss loss{"cross_entropy"};
  TrainerOptions options{.batch = 64, .threads = 2};

  Digits() { model.initialise(1); }
  FoundRate find(const char* optimizer, const RateSearch& search = {.trial = 60}) const {
    return find_rate(model, loss, optimizer, data, options, search);
  }
};

// Held-out accuracy after three epochs at that rate, by the trainer alone.
double accuracy_at(const Digits& digits, const std::string& optimizer) {
  Module model("dense(32) | relu | dense(10)", digits.data.sample);
  model.initialise(1);
  Optimizer bound(model.params(), Chain(optimizer));
  Trainer trainer(model, digits.loss, bound, digits.data, digits.options);
  try {
    for ([[maybe_unused]] const Report& r : trainer.run(epochs(5))) {
    }
  } catch (const Error&) {
    return 0;
  }
  return trainer.evaluate(digits.data.test).accuracy;
}

TEST(FindRate, ComesNearTheBestOfAGrid) {
  const Digits digits;
  const FoundRate found = digits.find("sgd(lr=1, momentum=0.9)", {.trial = 115});
  ASSERT_TRUE(found.rate);
  double best = 0;
  for (const char* rate : {"1e-4", "1e-3", "1e-2", "3e-2", "1e-1", "3e-1", "1", "10"}) {
    best = std::max(best, accuracy_at(digits, std::string("sgd(momentum=0.9, lr=") + rate + ")"));
  }
  EXPECT_GT(accuracy_at(digits, found.optimizer), best - 0.02) << found.text();
}

TEST(FindRate, ATrialIsAsLongAsTheRunUnlessToldOtherwise) {
  const Digits digits;
  EXPECT_EQ(digits.find("sgd(lr=1)", {.updates = 30}).trial_updates, 30u);
  EXPECT_EQ(digits.find("sgd(lr=1)", {.updates = 30, .trial = 20}).trial_updates, 20u);
}

TEST(FindRate, ChangesNothing) {
  Digits digits;
  Optimizer optimizer(digits.model.params(), Chain("adam(lr=1e-3)"));
  Trainer trainer(digits.model, digits.loss, optimizer, digits.data, digits.options);
  for ([[maybe_unused]] const Report& r : trainer.run(updates(5))) {
  }
  const auto params = bits_of(digits.model.params());
  const auto state = bits_of(optimizer);
  EXPECT_TRUE(digits.find("adam(lr=1e-3)").rate);
  EXPECT_THROW(digits.find("adam(lr=1e-3)", {.from = 1, .to = 0.5}), Error);
  EXPECT_EQ(bits_of(digits.model.params()), params);
  EXPECT_EQ(bits_of(optimizer), state);
  EXPECT_EQ(optimizer.updates(), 5u);
}

TEST(FindRate, IsTheSameForAnyNumberOfThreads) {
  Digits digits;
  const std::string two = digits.find("adam(lr=1e-3)").json();
  digits.options.threads = 1;
  EXPECT_EQ(digits.find("adam(lr=1e-3)").json(), two);
}

TEST(FindRate, FindsTheRateWhateverIsGiven) {
  const Digits digits;
  const FoundRate small = digits.find("adam(lr=1e-9)");
  const FoundRate large = digits.find("adam(lr=100)");
  EXPECT_EQ(small.rate, large.rate);
  EXPECT_EQ(small.given, 1e-9);
  EXPECT_EQ(small.optimizer, large.optimizer);
}

TEST(FindRate, RangeTestRunsThroughTheRates) {
  const FoundRate found = Digits().find("sgd(lr=1)", {.from = 1e-4, .to = 1e4, .sweep = 41, .trial = 20});
  ASSERT_GT(found.sweep.size(), 10u);
  for (std::size_t k = 0; k < found.sweep.size(); ++k) {
    EXPECT_NEAR(found.sweep[k].rate, std::pow(10, -4 + 0.2 * static_cast<double>(k)),
                1e-9 * found.sweep[k].rate);
  }
  EXPECT_LT(found.sweep.size(), 41u);  // it has diverged before
  EXPECT_GE(found.low, 1e-4);
  EXPECT_LT(found.low, found.high);
}

TEST(FindRate, SuggestsNothingWhereNothingLearns) {
  Digits digits;
  for (Parameter& p : digits.model.params())
    p.set_frozen(p.role() != Role::bias || p.name() == "dense2.bias");
  const FoundRate found = digits.find("box(0, 0) | lr(1)", {.trial = 10});
  EXPECT_FALSE(found.rate);
  EXPECT_EQ(found.optimizer, "box(0, 0) | lr(1)");
}

TEST(FindRate, DrawsAndWritesWhatItFound) {
  const FoundRate found = Digits().find("adam(lr=1e-3)", {.trial = 20});
  EXPECT_NE(found.svg().find("xmlns=\"http://www.w3.org/2000/svg\""), std::string::npos);
  EXPECT_NE(found.html().find("Range test"), std::string::npos);
  EXPECT_NE(found.text().find("optimizer  adam(lr="), std::string::npos);
}

TEST(SetAside, TrainsOnNothingThatItJudgesBy) {
  const Dataset data = load_dataset("digits", 1);
  const Dataset part = set_aside(data, 1000, 200, 1);
  EXPECT_EQ(part.test.size(), 200u);
  EXPECT_EQ(part.train.size(), 1000u);
  std::vector<bool> seen(2000, false);
  for (const Samples* samples : {&part.train, &part.test}) {
    for (const std::uint32_t row : samples->rows) {
      EXPECT_FALSE(seen.at(row)) << row;
      seen.at(row) = true;
    }
  }
  for (const std::uint32_t row : data.test.rows) EXPECT_FALSE(seen.at(row));
  std::vector<float> a(64), b(64);
  for (std::uint32_t i = 0; i < 50; ++i) {
    const auto at = std::find(data.train.rows.begin(), data.train.rows.end(), part.train.rows[i]);
    const auto j = static_cast<std::uint32_t>(at - data.train.rows.begin());
    part.train.gather(std::vector<std::uint32_t>{i}, a);
    data.train.gather(std::vector<std::uint32_t>{j}, b);
    EXPECT_EQ(a, b);
    EXPECT_EQ(part.train.labels[i], data.train.labels[j]);
  }
}

}  // namespace
}  // namespace thalweg
