// A change of the length of a run that is cut off anywhere: the run is what it was or what it becomes, to the
// bit, and nothing of it is lost.
#include <random>

#include "faults.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPlanned = "adam(lr=cosine(0.01))";  // whose chain names the length

// A run, how its length changes, and what it comes to with the old length and with the new one.
class Change {
 public:
  Change(const std::string& lengths, int updates, std::uint64_t epochs, bool finished)
      : whole_(runs_.make("whole", 2, updates, "dense(2)", kPlanned)),
        change_{THALWEG_SAVER, runs_.path("run").string(), "epochs", std::to_string(epochs), lengths},
        total_(4 * epochs) {
    if (finished) thalweg::Run::resume(whole_).finish();
    updates_ = Run::resume(whole_).updates();
    ends_[8] = end(fresh());
    fresh();
    EXPECT_EQ(Process(runs_.path("run"), change_).wait().code, 0);
    ends_[total_] = end(runs_.path("run"));
    EXPECT_NE(total_, 8U);
  }

  fs::path fresh() const { return runs_.copy(whole_, "run"); }
  const Arguments& command() const { return change_; }
  std::uint64_t total() const { return total_; }  // updates of the new length

  // Resumes what was cut off; returns the updates of its length.
  std::uint64_t expect_either() const {
    const fs::path run = runs_.path("run");
    std::uint64_t total = 0;
    {
      const thalweg::Run resumed = thalweg::Run::resume(run);
      EXPECT_EQ(resumed.notes(), std::vector<std::string>());
      EXPECT_EQ(resumed.updates(), updates_);
      EXPECT_EQ(contents(run / "plan.txt"), resumed.plan());
      total = resumed.total_updates();
    }
    EXPECT_EQ(temporaries(run), std::vector<std::string>());
    for (const std::string& name : names_in(run / "checkpoints"))
      EXPECT_FALSE(name.starts_with("changed")) << name;
    const auto want = ends_.find(total);
    EXPECT_NE(want, ends_.end()) << total << " updates";
    if (want != ends_.end()) {
      EXPECT_TRUE(end(run) == want->second) << total << " updates";
    }
    return total;
  }

 private:
  // Trains to the end: the last checkpoint.
  static std::string end(const fs::path& path) {
    Run run = Run::resume(path);
    for (Report report; run.next(report);) {
    }
    run.finish();
    return contents(path / "checkpoints" / (std::to_string(run.updates()) + ".safetensors"));
  }

  TinyRuns runs_;
  fs::path whole_;
  Arguments change_;
  std::uint64_t total_;
  std::uint64_t updates_ = 0;
  std::map<std::uint64_t, std::string> ends_;  // by the updates of the length
};

struct Case {
  const char* lengths;
  int updates;
  std::uint64_t epochs;
  bool finished;
};
constexpr Case kCases[] = {{"new", 5, 4, false},
                           {"keep", 5, 4, false},
                           {"new", 8, 4, true},
                           {"keep", 8, 4, true},
                           {"new", 3, 1, false}};

TEST(ChangeOfLength, KilledInEverySystemCallTheRunIsWhatItWasOrBecomes) {
  THALWEG_NEEDS_STRACE();
  for (const Case& one : kCases) {
    SCOPED_TRACE(std::string(one.lengths) + " lengths, " + std::to_string(one.updates) + " updates");
    const Change change(one.lengths, one.updates, one.epochs, one.finished);
    const Traced clean(change.fresh(), change.command());
    ASSERT_EQ(clean.outcome.code, 0) << clean.outcome.err;
    const std::vector<SystemCall> calls = changing(clean, "/lock\"");
    std::map<std::uint64_t, int> seen;
    for (const SystemCall& call : calls) {
      SCOPED_TRACE(call.text);
      const Traced killed(change.fresh(), change.command(),
                          call.name + ":signal=KILL:when=" + std::to_string(call.ordinal));
      ASSERT_NE(killed.outcome.code, 0);
      ++seen[change.expect_either()];
      if (testing::Test::HasFailure()) return;
    }
    EXPECT_GE(seen[8], 5) << "before the switch";
    EXPECT_GE(seen[change.total()], 3) << "after it";
  }
}

