// Disks, folders and outputs that fail under the tool: the exit code, the message, and what is left.
#include <sys/resource.h>

#include <algorithm>

#include "faults.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

class Failing : public testing::Test {
 protected:
  void SetUp() override { whole_ = runs_.make("whole", 2, 5, "dense(60) | dense(2)"); }  // 3 updates are left

  fs::path fresh() const { return runs_.copy(whole_, "run"); }
  fs::path path(const std::string& name) const { return runs_.path(name); }

  static Arguments resume(const fs::path& run) {
    return {THALWEG_TOOL, "train", "--threads", "1", "--quiet", "--resume", run.string()};
  }

  // A shell line run in the folder of the runs, `$0` the tool.
  Outcome shell(const std::string& line) const {
    return Process(path(""), {"sh", "-c", line, THALWEG_TOOL}).wait();
  }

  // What an unwritable checkpoint must leave: one message that names it, the old checkpoints and nothing
  // torn.
  void expect_refused(const Outcome& outcome, const fs::path& run, const std::string& file) const {
    EXPECT_EQ(outcome.code, 4) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(lines_of(outcome.err).size(), 1U) << outcome.err;
    EXPECT_EQ(outcome.err.find(file), 0U) << outcome.err;
    EXPECT_NE(outcome.err.find(" bytes"), std::string::npos) << outcome.err;
    EXPECT_EQ(temporaries(run), std::vector<std::string>());
    EXPECT_FALSE(fs::exists(run / "result.json"));
    for (const std::string old : {"4.safetensors", "5.safetensors"}) {
      EXPECT_TRUE(contents(run / "checkpoints" / old) == contents(whole_ / "checkpoints" / old)) << old;
    }
    {
      const thalweg::Run resumed = thalweg::Run::resume(run);  // holds the directory while it lives
      EXPECT_EQ(resumed.updates(), 5U);
      EXPECT_EQ(resumed.notes(), std::vector<std::string>());
    }
    EXPECT_EQ(run_tool(path(""), {"train", "--quiet", "--resume", run.string()}).code, 0)
        << "later, with room";
  }

  // The work was done and is found again.
  static void expect_finished(const fs::path& run) {
    const thalweg::Run finished = thalweg::Run::resume(run);
    EXPECT_TRUE(finished.finished());
    EXPECT_EQ(finished.notes(), std::vector<std::string>());
    for (const std::string& line : lines_of(contents(run / "metrics.jsonl")))
      EXPECT_TRUE(line.starts_with("{")) << line;
  }

  TinyRuns runs_;
  fs::path whole_;
};

TEST_F(Failing, EverySystemCallOfTheLastSaveOfATraining) {
  THALWEG_NEEDS_STRACE();
  const Traced clean(path("run"), resume(fresh()));
  ASSERT_EQ(clean.outcome.code, 0) << clean.outcome.err;
  const auto [begin, end] = replacing(clean, "8.safetensors");
  const std::size_t renamed = clean.find("rename", "8.safetensors", begin);
  ASSERT_LT(renamed, end);
  int tried = 0;
  for (std::size_t i = begin; i <= renamed; ++i) {
    const SystemCall& call = clean.calls[i];
    if (call.name != "openat" && call.name != "write" && call.name != "fsync" && call.name != "rename" &&
        call.name != "close") {
      continue;
    }
    for (const std::string error : {"ENOSPC", "EIO"}) {
      SCOPED_TRACE(error + " in " + call.text);
      const fs::path run = fresh();
      const Traced failed(run, resume(run),
                          call.name + ":error=" + error + ":when=" + std::to_string(call.ordinal));
      const std::string reason = error == "EIO" ? "Input/output error" : "No space left on device";
      EXPECT_NE(failed.outcome.err.find(reason), std::string::npos) << failed.outcome.err;
      expect_refused(failed.outcome, run, (run / "checkpoints" / "8.safetensors").string());
      ++tried;
    }
  }
  EXPECT_GE(tried, 10);
}

