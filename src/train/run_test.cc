#include "thalweg/run.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>

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
  config.batch = 64;
  return config;  // 46 updates
}

std::map<std::string, std::string> results(const fs::path& run) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints")) {
    found[entry.path().filename().string()] = read_text_file(entry.path());
  }
  return found;
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
      const std::string name = entry.path().stem().string();
      if (!name.starts_with("best-")) found.push_back(name);
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
  refuse(Code::usage, [](RunConfig& c) { c.threads = -1; });
  refuse(Code::usage, [](RunConfig& c) { c.accumulate = 0; });
  refuse(Code::usage, [](RunConfig& c) { c.order = "random"; });
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
  Training run = Training::resume(path(), {.threads = 2});
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

// Interrupted after k updates, resumed in a new object: the same files as a run at one go.
void check_resumes(const fs::path& folder, const RunConfig& config) {
  Training whole = Training::create(config, folder / "whole");
  advance(whole, UINT64_MAX);
  const RunResult want = whole.finish();
  const std::uint64_t last = whole.updates();
  for (const std::uint64_t k : {std::uint64_t{0}, std::uint64_t{1}, last / 2, last - 1, last}) {
    const fs::path path = folder / std::to_string(k);
    {
      Training run = Training::create(config, path);
      advance(run, k);
      if (k > 0) run.save();
    }
    Training run = Training::resume(path);
    EXPECT_EQ(run.updates(), k);
    advance(run, UINT64_MAX);
    const RunResult got = run.finish();
    EXPECT_EQ(run.updates(), last) << k;
    EXPECT_EQ(got.train.loss, want.train.loss) << k;
    EXPECT_EQ(got.test->loss, want.test->loss) << k;
    EXPECT_EQ(got.stopped_early, want.stopped_early) << k;
    EXPECT_EQ(got.best->epoch, want.best->epoch) << k;
    EXPECT_EQ(got.best->loss, want.best->loss) << k;
    const std::string name = std::to_string(last) + ".safetensors";
    EXPECT_TRUE(results(path)[name] == results(folder / "whole")[name]) << k;
  }
}

TEST_F(RunTest, AccumulatedUpdatesResumeExactly) {
  RunConfig config = small();
  config.batch = 100;
  config.accumulate = 3;  // 1,438 samples: four windows of 300 and one of 238
  config.epochs = 3;
  config.optimizer = "clip_norm(1) | adamw(lr=cosine(1e-2, warmup=1ep), decay=0.1)";
  check_resumes(path(), config);
}

TEST_F(RunTest, EveryOrderResumesExactly) {
  for (const std::string order : {"replacement", "file"}) {
    RunConfig config = small();
    config.batch = 300;
    config.order = order;
    check_resumes(path(order), config);
  }
}

TEST_F(RunTest, PatienceIsCountedOnAfterAResume) {
  RunConfig config = small();
  config.batch = 200;
  config.epochs = 40;
  config.patience = 2;
  config.min_delta = 0.05;
  check_resumes(path(), config);
}

// Learns in the first epoch; then the rate grows until it is thrown about.
RunConfig getting_worse() {
  RunConfig config = small();
  config.optimizer = "sgd(lr=linear(1e3, total=31ep, warmup=30ep))";
  config.epochs = 30;
  config.patience = 3;
  return config;
}

// The held-out losses of the epochs to the end.
std::vector<double> epoch_losses(Training& run) {
  std::vector<double> losses;
  for (Report report; run.next(report);) {
    if (report.update % run.updates_per_epoch() == 0) losses.push_back(run.last_epoch()->test->loss);
  }
  return losses;
}

TEST_F(RunTest, PatienceStopsAndTheBestWeightsAreGiven) {
  Training run = Training::create(getting_worse(), path());
  const std::vector<double> losses = epoch_losses(run);
  ASSERT_TRUE(run.done());
  ASSERT_LT(losses.size(), 30u);
  const auto lowest = std::min_element(losses.begin(), losses.end());
  const auto epoch = static_cast<std::uint64_t>(lowest - losses.begin()) + 1;
  EXPECT_EQ(losses.size(), epoch + 3);
  EXPECT_EQ(run.updates(), losses.size() * 23);
  const double best = *lowest;
  const double last = losses.back();
  const RunResult result = run.finish();
  EXPECT_TRUE(result.stopped_early);
  EXPECT_TRUE(result.of_best);
  ASSERT_TRUE(result.best);
  EXPECT_EQ(result.best->epoch, epoch);
  EXPECT_EQ(result.best->update, epoch * 23);
  EXPECT_EQ(result.best->loss, best);
  EXPECT_EQ(result.test->loss, best);
  EXPECT_GT(last, best);
  EXPECT_EQ(evaluate_run(path()).test.loss, best);
  EXPECT_EQ(evaluate_run(path()).updates, epoch * 23);
  EXPECT_EQ(evaluate_run(path(), {}, 1, "last").test.loss, last);
  EXPECT_EQ(evaluate_run(path(), {}, 1, std::to_string(run.updates())).test.loss, last);
  error_of(Code::usage, [&] { evaluate_run(path(), {}, 1, "newest"); });
  error_of(Code::data, [&] { evaluate_run(path(), {}, 1, "17"); });
  EXPECT_TRUE(Training::resume(path()).finished());
}