TEST(ChangeOfLength, OnAFullDiskTheRunIsWhatItWasOrBecomes) {
  THALWEG_NEEDS_STRACE();
  const Case& one = kCases[0];
  const Change change(one.lengths, one.updates, one.epochs, one.finished);
  const Traced clean(change.fresh(), change.command());
  int tried = 0;
  for (const SystemCall& call : changing(clean, "/lock\"")) {
    SCOPED_TRACE(call.text);
    // Once, and from there on, as a full disk does.
    for (const std::string more : {"", "+"}) {
      const Traced failed(change.fresh(), change.command(),
                          call.name + ":error=ENOSPC:when=" + std::to_string(call.ordinal) + more);
      if (call.name != "unlink") {
        EXPECT_EQ(failed.outcome.code, 4) << failed.outcome.err;
      }
      change.expect_either();
      ++tried;
    }
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GE(tried, 20);
}

TEST(ChangeOfLength, KilledAtRandomTimesTheRunIsWhatItWasOrBecomes) {
  std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<int> microseconds(0, 30'000);
  const Change change("new", 8, 4, true);
  const int kills = faults(25, 500);
  for (int i = 0; i < kills && !testing::Test::HasFailure(); ++i) {
    Process saver(change.fresh(), change.command());
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
    saver.send(SIGKILL);
    saver.wait();
    SCOPED_TRACE("kill " + std::to_string(i));
    change.expect_either();
  }
}

// One change is cut off, then another is made: from what is left over of the first nothing is taken.
TEST(ChangeOfLength, WhatWasCutOffMayBeChangedOtherwise) {
  THALWEG_NEEDS_STRACE();
  const Change change("new", 5, 4, false);
  const Traced clean(change.fresh(), change.command());
  for (const SystemCall& call : changing(clean, "/lock\"")) {
    if (call.name != "rename" && call.name != "unlink") continue;
    SCOPED_TRACE(call.text);
    const fs::path run = change.fresh();
    const Traced killed(run, change.command(),
                        call.name + ":signal=KILL:when=" + std::to_string(call.ordinal));
    Arguments again = change.command();
    again[3] = "3";
    ASSERT_EQ(Process(run, again).wait().code, 0);
    const thalweg::Run resumed = thalweg::Run::resume(run);
    EXPECT_EQ(resumed.total_updates(), 12U);
    EXPECT_EQ(resumed.updates(), 5U);
    EXPECT_EQ(resumed.notes(), std::vector<std::string>());
  }
}

TEST(ChangeOfLength, OfARunWithoutACheckpointNeedsNone) {
  THALWEG_NEEDS_STRACE();
  const TinyRuns runs;
  const fs::path whole = runs.make("whole", 2, 0, "dense(2)", kPlanned);
  const fs::path run = runs.path("run");
  const Arguments command = {THALWEG_SAVER, run.string(), "epochs", "4", "new"};
  const Traced clean(runs.copy(whole, "run"), command);
  ASSERT_EQ(clean.outcome.code, 0) << clean.outcome.err;
  for (const SystemCall& call : changing(clean, "/lock\"")) {
    SCOPED_TRACE(call.text);
    runs.copy(whole, "run");
    const Traced killed(run, command, call.name + ":signal=KILL:when=" + std::to_string(call.ordinal));
    const thalweg::Run resumed = thalweg::Run::resume(run);
    EXPECT_TRUE(resumed.total_updates() == 8 || resumed.total_updates() == 16);
    EXPECT_EQ(contents(run / "plan.txt"), resumed.plan());
  }
}

}  // namespace
}  // namespace thalweg
