#include "choice/choose.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "base/random.h"
#include "choice/defaults.h"
#include "choice/test_data.h"
#include "data/subset.h"
#include "train/recording.h"
#include "train/trial.h"

namespace thalweg {
namespace {

// The 2 inputs are normal, nearly; `target` says the value of each sample from them and one more such number.
template <class F>
Dataset values_of(std::size_t samples, const F& target) {
  const Random random(7, Purpose::noise, 0);
  const auto normal = [&](std::uint64_t i) {
    double sum = -6;
    for (std::uint64_t k = 0; k < 12; ++k) sum += random.uniform(12 * i + k);
    return sum;
  };
  Dataset data;
  data.text = "made up";
  data.sample = {2};
  data.columns = 1;
  std::vector<float> inputs;
  for (std::size_t i = 0; i < samples; ++i) {
    const double x = normal(3 * i), y = normal(3 * i + 1);
    inputs.insert(inputs.end(), {static_cast<float>(x), static_cast<float>(y)});
    data.train.values.push_back(target(x, y, normal(3 * i + 2)));
  }
  data.train.assign(2, std::move(inputs));
  data.target_scaling = {{}};
  for (std::uint32_t row = 0; row < samples; ++row) data.train.rows.push_back(row);
  return data;
}

std::vector<std::pair<std::string, std::uint64_t>> forms(const Choice& choice) {
  std::vector<std::pair<std::string, std::uint64_t>> out;
  for (const RunConfig& one : choice.settings) out.emplace_back(one.optimizer, *one.epochs);
  return out;
}

std::string decayed(const std::string& decay) {
  return "adamw(lr=cosine(5e-3, warmup=5%), decay=" + decay + ")";
}

using Forms = std::vector<std::pair<std::string, std::uint64_t>>;

TEST(Choose, WhatIsTriedFollowsTheData) {
  EXPECT_EQ(forms(choice_of({}, data_of(640, 0, 3))),
            (Forms{{decayed("0.01"), 200}, {decayed("1"), 200}, {decayed("0.1"), 20}, {decayed("3"), 20}}));
  EXPECT_EQ(forms(choice_of({}, data_of(1280, 4, 0))),
            (Forms{{decayed("0.01"), 30}, {decayed("1"), 30}, {decayed("3"), 9}, {decayed("0.1"), 90}}));
  EXPECT_EQ(forms(choice_of({}, data_of(640, 4, 0))),
            (Forms{{decayed("1"), 30}, {decayed("0.01"), 30}, {decayed("3"), 9}, {decayed("0.1"), 90}}))
      << "that of the data alone is the first";
  RunConfig config;
  config.epochs = 7;
  EXPECT_EQ(forms(choice_of(config, data_of(640, 0, 3))),
            (Forms{{decayed("0.01"), 7}, {decayed("1"), 7}, {decayed("3"), 7}, {decayed("0.1"), 7}}))
      << "epochs that are given stay";
}

// 128 x (2 + 3) products a sample and 128 x (2 + 1).
TEST(Choose, TheWorkIsBounded) {
  const Choice small = choice_of({}, data_of(640, 0, 1));
  ASSERT_EQ(small.work.size(), 4u);
  EXPECT_EQ(small.work[0], 200 * (3.0 * 512 * 384 + 8 * 4e4)) << "200 epochs of 8 updates of 512 samples";
  EXPECT_EQ(small.allowed, 0.4 * 2e10);
  const Choice large = choice_of({}, data_of(100000, 3, 0));
  ASSERT_EQ(forms(large), (Forms{{decayed("0.01"), 30}, {decayed("1"), 30}, {decayed("3"), 9}}))
      << "three times as long is too much";
  EXPECT_EQ(large.allowed, 3 * 30 * (3.0 * 100000 * 640 + 1563 * 4e4));
  RunConfig wide;
  wide.model = "dense(1000) | relu | dense(1000) | relu | dense(3)";
  EXPECT_TRUE(choice_of(wide, data_of(2000, 3, 0)).settings.empty()) << "30 x 3 x 2000 x 1.005e6";
  EXPECT_EQ(choice_of(wide, data_of(2000, 3, 0)).text(), "");
}

TEST(Choose, NothingIsTriedOfWhatIsSaid) {
  const Dataset data = data_of(640, 0, 1);
  EXPECT_FALSE(choice_of({}, data).settings.empty());
  EXPECT_TRUE(choice_of({}, data_of(19, 0, 1)).settings.empty());
  Dataset images = data;
  images.image = {1, 1, 2};
  EXPECT_TRUE(choice_of({}, images).settings.empty());
  std::vector<RunConfig> said(5);
  said[0].optimizer = "adamw(lr=1e-3)";
  said[1].order = "file";
  said[2].keeping.init = "weights.safetensors";
  said[3].schedule_epochs = 3;
  said[4].machine.memory = 1 << 30;
  for (std::size_t i = 0; i < said.size(); ++i) {
    EXPECT_TRUE(choice_of(said[i], data).settings.empty()) << i;
  }
  EXPECT_EQ(choose(said[0], data).why, "");
  EXPECT_EQ(choose(said[0], data).config.optimizer, "adamw(lr=1e-3)");
}

TEST(Choose, NoiseIsHeldAndAShapeIsLearnt) {
  const Dataset noise = values_of(120, [](double x, double, double e) { return 0.3 * x + e; });
  const Dataset shape = values_of(400, [](double x, double y, double) { return std::sin(3 * x) * y; });
  EXPECT_NE(choose({}, noise).config.optimizer, decayed("0.01"));
  EXPECT_EQ(choose({}, shape).config.optimizer, decayed("0.01"));
  EXPECT_EQ(choose({}, shape).config.epochs, fit_to_data({}, shape).epochs);
}

TEST(Choose, TheSameForAnyThreadsAndAnotherSeedJudgesByOtherFolds) {
  const Dataset data = values_of(200, [](double x, double y, double e) { return x * y + e; });
  RunConfig config;
  config.threads = 1;
  const Chosen one = choose(config, data);
  for (const int threads : {2, 3}) {
    config.threads = threads;
    const Chosen other = choose(config, data);
    EXPECT_EQ(other.why, one.why);
    EXPECT_EQ(other.config.optimizer, one.config.optimizer);
    EXPECT_EQ(other.config.threads, threads);
  }
  config.seed = 2;
  EXPECT_NE(choose(config, data).why, one.why);
}

// One in 25 is far off, whatever its inputs are.
Dataset with_outliers(std::size_t samples) {
  Dataset data = values_of(samples, [](double x, double y, double e) { return x + y + 0.1 * e; });
  for (std::size_t i = 0; i < samples; i += 25) data.train.values[i] = i % 2 == 0 ? 40 : -40;
  data.target_names = {"price"};
  return data;
}

// By hand: the squares of every setting on the first fold, of the better half on the second, ...
TEST(Choose, TheBestOfARaceIsTaken) {
  for (const Dataset& data :
       {values_of(100, [](double x, double y, double e) { return x * y + e; }), with_outliers(150)}) {
    const Choice choice = choice_of({}, data);
    const std::size_t n = choice.settings.size();
    EXPECT_EQ(n, choice.has_huber() ? 5u : 4u);
    std::vector<double> squares(n), rows(n);
    std::vector<std::size_t> left(n);
    std::iota(left.begin(), left.end(), 0u);
    double work = 0;
    for (std::size_t fold = 0; fold < 5; ++fold) {
      for (const std::size_t i : left) work += choice.work[i];
      ASSERT_LE(work, choice.allowed) << "all folds judge";
      const Dataset part = fold_of(data, fold, 5, 1);
      for (const std::size_t i : left) {
        const RunConfig& c = choice.settings[i];
        Trial trial(make_model(c.model, {2}, 1), Loss(c.loss), Chain(c.optimizer), part,
                    trainer_options_of(c), epochs(*c.epochs));
        ASSERT_TRUE(trial.train());
        for_each_output(trial.model(), part.test, 1, [&](std::uint32_t row, std::span<const float> said) {
          squares[i] += std::pow(said[0] - static_cast<float>(part.test.values[row]), 2);
          ++rows[i];
        });
      }
      std::ranges::sort(left, {}, [&](std::size_t i) { return squares[i] / rows[i]; });
      left.resize(std::max<std::size_t>(2, (left.size() + 1) / 2));
    }
    const RunConfig& best = choice.settings[left[0]];
    const Chosen chosen = choose({}, data);
    EXPECT_EQ(chosen.config.optimizer, best.optimizer);
    EXPECT_EQ(chosen.config.epochs, best.epochs);
    EXPECT_EQ(chosen.config.loss, choice.has_huber() ? best.loss : "auto");
    for (std::size_t i = 0; i < n; ++i)
      EXPECT_NE(chosen.why.find(fmt::format(" {:.4g} of decay=", squares[i] / rows[i])), std::string::npos)
          << chosen.why;
  }
}

TEST(Choose, WhereOutliersDecideHuberIsTriedToo) {
  const Dataset data = with_outliers(200);
  const Choice choice = choice_of({}, data);
  ASSERT_EQ(choice.settings.size(), 5u);
  EXPECT_EQ(choice.settings.back().loss, "huber");
  EXPECT_EQ(choice.settings.back().optimizer, choice.settings.front().optimizer);
  EXPECT_EQ(choice.settings.back().epochs, choice.settings.front().epochs);
  EXPECT_EQ(choice.allowed,
            choice_of({}, values_of(200, [](double x, double, double) { return x; })).allowed);
  EXPECT_NE(choice.outliers.find("price: 8 of 200 targets"), std::string::npos) << choice.outliers;
  EXPECT_TRUE(choice.outliers.ends_with("; tried: mse and huber"));
  EXPECT_NE(choice.text().find("of huber"), std::string::npos);
  const Chosen chosen = choose({}, data);
  EXPECT_TRUE(chosen.outliers.ends_with("; taken: " + chosen.config.loss)) << chosen.outliers;
}

TEST(Choose, WhatIsSaidOfTheLossStays) {
  RunConfig config;
  config.loss = "mse";
  const Dataset data = with_outliers(200);
  EXPECT_EQ(choice_of(config, data).settings.size(), 4u);
  EXPECT_EQ(choice_of(config, data).outliers, "");
  EXPECT_EQ(choose(config, data).config.loss, "mse");
  config = {};
  config.optimizer = "adamw(lr=1e-3)";
  const Chosen chosen = choose(config, data);
  EXPECT_EQ(chosen.config.loss, "auto");
  EXPECT_TRUE(chosen.outliers.ends_with("; --loss huber follows them less than mse")) << chosen.outliers;
}

TEST(Choose, WhatDivergesIsNotTaken) {
  const double most = std::numeric_limits<float>::max();
  const Dataset data = values_of(100, [&](double x, double, double) { return x * most; });
  EXPECT_EQ(choose({}, data).config.optimizer, decayed("0.01")) << "all do: the first";
}

TEST(Choose, StopsAtOnceWhereItIsAsked) {
  const Dataset data = values_of(200, [](double x, double y, double) { return x + y; });
  RunConfig config;
  config.threads = 2;
  std::atomic<int> asked = 0;
  const Chosen stopped = choose(config, data, [&] { return ++asked >= 10; });
  EXPECT_TRUE(stopped.stopped);
  EXPECT_EQ(stopped.config.optimizer, "auto");
  EXPECT_EQ(stopped.why, "");
  EXPECT_LE(asked, 20) << "each of the settings asks once more";
  EXPECT_FALSE(choose(config, data, [] { return false; }).stopped);
  EXPECT_EQ(choose(config, data, [] { return false; }).why, choose(config, data).why);
}

}  // namespace
}  // namespace thalweg
