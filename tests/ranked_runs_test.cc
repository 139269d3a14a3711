// Runs on ranks: one directory, and what one process would have written into it.
#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "base/file.h"
#include "base/test_error.h"
#include "base/test_folder.h"
#include "comm/test_ranks.h"
#include "thalweg/run.h"

namespace thalweg {
namespace {

using Training = thalweg::Run;  // a test has a Run of its own

constexpr std::uint64_t kUpdates = 69;

class RankedRuns : public testing::Test {
 protected:
  static RunConfig config(Comm* comm) {
    RunConfig config;
    config.model = "dense(16) | batch_norm | relu | dropout(0.1) | dense(10)";
    config.optimizer = "clip_norm(1) | adamw(lr=cosine(1e-2), decay=0.01) | average(decay=0.9)";
    config.epochs = 3;
    config.early_stopping.patience = 5;
    config.machine.shards = 4;
    config.machine.comm = comm;
    return config;
  }
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  std::string weights(const std::string& name, const std::string& kind = "") const {
    return read_text_file(path(name) / "checkpoints" / (kind + std::to_string(kUpdates) + ".safetensors"));
  }
  // What the updates came to, without the seconds.
  std::string metrics(const std::string& name) const {
    std::string out;
    for (const std::string& line : split_lines(read_text_file(path(name) / "metrics.jsonl")))
      out += line.substr(0, line.find(", \"seconds\"")) + "\n";
    return out;
  }
  static std::vector<std::string> split_lines(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      lines.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    return lines;
  }
  static void go_on(Training& run, std::uint64_t until) {
    Report report;
    while (run.updates() < until && run.next(report)) {
    }
  }

  TestFolder folder_;
};

TEST_F(RankedRuns, WriteWhatOneProcessWrites) {
  Training alone = Training::create(config(nullptr), path("alone"));
  go_on(alone, kUpdates);
  const RunResult wanted = alone.finish();
  for (const int ranks : {1, 2, 3, 4}) {
    const std::string name = std::to_string(ranks);
    run_ranks(ranks, [&](TestRank& comm) {
      RunConfig ranked = config(&comm);
      ranked.keeping.async_checkpoints = ranks == 3;
      Training run = Training::create(ranked, path(name));
      EXPECT_EQ(run.directory(), path(name));
      go_on(run, kUpdates);
      const RunResult result = run.finish();
      EXPECT_EQ(result.test->loss, wanted.test->loss);
      EXPECT_EQ(result.train.accuracy, wanted.train.accuracy);
      EXPECT_EQ(result.best->update, wanted.best->update);
    });
    EXPECT_TRUE(weights(name) == weights("alone")) << ranks;
    EXPECT_TRUE(metrics(name) == metrics("alone")) << ranks;
    EXPECT_EQ(read_text_file(path(name) / "plan.txt"), read_text_file(path("alone") / "plan.txt"));
  }
}

TEST_F(RankedRuns, GoOnOnOtherRanks) {
  Training alone = Training::create(config(nullptr), path("alone"));
  go_on(alone, kUpdates);
  alone.finish();
  run_ranks(3, [&](TestRank& comm) {
    Training run = Training::create(config(&comm), path("moved"));
    go_on(run, 30);
    run.save();
    run.wait();
  });
  for (const auto& [ranks, until] : {std::pair(2, 40), std::pair(4, 50)}) {
    run_ranks(ranks, [&, end = until](TestRank& comm) {
      Training run = Training::resume(path("moved"), {.comm = &comm});
      EXPECT_GE(run.updates(), 30u);
      go_on(run, static_cast<std::uint64_t>(end));
      run.save();
      run.wait();
    });
  }
  Training last = Training::resume(path("moved"));
  EXPECT_EQ(last.updates(), 50u);
  go_on(last, kUpdates);
  last.finish();
  EXPECT_TRUE(weights("moved") == weights("alone"));
  EXPECT_TRUE(metrics("moved") == metrics("alone"));
}

TEST_F(RankedRuns, AreToldTogetherWhatIsWrong) {
  std::mutex mutex;
  std::set<std::string> messages;
  const auto on_all = [&](const std::function<void(TestRank&)>& f) {
    messages.clear();
    run_ranks(3, [&](TestRank& comm) {
      const std::string message = usage_error([&] { f(comm); });
      const std::lock_guard lock(mutex);
      messages.insert(message);
    });
    EXPECT_EQ(messages.size(), 1u);
    return *messages.begin();
  };
  expect_contains(on_all([&](TestRank& comm) {
                    RunConfig other = config(&comm);
                    other.seed = comm.rank() == 1 ? 2 : 1;
                    Training::create(other, path("seeds"));
                  }),
                  "rank 1 on host1: it was not given what rank 0 was");
  EXPECT_FALSE(std::filesystem::exists(path("seeds")));
  Training::create(config(nullptr), path("taken"));
  expect_contains(on_all([&](TestRank& comm) { Training::create(config(&comm), path("taken")); }),
                  "not empty");
  expect_contains(on_all([&](TestRank& comm) {
                    RunConfig few = config(&comm);
                    few.machine.shards = 2;
                    Training::create(few, path("few"));
                  }),
                  "shards: fewer than ranks");
}

}  // namespace
}  // namespace thalweg
