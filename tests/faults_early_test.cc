// Commands that are cut off early, or late: the same command, or --resume, goes on from what is there.
#include "faults.h"
#include "run/folder.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

class CutOff : public testing::Test {
 protected:
  void SetUp() override { runs_.make("other", 1, 1); }  // and the data

  fs::path path(const std::string& name) const { return runs_.path(name); }

  static Arguments with(Arguments words, const Arguments& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  Outcome run(const Arguments& command) const { return Process(path(""), command).wait(); }

  // Kills the command in every call that changes something, and runs `again` each time.
  template <class Again>
  void killed_anywhere(const Arguments& command, const std::string& folder, const std::string& from,
                       const Again& again) const {
    fs::remove_all(path(folder));
    const Traced clean(path(""), command);
    ASSERT_EQ(clean.outcome.code, 0) << clean.outcome.err;
    const std::vector<SystemCall> calls = changing(clean, from);
    ASSERT_GE(calls.size(), 10U);
    for (const SystemCall& call : calls) {
      SCOPED_TRACE(call.text);
      fs::remove_all(path(folder));
      const Traced killed(path(""), command, call.name + ":signal=KILL:when=" + std::to_string(call.ordinal));
      ASSERT_NE(killed.outcome.code, 0);
      again();
      if (HasFailure()) return;
    }
  }

  const Arguments kTrial = {"--data", "idx(data)", "--model", "dense(2)",  "--epochs",
                            "1",      "--batch",   "5",       "--threads", "1"};
  TinyRuns runs_;
};

TEST_F(CutOff, ATrainingIsStartedAgainOrResumed) {
  THALWEG_NEEDS_STRACE();
  const Arguments train =
      with({THALWEG_TOOL, "train", "--quiet", "--optimizer", "sgd(lr=0.1)", "--out", "new"}, kTrial);
  int started = 0, resumed = 0;
  killed_anywhere(train, "new", "mkdir(\"new\"", [&] {
    const bool stands = fs::exists(path("new") / "config.toml");
    const Outcome outcome = stands ? run({THALWEG_TOOL, "train", "--quiet", "--resume", "new"}) : run(train);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(fs::exists(path("new") / "result.json"));
    EXPECT_TRUE(fs::exists(path("new") / "report.html"));
    EXPECT_EQ(temporaries(path("new")), std::vector<std::string>());
    ++(stands ? resumed : started);
  });
  EXPECT_GE(started, 10);
  EXPECT_GE(resumed, 10);
}

// What a user put there is not taken for the beginning of a run.
TEST_F(CutOff, AFolderWithAnythingElseIsNotTaken) {
  const Arguments train =
      with({THALWEG_TOOL, "train", "--quiet", "--optimizer", "sgd(lr=0.1)", "--out", "new"}, kTrial);
  for (const std::string name : {"plan.txt", "notes", "lock/", "lock notes", "lock config.txt"}) {
    SCOPED_TRACE(name);
    fs::remove_all(path("new"));
    fs::create_directory(path("new"));
    if (name == "lock/") {
      fs::create_directory(path("new") / "checkpoints");
      std::ofstream(path("new") / "checkpoints" / "5.safetensors") << "x";
      std::ofstream(path("new") / "lock") << "";
    } else if (name.starts_with("lock ")) {
      std::ofstream(path("new") / "lock") << "";
      std::ofstream(path("new") / name.substr(5)) << "x";
    } else {
      std::ofstream(path("new") / name) << "x";
    }
    const auto before = snapshot(path("new"));
    const Outcome outcome = run(train);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_NE(outcome.err.find("exists and is not empty"), std::string::npos) << outcome.err;
    EXPECT_EQ(differences(before, snapshot(path("new"))), std::vector<std::string>());
  }
}

TEST_F(CutOff, AComparisonIsContinuedByTheSameCommand) {
  THALWEG_NEEDS_STRACE();
  const Arguments compare = with({THALWEG_TOOL, "compare", "--quiet", "--optimizers",
                                  "sgd(lr=0.1); gd(lr=0.1)", "--seeds", "1", "--rates", "1", "--out", "new"},
                                 kTrial);
  killed_anywhere(compare, "new", "mkdir(\"new\"", [&] {
    const Outcome outcome = run(compare);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(fs::exists(path("new") / "report.html"));
    EXPECT_EQ(lines_of(contents(path("new") / "runs.jsonl")).size(), 2U);
    EXPECT_EQ(temporaries(path("new")), std::vector<std::string>());
  });
}

class CutOffSearch : public CutOff {
 protected:
  const Arguments kTune = with({THALWEG_TOOL, "tune", "--optimizer", "sgd(lr=log(1e-3, 1))", "--trials", "3",
                                "--method", "random", "--out", "new"},
                               kTrial);
};

TEST_F(CutOffSearch, IsContinuedByTheSameCommand) {
  THALWEG_NEEDS_STRACE();
  killed_anywhere(kTune, "new", "mkdir(\"new\"", [&] {
    const Outcome outcome = run(kTune);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(lines_of(contents(path("new") / "trials.jsonl")).size(), 4U);
    EXPECT_EQ(temporaries(path("new")), std::vector<std::string>());
  });
}

// A line of which only a part could be written must not spoil the next one.
TEST_F(CutOffSearch, OnAFullDiskLeavesAUsableFolder) {
  THALWEG_NEEDS_STRACE();
  const Traced clean(path(""), kTune);
  ASSERT_EQ(clean.outcome.code, 0) << clean.outcome.err;
  for (const SystemCall& call : changing(clean, "mkdir(\"new\"")) {
    if (call.name != "write" || call.text.starts_with("write(1,")) continue;
    SCOPED_TRACE(call.text);
    fs::remove_all(path("new"));
    const Traced failed(path(""), kTune, "write:error=ENOSPC:when=" + std::to_string(call.ordinal));
    EXPECT_EQ(failed.outcome.code, 4) << failed.outcome.err;
    EXPECT_EQ(run(kTune).code, 0);
  }
  const auto size = fs::file_size(path("new") / "trials.jsonl");
  for (const std::uintmax_t bytes : {size - 1, size - 20, size - 70}) {
    SCOPED_TRACE(bytes);
    fs::remove_all(path("new"));
    const Outcome outcome =
        run(with({"prlimit", "--fsize=" + std::to_string(bytes)}, kTune));  // half a line can be written
    EXPECT_EQ(outcome.code, 4) << outcome.err;
    EXPECT_EQ(contents(path("new") / "trials.jsonl").back(), '\n');
    EXPECT_EQ(run(kTune).code, 0);
    EXPECT_EQ(fs::file_size(path("new") / "trials.jsonl"), size);
  }
}

TEST_F(CutOffSearch, HoldsItsFolder) {
  ASSERT_EQ(run(kTune).code, 0);
  {
    RunLock lock(path("new"));
    lock.sign();
    const Outcome outcome = run(kTune);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_NE(outcome.err.find("in use"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("process " + std::to_string(::getpid())), std::string::npos) << outcome.err;
  }
  EXPECT_EQ(run(kTune).code, 0);
}

TEST_F(CutOff, BetweenResultAndPageAResumeDrawsThePage) {
  const fs::path run_folder = runs_.make("run", 1, 4);
  const Arguments resume = {THALWEG_TOOL, "train", "--quiet", "--resume", "run"};
  ASSERT_EQ(run(resume).code, 0);
  const fs::path page = run_folder / "report.html";
  const auto before = snapshot(run_folder);
  ASSERT_EQ(run(resume).code, 0);
  EXPECT_EQ(differences(before, snapshot(run_folder)), std::vector<std::string>());
  fs::remove(page);
  ASSERT_EQ(run(resume).code, 0);
  EXPECT_GT(contents(page).size(), 1000U);
  std::ofstream(page) << "of an interrupted run";
  fs::last_write_time(page, fs::last_write_time(run_folder / "result.json") - std::chrono::seconds(5));
  ASSERT_EQ(run(resume).code, 0);
  EXPECT_GT(contents(page).size(), 1000U);
}

}  // namespace
}  // namespace thalweg
