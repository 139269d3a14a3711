#include "experiments/driver.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>

#include "base/file.h"
#include "base/test_error.h"
#include "experiments/section.h"
#include "experiments/setup.h"
#include "experiments/training.h"

namespace thalweg::experiments {
namespace {

namespace fs = std::filesystem;

constexpr char kTiny[] = R"toml(claim = "A rate of 0 learns <nothing>."
source = "nobody"
measure = "two rates"
kind = "rates"

[setup]
data = "digits"
data_seed = 1
seeds = 2
model = "dense(10)"
loss = "cross_entropy | l2(1e-3)"
batch = 256
epochs = 2
every = 6
target_excess = 0.1
constant = "sgd(lr=RATE)"
falling = "sgd(lr=linear(RATE))"
rates = [0.1, 0.3]
small_share = 0
large_share = 1
tuning_seeds = 1
minimum_optimizer = "momentum(0.9) | lr(0.3)"
minimum_updates = 50

[[rule]]
part = "moving ends lower"
test = "good.excess < small.excess"

[[rule]]
part = "still swings"
test = "small.swing > 0"
)toml";

class ClaimDriverTest : public ::testing::Test {
 protected:
  ClaimDriverTest() {
    fs::create_directories(folder_ / "claims");
    put(kTiny);
    options_ = {.folder = folder_ / "claims",
                .data = folder_ / "data",
                .work = folder_ / "work",
                .page = folder_ / "page.html",
                .program = "one",
                .tell = [this](const std::string& line) { told_ += line + "\n"; }};
  }
  ~ClaimDriverTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  void put(const std::string& text) { replace_file(file(), text); }
  fs::path file() const { return folder_ / "claims" / "01_tiny.toml"; }
  // What it said.
  std::string run() {
    told_.clear();
    run_experiments(options_);
    return told_;
  }
  std::string page() const { return read_text_file(options_.page); }

  fs::path folder_ =
      fs::path(testing::TempDir()) / ("thalweg-claims-" + std::to_string(::getpid()) + "-" +
                                      testing::UnitTest::GetInstance()->current_test_info()->name());
  Options options_;
  std::string told_;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_F(ClaimDriverTest, MeasuresDecidesAndWrites) {
  options_.write = true;
  EXPECT_TRUE(has(run(), "01_tiny: holds when: moving ends lower"));
  EXPECT_TRUE(has(page(), "A rate of 0 learns &lt;nothing&gt;."));
  EXPECT_TRUE(has(page(), "<svg"));
  const std::string text = read_text_file(file());
  EXPECT_TRUE(text.starts_with(kTiny));
  EXPECT_TRUE(has(text, "\n[result]\n"));
  EXPECT_TRUE(has(text, "verdict = \"holds when: moving ends lower\""));
  EXPECT_EQ(read_experiment(file()).rules.size(), 2u);  // it is still one
  EXPECT_TRUE(has(run(), "unchanged"));
  EXPECT_EQ(read_text_file(file()), text);
}

TEST_F(ClaimDriverTest, RunsOnlyWhatChanged) {
  EXPECT_TRUE(has(run(), "running"));
  EXPECT_TRUE(has(run(), "unchanged, holds when"));
  put(std::string(kTiny) + "\n[result]\nverdict = \"holds\"\n");
  EXPECT_FALSE(has(run(), "running"));
  options_.program = "two";
  EXPECT_TRUE(has(run(), "running"));
  std::string text = kTiny;
  put(text.replace(text.find("epochs = 2"), 10, "epochs = 1"));
  EXPECT_TRUE(has(run(), "running"));
}

TEST_F(ClaimDriverTest, LeavesOutWhatHasNoData) {
  put("needs = [\"nowhere\"]\n" + std::string(kTiny));
  EXPECT_TRUE(has(run(), "skipped: no folder nowhere"));
  EXPECT_TRUE(has(page(), "skipped"));
}

TEST_F(ClaimDriverTest, RefusesWhatIsNoExperiment) {
  put("");
  error_of(Code::usage, [&] { run(); });
  put("claims = 1\n" + std::string(kTiny));
  EXPECT_TRUE(has(error_of(Code::usage, [&] { run(); }), "01_tiny.toml:1"));
  std::string text = kTiny;
  put(text.replace(text.find("kind = \"rates\""), 14, "kind = \"dates\""));
  error_of(Code::usage, [&] { run(); });
  text = kTiny;
  put(text.replace(text.find("batch = 256\n"), 12, ""));
  EXPECT_TRUE(has(error_of(Code::usage, [&] { run(); }), "batch"));
  options_.only = {"02"};
  error_of(Code::data, [&] { run(); });
}

TEST(ClaimTraining, IsTheSameForTheSameSeed) {
  const Dataset data = load_dataset("digits", 1);
  const Course course{
      .model = "dense(10)", .optimizer = "sgd(lr=0.1)", .batch = 64, .updates = 20, .every = 5};
  const Trajectory one = train(data, course);
  EXPECT_EQ(one.losses, train(data, course).losses);
  EXPECT_EQ(one.losses.size(), 5u);
  EXPECT_EQ(one.batch_losses.size(), 20u);
  EXPECT_LT(one.loss(), one.losses.front());
}

TEST(ClaimTraining, WhatDivergesIsInfinite) {
  const Dataset data = load_dataset("drift(10, rows=200)", 1);
  const Trajectory run = train(data, {.model = "dense(1)",
                                      .loss = "mse",
                                      .optimizer = "sgd(lr=1e9)",
                                      .batch = 1,
                                      .updates = 100,
                                      .every = 10});
  EXPECT_EQ(run.losses.size(), 11u);
  EXPECT_EQ(run.batch_losses.size(), 100u);
  EXPECT_TRUE(std::isinf(run.loss()));
}

using SettingsTable = Setup;  // the word means another thing in a test

TEST(ClaimTuning, TakesTheRateWithTheLowestScore) {
  SettingsTable setup("test");
  setup.set("seeds", std::vector<double>{4});
  setup.set("tuning_seeds", std::vector<double>{3});
  const Lab lab{setup, "", "", 2};
  const Tuned found = tuned(
      lab, {1, 2, 3, 4},
      [](double rate, std::uint64_t seed) {
        Trajectory run;
        run.losses = {rate == 4 ? NAN : (rate - 3) * (rate - 3) + static_cast<double>(seed % 3)};
        return run;
      },
      &Trajectory::loss);
  EXPECT_EQ(found.rate, 3);
  EXPECT_EQ(each(found.runs, &Trajectory::loss), (std::vector<double>{1, 2, 0, 1}));
}

}  // namespace
}  // namespace thalweg::experiments