// The checkpoint is there, only not proven durable: that must be said, and resuming finds it whole.
TEST_F(Failing, TheSyncOfTheFolderIsReported) {
  THALWEG_NEEDS_STRACE();
  const Traced clean(path("run"), resume(fresh()));
  const auto [begin, end] = replacing(clean, "8.safetensors");
  const std::size_t synced = clean.find("fsync", "", clean.find("rename", "8.safetensors", begin));
  ASSERT_LT(synced, end);
  const fs::path run = fresh();
  const Traced failed(run, resume(run),
                      "fsync:error=EIO:when=" + std::to_string(clean.calls[synced].ordinal));
  EXPECT_EQ(failed.outcome.code, 4);
  EXPECT_NE(failed.outcome.err.find("folder could not be synced"), std::string::npos) << failed.outcome.err;
  EXPECT_EQ(thalweg::Run::resume(run).updates(), 8U);
  EXPECT_EQ(temporaries(run), std::vector<std::string>());
}

TEST_F(Failing, AFullDiskUnderTheMetrics) {
  THALWEG_NEEDS_STRACE();
  const Traced clean(path("run"), resume(fresh()));
  const std::string line = "\\\"loss\\\":";
  const std::size_t first = clean.find("write", line, clean.find("openat", "metrics.jsonl\", O_WRONLY"));
  const std::size_t write = clean.find("write", line, first + 1);
  ASSERT_LT(write, clean.calls.size());
  const fs::path run = fresh();
  const std::string when = ":when=" + std::to_string(clean.calls[write].ordinal);
  const Traced failed(run, resume(run), "write:error=ENOSPC" + when);
  expect_refused(failed.outcome, run, (run / "metrics.jsonl").string());
}

TEST_F(Failing, ALimitOnTheSizeOfFiles) {
  for (const bool async : {false, true}) {
    SCOPED_TRACE(async);
    fs::remove_all(path("large"));
    // Its checkpoint is the largest file.
    whole_ = runs_.make("large", 2, 5, "dense(900) | dense(2)", "adam(lr=0.01)", async);
    const auto bytes = fs::file_size(whole_ / "checkpoints" / "5.safetensors");
    ASSERT_GT(bytes, 5 * fs::file_size(whole_ / "details.jsonl"));
    const fs::path run = fresh();
    const Outcome outcome =
        shell("exec prlimit --fsize=" + std::to_string(bytes / 2) + " \"$0\" train --quiet --resume run");
    expect_refused(outcome, run, (run / "checkpoints" / "8.safetensors").string());
  }
}

TEST_F(Failing, ACheckpointWhoseNameIsTaken) {
  for (const bool async : {false, true}) {
    SCOPED_TRACE(async);
    fs::remove_all(path("whole"));
    whole_ = runs_.make("whole", 2, 5, "dense(60) | dense(2)", "adam(lr=0.01)", async);
    const fs::path run = fresh();
    fs::create_directory(run / "checkpoints" / "8.safetensors");
    const Outcome outcome = run_tool(path(""), {"train", "--quiet", "--resume", "run"});
    EXPECT_EQ(outcome.code, 4) << outcome.err;
    EXPECT_NE(outcome.err.find("8.safetensors: cannot be written"), std::string::npos) << outcome.err;
    EXPECT_EQ(temporaries(run), std::vector<std::string>());
    EXPECT_TRUE(fs::exists(run / "checkpoints" / "5.safetensors"));
    fs::remove(run / "checkpoints" / "8.safetensors");
    fs::create_symlink("nowhere/x", run / "checkpoints" / "8.safetensors");
    EXPECT_EQ(run_tool(path(""), {"train", "--quiet", "--resume", "run"}).code, 3);
    EXPECT_TRUE(fs::is_symlink(run / "checkpoints" / "8.safetensors"));
  }
}

struct BadFolder {
  std::string out;
  int code;
};

