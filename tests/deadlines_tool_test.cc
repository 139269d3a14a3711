// When a training saves and stops, by the clock and by signals.
#include "tool_case.h"

namespace thalweg {
namespace {

class Deadlines : public Tool {
 protected:
  // By itself it saves after 10 seconds at the earliest.
  static Arguments long_epoch(const std::string& out, const Arguments& more = {}) {
    Arguments words = {"train",       "--quiet",
                       "--out",       out,
                       "--batch",     "1",
                       "--epochs",    "100000",
                       "--model",     "dense(200) | relu | dense(200) | relu | dense(10)",
                       "--optimizer", "adam(lr=1e-4)"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  bool has_checkpoint(const std::string& out) const {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(path(out) / "checkpoints", error)) {
      const std::string name = entry.path().filename().string();  // not the best weights, which are first
      if (name.ends_with(".safetensors") && name[0] >= '0' && name[0] <= '9') return true;
    }
    return false;
  }

  bool wait_for_checkpoint(const std::string& out, double seconds) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (!has_checkpoint(out) && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return has_checkpoint(out);
  }

  void expect_saved(const Outcome& outcome, int code, const std::string& why, const std::string& out) const {
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_NE(outcome.err.find(why + ": saved at update "), std::string::npos) << outcome.err;
    EXPECT_TRUE(has_checkpoint(out));
    EXPECT_TRUE(fs::exists(path(out) / "report.html"));
    EXPECT_FALSE(fs::exists(path(out) / "result.json"));
  }
};

TEST_F(Deadlines, AHangUpSavesAndEnds) {
  ToolProcess process(path(""), long_epoch("a"));
  ASSERT_TRUE(wait_for_growth(path("a/metrics.jsonl"), 0));
  process.send(SIGHUP);
  expect_saved(process.wait(), 129, "interrupted", "a");
}

TEST_F(Deadlines, AHangUpThatIsIgnoredStaysSo) {
  Arguments words = {"sh", "-c", "trap '' HUP; exec \"$@\"", "sh", THALWEG_TOOL};
  const Arguments train = long_epoch("a");
  words.insert(words.end(), train.begin(), train.end());
  Process process(path(""), words);
  ASSERT_TRUE(wait_for_growth(path("a/metrics.jsonl"), 0));
  process.send(SIGHUP);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  process.send(SIGTERM);
  expect_saved(process.wait(), 143, "interrupted", "a");
}

TEST_F(Deadlines, UserSignalsSaveAndTheTrainingGoesOn) {
  ToolProcess process(path(""), long_epoch("a"));
  ASSERT_TRUE(wait_for_growth(path("a/metrics.jsonl"), 0));
  EXPECT_FALSE(has_checkpoint("a"));
  process.send(SIGUSR1);
  EXPECT_TRUE(wait_for_checkpoint("a", 8));
  process.send(SIGUSR1);
  EXPECT_TRUE(wait_for_growth(path("a/metrics.jsonl"), fs::file_size(path("a/metrics.jsonl"))));
  process.send(SIGINT);
  expect_saved(process.wait(), 130, "interrupted", "a");
}

// Before there is an optimizer there is nothing to save.
TEST_F(Deadlines, NothingIsWrittenWhileAnOptimizerIsChosen) {
  std::string table = "a,b,y\n";
  for (int i = 0; i < 300; ++i)
    table += std::to_string(i * 37 % 101) + "," + std::to_string(i * 53 % 89) + "," +
             std::to_string(i * i % 97) + "\n";
  write("t.csv", table);
  const Arguments train = {"train", "--quiet", "--data", "csv(t.csv, target=y)", "--max-time", "0.0001s"};
  const auto with = [&](Arguments more) {
    more.insert(more.begin(), train.begin(), train.end());
    return run(more);
  };
  const Outcome outcome = with({"--out", "a"});
  EXPECT_EQ(outcome.code, 143) << outcome.err;
  EXPECT_NE(outcome.err.find("out of time: no optimizer was chosen yet, and nothing is written"),
            std::string::npos)
      << outcome.err;
  EXPECT_FALSE(fs::exists(path("a")));
  const Outcome folds = with({"--folds", "2", "--out", "f"});
  EXPECT_EQ(folds.code, 143) << folds.err;
  EXPECT_NE(folds.err.find("fold 1 of 2; continue with"), std::string::npos) << folds.err;
  EXPECT_FALSE(fs::exists(path("f/fold-1")));
  const Outcome rest = run({"train", "--resume", "f", "--quiet", "--json"});
  EXPECT_EQ(rest.code, 0) << rest.err;
  EXPECT_EQ(Json::parse(rest.out)["folds"], 2);
}

TEST_F(Deadlines, TheTimeOfATrainingMayBeLimited) {
  const auto start = std::chrono::steady_clock::now();
  expect_saved(run(long_epoch("a", {"--max-time", "0.01min"})), 143, "out of time", "a");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_GT(took.count(), 0.5);
  EXPECT_LT(took.count(), 60);
  const auto before = contents(path("a/metrics.jsonl")).size();
  expect_saved(run({"train", "--quiet", "--resume", "a", "--max-time", "1s"}), 143, "out of time", "a");
  EXPECT_GE(contents(path("a/metrics.jsonl")).size(), before);
  train("b", {"--epochs", "1", "--max-time", "1h"});
  EXPECT_TRUE(fs::exists(path("b/result.json")));
}

TEST_F(Deadlines, SavesMayBeAskedForWithinAnEpoch) {
  ToolProcess process(path(""), long_epoch("a", {"--checkpoint-seconds", "1"}));
  EXPECT_TRUE(wait_for_checkpoint("a", 9));
  process.send(SIGKILL);
  EXPECT_EQ(process.wait().code, -SIGKILL);
  const Outcome resumed =
      run({"train", "--quiet", "--resume", "a", "--checkpoint-seconds", "1", "--max-time", "1s"});
  EXPECT_EQ(resumed.code, 143) << resumed.err;
  EXPECT_EQ(resumed.err.find("no checkpoint yet"), std::string::npos) << resumed.err;
}

TEST_F(Deadlines, TimesHaveUnits) {
  for (const std::string time : {"5", "-1s", "0s", "1d", "s", "1e99h", "nans", "1 s", ""}) {
    const Outcome outcome = run({"train", "--max-time", time, "--dry-run"});
    EXPECT_EQ(outcome.code, 2) << "`" << time << "` " << outcome.err;
  }
  for (const std::string time : {"90s", "50min", "1.5h"})
    EXPECT_EQ(run({"train", "--max-time", time, "--dry-run"}).code, 0) << time;
  EXPECT_EQ(run({"train", "--checkpoint-seconds", "0", "--dry-run"}).code, 2);
}

}  // namespace
}  // namespace thalweg
