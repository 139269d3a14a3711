// Independent trainings spread over ranks, and predictions in turns: what comes of them is what one process
// makes of them, on every rank.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "base/file.h"
#include "base/test_error.h"
#include "base/test_folder.h"
#include "comm/test_ranks.h"
#include "thalweg/folds.h"
#include "thalweg/lab/compare.h"
#include "thalweg/lab/find.h"
#include "thalweg/lab/study.h"
#include "thalweg/lab/tune.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

RunConfig small(Comm* comm = nullptr) {
  RunConfig config;
  config.model = "dense(16) | batch_norm | relu | dropout(0.1) | dense(10)";
  config.optimizer = "adam(lr=1e-2)";
  config.epochs = 2;
  config.machine.comm = comm;
  return config;
}

class RankedTrials : public testing::Test {
 protected:
  fs::path path(const std::string& name) const { return folder_.path() / name; }
  std::set<std::string> lines(const fs::path& file) const {
    std::set<std::string> out;
    std::istringstream in(read_text_file(file));
    for (std::string line; std::getline(in, line);) out.insert(line);
    return out;
  }
  TestFolder folder_;
};

TEST_F(RankedTrials, FindTheSameRate) {
  const std::string alone = find_rate(small()).json();
  for (const int ranks : {2, 3})
    run_ranks(ranks, [&](TestRank& comm) { EXPECT_EQ(find_rate(small(&comm)).json(), alone); });
}

TEST_F(RankedTrials, AreToldTogetherWhenTheyDiffer) {
  run_ranks(2, [&](TestRank& comm) {
    expect_contains(usage_error([&] { find_rate(small(&comm), {.trial = comm.rank() == 0 ? 20u : 30u}); }),
                    "rank 1 on host1: it was not given what rank 0 was");
  });
}

TEST_F(RankedTrials, TuneAlike) {
  const auto search = [](Comm* comm, const fs::path& folder, std::uint64_t trials) {
    RunConfig defaults;
    defaults.machine.comm = comm;
    RunSettings base(defaults);
    base.set("model", "dense(10)");
    base.set("epochs", "3");
    return tune(base, {{"optimizer", "adam(lr=log(1e-5, 10))"}}, {.trials = trials, .folder = folder});
  };
  const Tuned alone = search(nullptr, path("alone"), 7);
  run_ranks(3, [&](TestRank& comm) {
    EXPECT_EQ(search(&comm, path("ranks"), 5).trained, 5u + 2u);
    const Tuned rest = search(&comm, path("ranks"), 7);  // what is there is not made again, on any rank
    EXPECT_EQ(rest.found + rest.trained, alone.trained);
    EXPECT_GE(rest.found, 5u);
    EXPECT_EQ(rest.text().substr(0, 200), search(nullptr, {}, 7).text().substr(0, 200));
    for (std::size_t i = 0; i < alone.trials.size(); ++i) {
      EXPECT_EQ(rest.trials[i].trial, alone.trials[i].trial);
      EXPECT_EQ(rest.trials[i].loss, alone.trials[i].loss);
      EXPECT_EQ(rest.trials[i].metrics, alone.trials[i].metrics);
    }
  });
  std::set<std::string> wanted = lines(path("alone") / "trials.jsonl");
  for (const std::string& line : wanted) EXPECT_TRUE(lines(path("ranks") / "trials.jsonl").contains(line));
}

ComparisonResult compared(Comm* comm, const fs::path& folder, std::uint64_t seeds) {
  Comparison comparison = Comparison::open(
      small(comm),
      {.optimizers = {"sgd", "mine = adam", "gd"}, .seeds = seeds, .rates = 2, .tuning_seeds = 1}, folder);
  for (ComparedTrial trial; !comparison.finished();) comparison.next(trial, 0.1);
  return comparison.result();
}

