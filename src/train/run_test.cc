#include "thalweg/run.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/file.h"
#include "data/test_files.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;
using Training = Run;  // testing::Test has a Run of its own

RunConfig small() {
  RunConfig config;
  config.model = "dense(10)";
  config.optimizer = "adam(lr=1e-2)";
  config.epochs = 2;
  return config;  // 46 updates
}

class RunTest : public ::testing::Test {
 protected:
  fs::path path(const std::string& name = "run") const { return folder_.path() / name; }
  fs::path checkpoint(std::uint64_t updates, const std::string& run = "run") const {
    return path(run) / "checkpoints" / (std::to_string(updates) + ".safetensors");
  }

  std::vector<std::string> checkpoints(const std::string& run = "run") const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(path(run) / "checkpoints")) {
      found.push_back(entry.path().stem().string());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  // Turns one bit in the middle.
  void damage(std::uint64_t updates) const {
    std::string bytes = read_text_file(checkpoint(updates));
    bytes[bytes.size() / 2] ^= 1;
    replace_file(checkpoint(updates), bytes);
  }

 private:
  TestFolder folder_;
};

void advance(Training& run, std::uint64_t updates) {
  Report report;
  while (run.updates() < updates && run.next(report)) EXPECT_EQ(report.update, run.updates());
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

using Names = std::vector<std::string>;

TEST_F(RunTest, MakesItsDirectoryAndFinishesOnce) {
  Training run = Training::create(small(), path());
  EXPECT_EQ(run.directory(), path());
  EXPECT_EQ(run.parameters(), 650u);
  EXPECT_EQ(run.total_updates(), 46u);
  EXPECT_EQ(run.config().optimizer.find("adam(beta1=0.9"), 0u) << run.config().optimizer;
  EXPECT_EQ(read_text_file(path() / "plan.txt"), run.plan());
  EXPECT_FALSE(run.last_epoch());
  advance(run, 46);
  Report report;
  EXPECT_FALSE(run.next(report));
  EXPECT_FALSE(run.finished());
  const RunResult result = run.finish();
  EXPECT_TRUE(run.finished());
  EXPECT_EQ(run.last_epoch()->epoch, 2u);
  EXPECT_EQ(result.samples_seen, 2 * result.train.samples);
  EXPECT_EQ(result.json, read_text_file(path() / "result.json"));
  EXPECT_EQ(run.finish().json, result.json);
  EXPECT_EQ(Training::resume(path()).finish().json, result.json);
}

TEST_F(RunTest, WrongConfigurationsLeaveNothing) {
  const auto refuse = [&](Code code, auto change) {
    RunConfig config = small();
    change(config);
    error_of(code, [&] { Training::create(config, path()); });
    EXPECT_FALSE(fs::exists(path()));
  };
  refuse(Code::usage, [](RunConfig& c) { c.model = "dense(0)"; });
  refuse(Code::usage, [](RunConfig& c) { c.model = "dense(3)"; });
  refuse(Code::usage, [](RunConfig& c) { c.loss = "mes"; });
  refuse(Code::usage, [](RunConfig& c) { c.optimizer = "adam"; });
  refuse(Code::usage, [](RunConfig& c) { c.data = "digit"; });
  refuse(Code::data, [](RunConfig& c) { c.data = "idx(missing)"; });
  refuse(Code::usage, [](RunConfig& c) { c.epochs = 0; });
  refuse(Code::usage, [](RunConfig& c) { c.threads = 0; });
}

TEST_F(RunTest, AFullDirectoryIsRefusedAndAnEmptyOneTaken) {
  fs::create_directories(path());
  Training::create(small(), path());
  EXPECT_TRUE(
      has(error_of(Code::usage, [&] { Training::create(small(), path()); }), "exists and is not empty"));
  replace_file(path("file"), "text");
  EXPECT_TRUE(has(error_of(Code::usage, [&] { Training::create(small(), path("file")); }), "file"));
}

TEST_F(RunTest, AtMostTwoCheckpointsAreKept) {
  Training run = Training::create(small(), path());
  const std::vector<Names> want = {{"1"}, {"1", "3"}, {"3", "7"}, {"12", "7"}, {"12", "46"}};
  std::size_t i = 0;
  for (const std::uint64_t updates : {1, 3, 7, 12, 46}) {
    advance(run, updates);
    run.save();
    EXPECT_EQ(checkpoints(), want[i++]);
  }
}

TEST_F(RunTest, ADamagedNewestCheckpointFallsBackToThePrevious) {
  Training whole = Training::create(small(), path("whole"));
  advance(whole, 46);
  whole.finish();
  {
    Training run = Training::create(small(), path());
    for (const std::uint64_t updates : {10, 30}) {
      advance(run, updates);
      run.save();
    }
  }
  damage(30);
  Training run = Training::resume(path());
  EXPECT_EQ(run.updates(), 10u);
  ASSERT_EQ(run.notes().size(), 1u);
  EXPECT_TRUE(has(run.notes()[0], "passed over a checkpoint")) << run.notes()[0];
  EXPECT_TRUE(has(run.notes()[0], "30.safetensors")) << run.notes()[0];
  EXPECT_EQ(evaluate_run(path()).notes.size(), 1u);
  advance(run, 46);
  run.finish();
  EXPECT_TRUE(read_text_file(checkpoint(46)) == read_text_file(checkpoint(46, "whole")));
}

TEST_F(RunTest, WithoutAWholeCheckpointItStartsAgain) {
  {
    Training run = Training::create(small(), path());
    advance(run, 5);
  }
  Training run = Training::resume(path(), 2);
  EXPECT_EQ(run.updates(), 0u);
  EXPECT_EQ(run.config().threads, 2);
  ASSERT_EQ(run.notes().size(), 1u);
  EXPECT_TRUE(has(run.notes()[0], "no checkpoint yet"));
  EXPECT_EQ(read_text_file(path() / "metrics.jsonl"), "");
  EXPECT_TRUE(has(error_of(Code::data, [&] { evaluate_run(path()); }), "there is no whole checkpoint"));
}

TEST_F(RunTest, ASavedCheckpointOutlivesDamagedOnesAheadOfIt) {
  {
    Training run = Training::create(small(), path());
    for (const std::uint64_t updates : {20, 30}) {
      advance(run, updates);
      run.save();
    }
  }
  damage(20);
  damage(30);
  {
    Training run = Training::resume(path());
    EXPECT_EQ(run.notes().size(), 3u);
    advance(run, 10);
    run.save();
  }
  EXPECT_TRUE(fs::exists(checkpoint(10)));
  EXPECT_EQ(Training::resume(path()).updates(), 10u);
}

TEST_F(RunTest, ADamagedFinalCheckpointIsWrittenAgain) {
  {
    Training run = Training::create(small(), path());
    advance(run, 46);
    run.finish();
  }
  const std::string whole = read_text_file(checkpoint(46));
  damage(46);
  Training run = Training::resume(path());
  EXPECT_FALSE(run.finished());
  advance(run, 46);
  run.finish();
  EXPECT_TRUE(read_text_file(checkpoint(46)) == whole);
  EXPECT_TRUE(Training::resume(path()).notes().empty());
}

TEST_F(RunTest, ResumingInTheMiddleOfAnEpochKeepsItsLoss) {
  const auto second_epoch = [](Training& run) {
    advance(run, 46);
    return run.last_epoch()->train_loss;
  };
  Training whole = Training::create(small(), path("whole"));
  {
    Training run = Training::create(small(), path());
    advance(run, 30);
    run.save();
  }
  Training run = Training::resume(path());
  EXPECT_EQ(second_epoch(run), second_epoch(whole));
}

TEST_F(RunTest, DivergenceThrowsAndLeavesNoCheckpointOfIt) {
  RunConfig config = small();
  config.model = "dense(16) | relu | dense(10)";
  config.optimizer = "sgd(lr=1e30)";
  Training run = Training::create(config, path());
  EXPECT_TRUE(has(error_of(Code::diverged, [&] { advance(run, 46); }), "the loss is not finite"));
  EXPECT_TRUE(checkpoints().empty());
}

TEST_F(RunTest, WhatIsNoRunIsRefused) {
  EXPECT_TRUE(has(error_of(Code::data, [&] { Training::resume(path()); }), "this is no run directory"));
  EXPECT_TRUE(has(error_of(Code::data, [&] { evaluate_run(path()); }), "this is no run directory"));
}

TEST_F(RunTest, EvaluationOnOtherShapesNamesThem) {
  Training run = Training::create(small(), path());
  run.save();
  try {
    evaluate_run(path(), "idx(\"" THALWEG_TESTS "/data/mnist-small\")");
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_TRUE(has(error.what(), "784")) << error.what();
  }
}

}  // namespace
}  // namespace thalweg
