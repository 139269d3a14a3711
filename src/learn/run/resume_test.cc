// What is resumed, and what is continued otherwise than it was begun.
#include "run/test_run.h"
#include "thalweg/schedule.h"

namespace thalweg {
namespace {

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

TEST_F(RunTest, DropoutAndTermsResumeExactly) {
  RunConfig config = small();
  config.model = "dense(16) | relu | dropout(0.3) | dense(10)";
  config.loss = "cross_entropy | l2(1e-3)";
  config.batch = 100;
  config.accumulate = 3;
  check_resumes(path(), config);
}

TEST_F(RunTest, AugmentationsResumeExactly) {
  RunConfig config = small();
  config.data = "digits | crop(7) | flip(0.1) | shift(1) | cutout(2) | mixup(0.2) | noise(0.1)";
  config.batch = 100;
  config.accumulate = 3;
  check_resumes(path(), config);
}

// Everything that draws numbers or keeps any, stopped within an epoch too.
TEST_F(RunTest, StatisticsAveragesDropoutAndAugmentationsResumeExactly) {
  RunConfig config = small();
  config.data = "digits | shift(1) | mixup(0.2) | noise(0.1)";
  config.model = "dense(12) | batch_norm | relu | dropout(0.3) | dense(8) | batch_norm | relu | dense(10)";
  config.optimizer = "clip_norm(1) | adam(lr=cosine(1e-2, warmup=10%)) | average(decay=0.9)";
  config.batch = 100;
  config.accumulate = 2;
  config.epochs = 3;
  config.early_stopping.restore_best = false;
  for (const bool async : {false, true}) {
    config.keeping.async_checkpoints = async;
    check_resumes(path(async ? "async" : "sync"), config);
  }
  const fs::path sync = path("sync") / "whole", async = path("async") / "whole";
  for (const char* name : {"24.safetensors", "averaged-24.safetensors"}) {
    ASSERT_TRUE(results(sync).contains(name)) << name;
    EXPECT_TRUE(results(async)[name] == results(sync)[name]) << name;
  }
}

// Saved after every update from behind, and ended without a word: what is found is a whole checkpoint.
TEST_F(RunTest, SavesWhileItTrainsAreThoseOfAnyOther) {
  RunConfig config = small();
  config.keeping.checkpoint_every = "1";
  config.keeping.async_checkpoints = true;
  {
    Training run = Training::create(config, path("async"));
    advance(run, 30);
  }
  config.keeping.async_checkpoints = false;
  {
    Training run = Training::create(config, path("sync"));
    advance(run, 30);
  }
  EXPECT_EQ(results(path("async")).size(), 31u) << "30, and the best after 23";
  EXPECT_TRUE(results(path("async")) == results(path("sync")));
  Training run = Training::resume(path("async"));
  EXPECT_EQ(run.updates(), 30u);
  EXPECT_EQ(run.notes(), std::vector<std::string>());
}

TEST_F(RunTest, ASaveThatFailsBehindIsToldByTheNextUpdate) {
  RunConfig config = small();
  for (const bool async : {false, true}) {
    config.keeping.async_checkpoints = async;
    Training run = Training::create(config, path(async ? "async" : "sync"));
    advance(run, 24);
    fs::create_directory(checkpoint(24, async ? "async" : "sync"));
    const std::string message = error_of(Code::resource, [&] {
      run.save();
      for (Report report; run.next(report);) run.wait();
    });
    EXPECT_TRUE(has(message, "24.safetensors: cannot be written")) << message;
    EXPECT_LE(run.updates(), 25u);
    advance(run, 26);
    run.save();  // with the best weights
    run.wait();
    EXPECT_TRUE(fs::exists(path(async ? "async" : "sync") / "checkpoints" / "best-23.safetensors"));
    EXPECT_TRUE(fs::exists(checkpoint(26, async ? "async" : "sync")));
  }
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
  config.early_stopping.patience = 2;
  config.early_stopping.min_delta = 0.05;
  check_resumes(path(), config);
}

TEST_F(RunTest, F1PatienceStopsAndTheBestWeightsAreGiven) {
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
  config.early_stopping.restore_best = false;
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
  EXPECT_TRUE(has(run.notes()[0], "skipped the best weights")) << run.notes()[0];
  advance(run, UINT64_MAX);
  EXPECT_TRUE(run.finish().best);
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

TEST_F(OtherEpochs, E7NeedAWordAboutTheLengths) {
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

TEST_F(OtherEpochs, E7KeepThePlanOrMakeANewOne) {
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

TEST_F(OtherEpochs, CheckpointsOfAnotherModelAreAnError) {
  {
    Training run = Training::create(config(4), path());
    advance(run, 5);
    run.save();
  }
  std::string text = read_text_file(path() / "config.toml");
  text.insert(text.find("dense("), "dense(7) | relu | ");
  replace_file(path() / "config.toml", text);
  const std::map<std::string, std::string> before = results(path());
  EXPECT_TRUE(has(error_of(Code::data, [&] { Training::resume(path()); }), "belongs to another model"));
  EXPECT_TRUE(results(path()) == before);
}

// To begin from the first update would be to throw the run away.
TEST_F(OtherEpochs, CheckpointsOfAnotherChainAreAnErrorThatNamesBoth) {
  {
    Training run = Training::create(config(4), path());
    for (const std::uint64_t updates : {5, 13}) {
      advance(run, updates);
      run.save();
    }
  }
  std::string text = read_text_file(path() / "config.toml");
  text.replace(text.find("epochs = 4"), 10, "epochs = 6");
  replace_file(path() / "config.toml", text);
  const std::map<std::string, std::string> before = results(path());
  const std::string message = error_of(Code::data, [&] { Training::resume(path()); });
  for (const char* part : {"belong to another chain", "total=20", "total=30", "config.toml"})
    EXPECT_TRUE(has(message, part)) << part << " in " << message;
  EXPECT_TRUE(results(path()) == before);
  damage(13);  // one that is whole is enough
  EXPECT_TRUE(has(error_of(Code::data, [&] { Training::resume(path()); }), "belong to another chain"));
  damage(5);
  EXPECT_EQ(Training::resume(path()).updates(), 0u);
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

}  // namespace
}  // namespace thalweg