TEST_F(RunTest, TheLastWeightsAreGivenWhereAskedFor) {
  RunConfig config = getting_worse();
  config.restore_best = false;
  Training run = Training::create(config, path());
  advance(run, UINT64_MAX);
  const RunResult result = run.finish();
  EXPECT_TRUE(result.stopped_early);
  EXPECT_FALSE(result.of_best);
  EXPECT_NE(result.best->loss, result.test->loss);
  EXPECT_EQ(result.test->loss, run.last_epoch()->test->loss);
}

TEST_F(RunTest, AStoredResultIsGivenWithoutComputing) {
  Training run = Training::create(getting_worse(), path());
  advance(run, UINT64_MAX);
  const RunResult want = run.finish();
  const RunResult got = Training::resume(path()).finish();
  EXPECT_EQ(got.json, want.json);
  EXPECT_EQ(got.test->loss, want.test->loss);
  EXPECT_EQ(got.test->samples, want.test->samples);
  EXPECT_EQ(got.best->update, want.best->update);
  EXPECT_EQ(got.stopped_early, want.stopped_early);
  EXPECT_EQ(got.samples_seen, want.samples_seen);
}

TEST_F(RunTest, DamagedBestWeightsAreToldAndDoNotStopTheRun) {
  {
    Training run = Training::create(getting_worse(), path());
    advance(run, 46);
    run.save();
  }
  fs::path best = path() / "checkpoints" / "best-23.safetensors";
  if (!fs::exists(best)) best = path() / "checkpoints" / "best-46.safetensors";
  std::string bytes = read_text_file(best);
  bytes[bytes.size() / 2] ^= 1;
  replace_file(best, bytes);
  Training run = Training::resume(path());
  EXPECT_EQ(run.updates(), 46u);
  ASSERT_EQ(run.notes().size(), 1u);
  EXPECT_TRUE(has(run.notes()[0], "passed over the best weights")) << run.notes()[0];
  advance(run, UINT64_MAX);
  EXPECT_TRUE(run.finish().best);
}

TEST_F(RunTest, CheckpointsAreKeptForEverWhereAskedFor) {
  RunConfig config = small();
  config.checkpoint_every = "25%";  // 11.5 updates, rounded half up
  Training run = Training::create(config, path());
  advance(run, UINT64_MAX);
  run.finish();
  EXPECT_EQ(checkpoints(), (Names{"46", "kept-12", "kept-24", "kept-36"}));
  EXPECT_EQ(evaluate_run(path(), {}, 1, "24").updates, 24u);
}

TEST_F(RunTest, AKeptCheckpointIsGoneOnFromWhenTheNewestAreDamaged) {
  RunConfig config = small();
  config.checkpoint_every = "10";
  Training whole = Training::create(config, path("whole"));
  advance(whole, UINT64_MAX);
  whole.finish();
  {
    Training run = Training::create(config, path());
    advance(run, 15);
    run.save();
  }
  damage(15);
  Training run = Training::resume(path());
  EXPECT_EQ(run.updates(), 10u);
  advance(run, UINT64_MAX);
  run.finish();
  EXPECT_TRUE(results(path()) == results(path("whole")));
}

TEST_F(RunTest, OneProcessRunsInADirectory) {
  auto run = std::make_optional(Training::create(small(), path()));
  advance(*run, 5);
  run->save();
  const std::string message = error_of(Code::usage, [&] { Training::resume(path()); });
  EXPECT_TRUE(has(message, "the run directory is in use")) << message;
  EXPECT_TRUE(has(message, "process " + std::to_string(::getpid()))) << message;
  EXPECT_EQ(evaluate_run(path()).updates, 5u);
  run.reset();
  EXPECT_EQ(Training::resume(path()).updates(), 5u);
}

class OtherEpochs : public RunTest {
 protected:
  static constexpr auto kKeep = ResumeOptions::Lengths::keep;
  static constexpr auto kNew = ResumeOptions::Lengths::anew;

  static RunConfig config(std::uint64_t epochs) {
    RunConfig config = small();
    config.optimizer = "adam(lr=cosine(1e-2, warmup=10%))";
    config.batch = 300;  // 5 updates an epoch
    config.epochs = epochs;
    return config;
  }

  // The rates of the updates from here to the end.
  static std::vector<double> rates(Training& run) {
    std::vector<double> rates;
    Report report;
    while (run.next(report)) rates.push_back(report.lr);
    return rates;
  }
};

TEST_F(OtherEpochs, NeedAWordAboutTheLengths) {
  Training::create(config(4), path());
  const std::string before = read_text_file(path() / "config.toml");
  const std::string message = error_of(Code::usage, [&] { Training::resume(path(), {.epochs = 6}); });
  EXPECT_TRUE(has(message, "--lengths keep")) << message;
  EXPECT_EQ(Training::resume(path(), {.epochs = 4}).total_updates(), 20u);
  EXPECT_EQ(read_text_file(path() / "config.toml"), before);
}