// Without the seconds, which are measured.
std::string numbers_of(const ComparisonResult& result) {
  std::ostringstream out;
  out << std::hexfloat;
  for (const ComparedOptimizer& one : result.optimizers) {
    out << one.given << " " << one.chain << " " << one.chosen << " " << one.score.value << " "
        << one.diverged;
    for (const ComparedTrial& trial : one.trials) {
      for (const ComparedEpoch& epoch : trial.epochs) out << " " << epoch.loss << " " << epoch.score;
      for (const auto& [name, number] : trial.metrics) out << " " << name << " " << number;
    }
    out << "\n";
  }
  for (const ComparedPair& pair : result.pairs) out << pair.p << "\n";
  return out.str();
}

TEST_F(RankedTrials, CompareAlikeAndGoOnFromWhatIsThere) {
  const std::string alone = numbers_of(compared(nullptr, path("alone"), 3));
  run_ranks(3, [&](TestRank& comm) {
    compared(&comm, path("ranks"), 2);
    EXPECT_EQ(numbers_of(compared(&comm, path("ranks"), 3)), alone);
  });
  EXPECT_EQ(lines(path("ranks") / "runs.jsonl").size(), lines(path("alone") / "runs.jsonl").size());
  EXPECT_EQ(numbers_of(compared(nullptr, path("ranks"), 3)), alone) << "one process takes it up again";
}

TEST_F(RankedTrials, PlanOneFolderForAStudy) {
  const CompareOptions options{.optimizers = {"sgd", "adam"}, .seeds = 1, .rates = 2, .tuning_seeds = 1};
  run_ranks(2, [&](TestRank& comm) {
    const auto parts = plan_study(small(&comm), options, {.folds = 2}, path("study"));
    ASSERT_EQ(parts.size(), 2u);
    EXPECT_EQ(parts[1].directory, path("study") / "data-1-fold-2");
    EXPECT_EQ(parts[1].config.machine.comm, &comm);
  });
}

TEST_F(RankedTrials, PredictAndJudgeInTurns) {
  RunConfig config = small();
  config.keeping.checkpoint_every = "20";
  thalweg::Run run = thalweg::Run::create(config, path("run"));
  for (Report report; run.next(report);) continue;
  run.finish();
  const std::vector<std::string> members = {"20", "last"};
  const RunPredictions alone = predict_run(path("run"));
  const std::string judged = evaluate_run(path("run"), {}, 1, {}, "train").json();
  const std::string together = evaluate_run(path("run"), members).json();
  EXPECT_EQ(alone.rows, 1797u);
  run_ranks(3, [&](TestRank& comm) {
    const RunPredictions in_turns = predict_run(path("run"), {}, {.comm = &comm});
    EXPECT_EQ(in_turns.numbers, alone.numbers);
    EXPECT_EQ(in_turns.best, alone.best);
    EXPECT_EQ(evaluate_run(path("run"), {}, 1, {}, "train", &comm).json(), judged);
    EXPECT_EQ(evaluate_run(path("run"), members, {}, 1, {}, &comm).json(), together);
  });
}

TEST_F(RankedTrials, ShareTheFolderOfFolds) {
  run_ranks(2, [&](TestRank& comm) {
    Folds folds = Folds::create(small(&comm), 2, path("folds"));
    EXPECT_EQ(folds.count(), 2u);
    thalweg::Run run = folds.open(static_cast<std::uint64_t>(comm.rank()) + 1);
    EXPECT_EQ(run.directory(), path("folds") / ("fold-" + std::to_string(comm.rank() + 1)));
    for (Report report; run.next(report);) continue;
    run.finish();
    EXPECT_EQ(most_of_ranks(&comm, 1), 1);  // all are there
    EXPECT_EQ(folds.finish().runs.size(), 2u);
  });
  const Folds folds = Folds::resume(path("folds"));
  EXPECT_TRUE(folds.open(2).finished());
}

}  // namespace
}  // namespace thalweg