TEST_F(Failing, FoldersThatCannotHoldARun) {
  fs::create_symlink("nowhere/x", path("dangling"));
  std::ofstream(path("file")) << "x";
  const std::string data = "'idx(data)'";
  for (const BadFolder& bad : {BadFolder{"/proc/run", 4},
                               {"/dev/null/run", 4},
                               {"file", 2},
                               {"file/run", 4},
                               {"dangling", 4},
                               {std::string(300, 'n'), 4}}) {
    SCOPED_TRACE(bad.out);
    const auto before = snapshot(path(""));
    const Outcome outcome = shell("exec \"$0\" train --quiet --epochs 1 --model 'dense(2)' --data " + data +
                                  " --optimizer 'sgd(lr=0.1)' --out " + bad.out);
    EXPECT_EQ(outcome.code, bad.code) << outcome.err;
    EXPECT_EQ(lines_of(outcome.err).size(), 1U) << outcome.err;
    EXPECT_NE(outcome.err.find(bad.out.substr(0, 20)), std::string::npos) << outcome.err;
    EXPECT_EQ(differences(before, snapshot(path(""))), std::vector<std::string>()) << "left behind";
  }
}

TEST_F(Failing, AReadOnlyFileSystem) {
  THALWEG_NEEDS_STRACE();
  const Arguments train = {THALWEG_TOOL,  "train",     "--quiet", "--epochs", "1",
                           "--data",      "idx(data)", "--model", "dense(2)", "--optimizer",
                           "sgd(lr=0.1)", "--out",     "new/run"};
  const Traced made(path(""), train, "mkdir:error=EROFS");
  EXPECT_EQ(made.outcome.code, 4) << made.outcome.err;
  EXPECT_EQ(made.outcome.err, "new/run: the folder cannot be created; got Read-only file system\n");
  EXPECT_FALSE(fs::exists(path("new")));
}

// Nothing may take the place of a closed descriptor: a result must not land in a checkpoint or among the
// metrics.
TEST_F(Failing, ClosedOutputs) {
  struct Closed {
    std::string how;
    int code;
  };
  for (const Closed& closed :
       {Closed{"<&-", 0}, {">&-", 4}, {"2>&-", 0}, {">&- 2>&-", 4}, {"<&- >&- 2>&-", 4}}) {
    SCOPED_TRACE(closed.how);
    EXPECT_EQ(shell("exec \"$0\" list " + closed.how).code, closed.code);
    const fs::path run = fresh();
    const Outcome outcome = shell("exec \"$0\" train --threads 1 --resume run " + closed.how);
    EXPECT_EQ(outcome.code, closed.code) << outcome.err;
    if (closed.how == ">&-") {
      EXPECT_NE(outcome.err.find("stdout: cannot be written"), std::string::npos) << outcome.err;
    }
    expect_finished(run);
  }
}

// No work is lost because nobody can be told of it.
TEST_F(Failing, AFullDeviceForMessages) {
  const fs::path run = fresh();
  EXPECT_EQ(shell("exec \"$0\" train --threads 1 --resume run 2>/dev/full").code, 0);
  expect_finished(run);
  EXPECT_EQ(shell("exec \"$0\" train --epochs x 2>/dev/full").code, 2);
  EXPECT_EQ(shell("exec \"$0\" trian 2>/dev/full").code, 2);
}

TEST_F(Failing, AFullDeviceAsOutput) {
  for (const std::string command : {"list", "help adam", "schedule 0.1 --total 10", "explain 'sgd(lr=0.1)'",
                                    "train --resume run", "train --resume run --json", "eval run"}) {
    SCOPED_TRACE(command);
    const fs::path run = fresh();
    const Outcome outcome = shell("exec \"$0\" " + command + " >/dev/full");
    EXPECT_EQ(outcome.code, 4) << outcome.err;
    EXPECT_NE(outcome.err.find("No space left on device"), std::string::npos) << outcome.err;
    EXPECT_EQ(thalweg::Run::resume(run).notes(), std::vector<std::string>());
  }
}

}  // namespace
}  // namespace thalweg