TEST_F(OtherEpochs, CannotBeFewerThanDone) {
  {
    Training run = Training::create(config(4), path());
    advance(run, 12);
    run.save();
  }
  const std::string before = read_text_file(path() / "config.toml");
  const std::string message =
      error_of(Code::usage, [&] { Training::resume(path(), {.epochs = 2, .lengths = kNew}); });
  EXPECT_TRUE(has(message, "want at least 3")) << message;
  EXPECT_EQ(read_text_file(path() / "config.toml"), before);
  EXPECT_EQ(Training::resume(path()).updates(), 12u);
}

TEST_F(OtherEpochs, KeepThePlanOrMakeANewOne) {
  for (const auto lengths : {kKeep, kNew}) {
    const std::string name = lengths == kKeep ? "keep" : "new";
    {
      Training run = Training::create(config(4), path(name));
      advance(run, 20);
      run.finish();
    }
    Training run = Training::resume(path(name), {.epochs = 6, .lengths = lengths});
    EXPECT_FALSE(run.finished());
    EXPECT_EQ(run.total_updates(), 30u);
    EXPECT_EQ(run.notes().size(), 3u);
    const Schedule schedule("cosine(1e-2, total=" + std::string(lengths == kKeep ? "20" : "30") +
                            ", warmup=10%)");
    const std::vector<double> got = rates(run);
    ASSERT_EQ(got.size(), 10u);
    const Schedule resolved = schedule.resolve({});
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_DOUBLE_EQ(got[i], resolved(20 + i)) << name << i;
    run.finish();
  }
}

TEST_F(OtherEpochs, WhatWasChangedResumesExactly) {
  for (const auto lengths : {kKeep, kNew}) {
    const std::string name = lengths == kKeep ? "keep" : "new";
    for (const std::string part : {"whole", "parts"}) {
      Training run = Training::create(config(4), path(name + part));
      advance(run, 13);
      run.save();
    }
    {
      Training whole = Training::resume(path(name + "whole"), {.epochs = 6, .lengths = lengths});
      advance(whole, UINT64_MAX);
      whole.finish();
    }
    {
      Training parts = Training::resume(path(name + "parts"), {.epochs = 6, .lengths = lengths});
      advance(parts, 17);
      parts.save();
    }
    Training parts = Training::resume(path(name + "parts"));
    EXPECT_EQ(parts.updates(), 17u);
    advance(parts, UINT64_MAX);
    parts.finish();
    EXPECT_TRUE(read_text_file(checkpoint(30, name + "whole")) ==
                read_text_file(checkpoint(30, name + "parts")))
        << name;
  }
}

TEST_F(OtherEpochs, ARunThatPatienceStoppedWaitsAnew) {
  std::uint64_t stopped = 0;
  {
    Training run = Training::create(getting_worse(), path());
    advance(run, UINT64_MAX);
    run.finish();
    stopped = run.updates();
  }
  Training run = Training::resume(path(), {.epochs = 40, .lengths = kKeep});
  EXPECT_FALSE(run.done());
  advance(run, UINT64_MAX);
  EXPECT_GE(run.updates(), stopped + 3 * 23u);
}

TEST_F(RunTest, DescribesItselfWithoutWriting) {
  const std::string text = Training::describe(small());
  for (const char* part :
       {"1438 samples to train on, 359 held out, inputs 64, 10 classes", "dense(10)", "650",
        "2 epochs of 23 updates of 64 samples: 46 updates", "optimizer state", "activations", "together"}) {
    EXPECT_TRUE(has(text, part)) << part << " in\n" << text;
  }
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(RunTest, PredictsEveryRowAsItEvaluates) {
  Training run = Training::create(small(), path());
  advance(run, UINT64_MAX);
  run.finish();
  const RunPredictions all = predict_run(path());
  EXPECT_EQ(all.rows, 1797u);
  EXPECT_EQ(all.updates, 46u);
  ASSERT_EQ(all.names.size(), 10u);
  ASSERT_EQ(all.numbers.size(), 17970u);
  EXPECT_TRUE(all.classes && all.probabilities);
  const Dataset data = load_dataset("digits", 1);
  std::size_t right = 0;
  for (std::size_t i = 0; i < data.test.size(); ++i) {
    right += all.best[data.test.rows[i]] == static_cast<std::uint32_t>(data.test.labels[i]);
  }
  EXPECT_EQ(static_cast<double>(right) / 359, evaluate_run(path()).test.accuracy);
  for (std::size_t row = 0; row < all.rows; ++row) {
    const auto numbers = std::span(all.numbers).subspan(row * 10, 10);
    EXPECT_NEAR(std::accumulate(numbers.begin(), numbers.end(), 0.0), 1, 1e-5);
    EXPECT_EQ(*std::ranges::max_element(numbers), numbers[all.best[row]]);
  }
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
