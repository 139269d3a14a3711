// The tool as its users meet it: exit codes, messages, files, signals.
#include <iterator>
#include <random>
#include <sstream>

#include "tool_case.h"

namespace thalweg {
namespace {

struct Refusal {
  Arguments arguments;
  int code;
  std::vector<std::string> says;  // parts of the message
};

const std::vector<Refusal> kBadCommands = {
    {{}, 2, {"a command is missing", "--help"}},
    {{"trian"}, 2, {"`trian`", "did you mean `train`?"}},
    {{"foo"}, 2, {"`foo`", "--help"}},
    {{"-x"}, 2, {"`-x`", "--help"}},
    {{"train", "--epoch", "3"}, 2, {"`--epoch`", "did you mean `--epochs`?"}},
    {{"eval", "x", "--jsn"}, 2, {"did you mean `--json`?"}},
    {{"train", "extra"}, 2, {"`extra`"}},
    {{"train", "--epochs"}, 2, {"--epochs", "missing"}},
    {{"train", "--data", "a", "--data", "b"}, 2, {"--data", "more than once; got `a` and `b`"}},
    {{"eval"}, 2, {"run is required"}},
    {{"eval", "x", "--checkpoint", "1", "--checkpoints", "2"}, 2, {"--checkpoint", "excludes"}},
    {{"explain", "lr(1)", "--inputs", "3"}, 2, {"--inputs", "--model"}},
    {{"watch", "--port", "70000"}, 2, {"--port", "`70000`", "0 to 65535"}},
    {{"eval", "missing"}, 3, {"missing: not a run directory"}},
    {{"eval", "empty"}, 3, {"empty: not a run directory"}},
    {{"help", "adma"}, 2, {"`adma`", "did you mean `adam`?"}},
    {{"help", ""}, 2, {"unknown name"}},
    {{"list", "foo"}, 2, {"`foo`", "schedules"}},
    {{"verify", "missing"}, 3, {"`missing`"}},
    {{"descend", "-x^2"}, 2, {"`-x^2`", "`thalweg descend [OPTION ...] -- \"-x^2\"`"}},
    {{"landscape", "-x^2-y^2", "--json"}, 2, {"`-x^2-y^2`", " -- "}},
    {{"schedule", "cosine(1e-3)"}, 2, {"total", "--total"}},
    {{"schedule", "cyclic(1e-3"}, 2, {"want `)`", "^"}},
    {{"schedule", "cosin(1e-3)"}, 2, {"did you mean `cosine`?"}},
    {{"schedule", "1e-3", "--points", "1,x"}, 2, {"--points", "`x`"}},
    {{"explain", "adam"}, 2, {"lr(1e-3)"}},
    {{"explain", "adamw(lr=1e-3)", "--total", "x"}, 2, {"--total", "`x`"}},
    {{"explain", "adamw(lr=1e-3)", "--params", "w"}, 2, {"--params", "name:shape"}},
};

const std::vector<Refusal> kBadTexts = {
    {{"--optimizer", "adm(lr=1e-3"}, 2, {"did you mean `adam`?", "`)`", "\n  adm(lr=1e-3\n  ^"}},
    {{"--optimizer", "adam(1e-3)"}, 2, {"`adam(lr=1e-3)`"}},
    {{"--optimizer", "adam(lr=)"}, 2, {"column 9"}},
    {{"--optimizer", ""}, 2, {"a name is missing"}},
    {{"--optimizer", "sgd"}, 2, {"lr"}},
    {{"--model", "dens(10)"}, 2, {"did you mean `dense`?"}},
    {{"--model", ""}, 2, {"a name is missing"}},
    {{"--model", "dense(0)"}, 2, {"`units`", "got `0`"}},
    {{"--model", "dense(2000000)"}, 2, {"`units`", "got `2000000`", "1048576"}},
    {{"--model", "dense(3)"}, 2, {"3 outputs", "want 10"}},
    {{"--loss", "mes"}, 2, {"`mes`", "mse"}},
    {{"--loss", "cross_entropi"}, 2, {"did you mean `cross_entropy`?"}},
    {{"--data", "digit"}, 2, {"did you mean `digits`?"}},
    {{"--data", ""}, 2, {"a name is missing"}},
    {{"--data", "train.csv"}, 2, {"`train.csv`", "did you mean `csv(train.csv)`?"}},
    {{"--data", "csv(my file.csv)"}, 2, {"in quotes: \"my file.csv\""}},
    {{"--data", "idx(missing)"}, 3, {"missing", "does not exist"}},
    {{"--data", "idx(empty)"}, 3, {"empty", "train-images-idx3-ubyte"}},
};

const std::vector<Refusal> kBadNumbers = {
    {{"--batch", "0"}, 2, {"--batch", "`0`"}},
    {{"--batch", "x"}, 2, {"--batch", "`x`"}},
    {{"--batch", "1.5"}, 2, {"--batch", "`1.5`"}},
    {{"--epochs", "0"}, 2, {"epochs", "0"}},
    {{"--epochs", "-1"}, 2, {"epochs", "-1"}},
    {{"--epochs", "99999999999999999999"}, 2, {"epochs"}},
    {{"--epochs", "18446744073709551615"}, 2, {"epochs", "18446744073709551615"}},
    {{"--epochs", "802032351030850071", "--batch", "64"}, 2, {"epochs"}},  // 2^64 updates and a few
    {{"--seed", "-3"}, 2, {"--seed", "`-3`"}},
    {{"--threads", "0"}, 2, {"--threads", "`0`"}},
    {{"--threads", "2000"}, 2, {"--threads", "1024"}},
    {{"--out", ""}, 2, {"--out"}},
    {{"--out", "full"}, 2, {"full: the run directory exists and is not empty"}},
    {{"--resume", "missing"}, 3, {"missing: not a run directory"}},
    {{"--resume", "empty"}, 3, {"empty: not a run directory"}},
    {{"--resume", "full", "--batch", "3"}, 2, {"--batch"}},
};

class Refused : public Tool {
 protected:
  void SetUp() override {
    fs::create_directories(path("full"));
    fs::create_directories(path("empty"));
    write("full/keep", "me");
  }

  void check(const Arguments& arguments, const Refusal& refusal) const {
    SCOPED_TRACE(testing::PrintToString(arguments));
    const auto before = snapshot(path(""));
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, refusal.code);
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(is_message(outcome.err)) << outcome.err;
    for (const std::string& part : refusal.says) {
      EXPECT_NE(outcome.err.find(part), std::string::npos) << part << " in " << outcome.err;
    }
    EXPECT_EQ(differences(before, snapshot(path(""))), std::vector<std::string>()) << "left behind";
  }

  void check_train(const std::vector<Refusal>& refusals) const {
    for (const Refusal& refusal : refusals) {
      const bool has_folder = refusal.arguments.front() == "--out" || refusal.arguments.front() == "--resume";
      Arguments arguments = {"train", "--quiet"};
      arguments.insert(arguments.end(), refusal.arguments.begin(), refusal.arguments.end());
      check(arguments, refusal);
      if (has_folder) continue;
      arguments.insert(arguments.end(), {"--out", "new"});
      check(arguments, refusal);
    }
  }
};

TEST_F(Refused, CommandLinesThatCannotBeMeant) {
  for (const Refusal& refusal : kBadCommands) check(refusal.arguments, refusal);
}

TEST_F(Refused, TextsThatAreNoModelLossDataOrOptimizer) { check_train(kBadTexts); }

TEST_F(Refused, NumbersAndFoldersOutOfRange) { check_train(kBadNumbers); }

TEST_F(Tool, HelpAndVersionGoToStdout) {
  for (const Arguments& arguments :
       {Arguments{"--help"}, {"--version"}, {"train", "--help"}, {"help", "adam"}, {"list"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << arguments.front();
    EXPECT_NE(outcome.out, "") << arguments.front();
    EXPECT_EQ(outcome.err, "") << arguments.front();
  }
  EXPECT_NE(run({"help", "adam"}).out.find("beta1"), std::string::npos);
}

TEST_F(Tool, TrainPrintsOneResultAndFillsItsDirectory) {
  const Outcome outcome = run({"train", "--json", "--quiet", "--epochs", "2", "--out", "a"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(lines_of(outcome.out).size(), 1u);
  EXPECT_EQ(outcome.out, contents(path("a/result.json")));
  const Json result = Json::parse(outcome.out, nullptr, false);
  ASSERT_TRUE(result.is_object()) << outcome.out;
  const std::set<std::string> want = {"schema",       "run",         "data",
                                      "model",        "optimizer",   "loss",
                                      "parameters",   "batch",       "seconds",
                                      "updates",      "accumulate",  "seed",
                                      "threads",      "state_bytes", "epochs",
                                      "train",        "test",        "stopped",
                                      "best",         "weights",     "samples_per_second",
                                      "samples_seen", "peak_bytes",  "estimated_bytes",
                                      "reported",     "held_out",    "class_weights",
                                      "name"};
  EXPECT_EQ(keys(result), want);
  const std::set<std::string> measured = {
      "samples",           "loss",     "accuracy", "balanced_accuracy", "precision", "recall", "f1", "auc",
      "average_precision", "log_loss", "baseline", "confusion",         "rows"};
  EXPECT_EQ(keys(result["train"]), measured);
  EXPECT_EQ(keys(result["test"]), measured);
  EXPECT_EQ(keys(result["test"]["f1"]),
            (std::set<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "macro"}));
  EXPECT_EQ(keys(result["best"]), (std::set<std::string>{"epoch", "update", "loss", "metric", "number"}));
  EXPECT_EQ(result["run"], path("a").string());
  EXPECT_EQ(result["updates"], 46);
  EXPECT_EQ(result["parameters"], 9610);
  EXPECT_EQ(result["state_bytes"], 2 * 9610 * 4);
  std::set<std::string> files;
  for (const auto& [name, bytes] : snapshot(path("a"))) files.insert(name);
  EXPECT_EQ(files, (std::set<std::string>{"checkpoints", "checkpoints/46.safetensors",
                                          "checkpoints/best-46.safetensors", "config.toml", "details.jsonl",
                                          "encoding.json", "environment.json", "examples.json", "lock",
                                          "metrics.jsonl", "plan.txt", "report.html", "result.json"}));
}

TEST_F(Tool, MetricsAreLinesOfUpdatesAndEpochs) {
  train("a", {"--epochs", "2"});
  train("b", {"--batch", "1", "--epochs", "4"});
  for (const std::string name : {"a", "b"}) {
    std::size_t updates = 0, epochs = 0;
    for (const std::string& line : lines_of(contents(path(name) / "metrics.jsonl"))) {
      const Json json = Json::parse(line, nullptr, false);
      const bool epoch = json.contains("train_loss");
      (epoch ? epochs : updates) += 1;
      EXPECT_EQ(keys(json), (epoch ? std::set<std::string>{"update", "epoch", "train_loss", "test", "seconds"}
                                   : std::set<std::string>{"update", "epoch", "loss", "lr", "grad_norm"}));
    }
    EXPECT_EQ(epochs, name == "a" ? 2u : 4u);
    EXPECT_GE(updates, name == "a" ? 46u : 1000u);
    EXPECT_LE(updates, name == "a" ? 46u : 2000u);
  }
}

TEST_F(Tool, RunsWithoutOutAreNumbered) {
  for (const std::string run : {"1", "2"}) {
    const Json result = json({"train", "--json", "--quiet", "--epochs", "1"});
    EXPECT_EQ(result["run"], path("runs/" + run).string());
  }
}

TEST_F(Tool, ThreadsDoNotChangeABit) {
  const std::string wide = "dense(256) | relu | dense(10)";
  const std::vector<Arguments> trainings = {
      {"--epochs", "3"},
      {"--epochs", "3", "--batch", "full"},
      {"--epochs", "3", "--data", mnist(), "--model", wide, "--batch", "32"},
      {"--epochs", "30", "--data", mnist(), "--model", wide, "--batch", "full"},
  };
  for (std::size_t i = 0; i < trainings.size(); ++i) {
    std::string first;
    for (const std::string threads : {"1", "2", "3", "7"}) {
      Arguments arguments = trainings[i];
      arguments.insert(arguments.end(), {"--threads", threads});
      const std::string out = std::to_string(i) + "-" + threads;
      const std::string bytes = last_checkpoint(out, train(out, arguments));
      EXPECT_GT(bytes.size(), 1000u);
      if (first.empty()) first = bytes;
      EXPECT_TRUE(bytes == first) << "training " << i << " with " << threads << " threads";
      EXPECT_EQ(metrics(out), metrics(std::to_string(i) + "-1"));
    }
  }
}

class Interrupted : public Tool {
 protected:
  const Arguments kLong = {"--batch", "1", "--epochs", "30", "--threads", "1"};

  void SetUp() override {
    const auto start = std::chrono::steady_clock::now();
    result_ = train("whole", kLong);
    took_ = std::chrono::steady_clock::now() - start;
  }

  // Starts or resumes `out`, sends a signal after a share of the time of a whole run once updates are made.
  Outcome interrupt(const std::string& out, bool resume, int signal, double share) const {
    Arguments arguments = {"train", "--quiet", resume ? "--resume" : "--out", out};
    if (!resume) arguments.insert(arguments.end(), kLong.begin(), kLong.end());
    const fs::path file = path(out) / "metrics.jsonl";
    const std::uintmax_t bytes = resume ? fs::file_size(file) : 0;
    ToolProcess process(path(""), arguments);
    EXPECT_TRUE(wait_for_growth(file, bytes));
    std::this_thread::sleep_for(took_ * share);
    process.send(signal);
    return process.wait();
  }

  void check_message(const Outcome& outcome, const std::string& out) const {
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(lines_of(outcome.err).size(), 1u) << outcome.err;
    EXPECT_NE(outcome.err.find("interrupted: saved at update "), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("thalweg train --resume " + path(out).string()), std::string::npos);
    EXPECT_FALSE(fs::exists(path(out) / "result.json"));
  }

  void check_same_as_whole(const std::string& out) const {
    const Json resumed = json({"train", "--resume", out, "--json", "--quiet"});
    EXPECT_TRUE(last_checkpoint(out, resumed) == last_checkpoint("whole", result_)) << out;
    EXPECT_EQ(metrics(out), metrics("whole")) << out;
    for (const char* key : {"updates", "train", "test", "optimizer"}) EXPECT_EQ(resumed[key], result_[key]);
  }

  Json result_;
  std::chrono::duration<double> took_{};
};

TEST_F(Interrupted, RunsGoOnBitForBit) {
  std::mt19937 random(std::random_device{}());
  std::uniform_real_distribution<double> share(0, 0.35);
  for (int i = 0; i < 5; ++i) {
    const std::string out = "run" + std::to_string(i);
    const double when = i == 0 ? 0 : share(random);
    SCOPED_TRACE(when);
    const Outcome outcome = interrupt(out, false, SIGINT, when);
    ASSERT_EQ(outcome.code, 130) << outcome.err;
    check_message(outcome, out);
    check_same_as_whole(out);
  }
}

TEST_F(Interrupted, MoreThanOnceAndByEitherSignal) {
  Outcome outcome = interrupt("run", false, SIGTERM, 0.1);
  ASSERT_EQ(outcome.code, 143) << outcome.err;
  check_message(outcome, "run");
  outcome = interrupt("run", true, SIGINT, 0.2);
  ASSERT_EQ(outcome.code, 130) << outcome.err;
  check_message(outcome, "run");
  check_same_as_whole("run");
}

TEST_F(Interrupted, KilledRunsGoOnFromWhatWasSaved) {
  EXPECT_EQ(interrupt("run", false, SIGKILL, 0.2).code, -SIGKILL);
  std::ofstream(path("run/metrics.jsonl"), std::ios::app) << "{\"update\": 99";  // a torn line
  check_same_as_whole("run");
}

TEST_F(Tool, AFinishedRunIsLeftAsItIs) {
  const Json result = train("a", {"--epochs", "2"});
  const auto before = snapshot(path("a"));
  EXPECT_EQ(json({"train", "--resume", "a", "--json", "--quiet"}), result);
  EXPECT_EQ(differences(before, snapshot(path("a"))), std::vector<std::string>());
}

TEST_F(Tool, ADamagedLastCheckpointIsMadeAgain) {
  const Json result = train("a", {"--epochs", "2"});
  const std::string whole = last_checkpoint("a", result);
  std::string damaged = whole;
  damaged[damaged.size() / 2] ^= 1;
  write("a/checkpoints/46.safetensors", damaged);
  const Outcome outcome = run({"train", "--resume", "a", "--json", "--quiet"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("skipped a checkpoint"), std::string::npos) << outcome.err;
  EXPECT_TRUE(last_checkpoint("a", result) == whole) << "the damaged checkpoint is still there";
}

TEST_F(Tool, EverySeedThatIsTakenCanBeResumed) {
  const Arguments arguments = {"train", "--quiet", "--epochs", "1", "--seed", "18446744073709551615"};
  if (run(arguments).code == 2) return;  // refused, which is fair
  EXPECT_EQ(run({"train", "--resume", "runs/1", "--quiet"}).code, 0);
}

TEST_F(Tool, DivergenceIsNeverSaved) {
  const std::vector<Arguments> trainings = {
      {"--optimizer", "sgd(lr=1e20)", "--epochs", "2"},
      {"--optimizer", "sgd(lr=1e30)", "--epochs", "1", "--batch", "full"},  // seen after the last update only
  };
  for (std::size_t i = 0; i < trainings.size(); ++i) {
    const std::string out = std::to_string(i);
    Arguments arguments = {"train", "--quiet", "--out", out};
    arguments.insert(arguments.end(), trainings[i].begin(), trainings[i].end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 5) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(is_message(outcome.err)) << outcome.err;
    EXPECT_NE(outcome.err.find("the loss is not finite"), std::string::npos) << outcome.err;
    EXPECT_TRUE(fs::is_empty(path(out) / "checkpoints"));
    EXPECT_FALSE(fs::exists(path(out) / "result.json"));
  }
}

// A share other than 0 is at least one update, so the warm-up of the defaults fills a run of one update.
TEST_F(Tool, AWarmUpThatFillsTheRunIsRefusedWithTheWayOut) {
  const char* const warm = "adamw(lr=cosine(5e-3, warmup=5%))";
  const Outcome outcome = run({"train", "--epochs", "1", "--batch", "full", "--optimizer", warm});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("warmup=0"), std::string::npos) << outcome.err;
  EXPECT_EQ(train("a", {"--epochs", "1", "--batch", "full"}).value("updates", 0), 1) << "the default fits";
}

TEST_F(Tool, EvalGivesTheResultOfTheRun) {
  const Json result = train("a", {"--epochs", "2"});
  const auto before = snapshot(path("a"));
  const Json eval = json({"eval", "a", "--json"});
  std::istringstream words(
      "schema run name data judged weights epoch updates samples loss accuracy balanced_accuracy precision "
      "recall f1 auc average_precision log_loss baseline confusion rows");
  EXPECT_EQ(keys(eval), (std::set<std::string>{std::istream_iterator<std::string>(words), {}}));
  for (const auto& [name, value] : result["test"].items()) EXPECT_EQ(eval[name], value) << name;
  EXPECT_EQ(eval["samples"], 359);
  EXPECT_EQ(json({"eval", "a", "--json", "--data", "digits", "--threads", "1"}), eval);
  EXPECT_EQ(differences(before, snapshot(path("a"))), std::vector<std::string>());
}

TEST_F(Tool, EvalOnSamplesOfAnotherShapeSaysSo) {
  train("a", {"--epochs", "2"});
  const Outcome outcome = run({"eval", "a", "--data", mnist()});
  EXPECT_TRUE(outcome.code == 2 || outcome.code == 3) << outcome.code;
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(is_message(outcome.err)) << outcome.err;
  EXPECT_NE(outcome.err.find("784"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("64"), std::string::npos) << outcome.err;
}

TEST_F(Tool, ScheduleGivesItsValues) {
  const Json cyclic = json(
      {"schedule", "cyclic(1e-3, total=1000, cycles=4, warmup=100)", "--points", "0,99,100,1000", "--json"});
  EXPECT_EQ(cyclic["points"], Json::parse("[[0, 0.0], [99, 0.00099], [100, 0.001], [1000, 0.0]]"));
  const Json cosine = json({"schedule", "cosine(1e-3)", "--total", "100", "--points", "0,50,100", "--json"});
  EXPECT_EQ(cosine["points"], Json::parse("[[0, 0.001], [50, 0.0005], [100, 0.0]]"));
  EXPECT_EQ(cosine["schedule"], "cosine(0.001, total=100)");
}

TEST_F(Tool, ListDescribesEveryOption) {
  const Json all = json({"list", "--json"});
  for (const auto& [kind, entries] : all.items()) {
    EXPECT_FALSE(entries.empty()) << kind;
    for (const Json& entry : entries) {
      EXPECT_EQ(run({"help", entry.at("name")}).code, 0) << entry;
      for (const Json& option : entry.at("options")) {
        for (const char* key : {"name", "type", "default", "min", "max", "unit"}) {
          EXPECT_TRUE(option.contains(key)) << entry.at("name") << ": " << key << " of " << option;
        }
      }
    }
  }
  EXPECT_EQ(keys(all), (std::set<std::string>{"transforms", "recipes", "schedules", "losses", "layers",
                                              "data", "augmentations", "problems"}));
}

TEST_F(Tool, ExplainAndVerifyAnswerInJsonToo) {
  EXPECT_FALSE(json({"explain", "adamw(lr=1e-3)", "--json"}).empty());
  const std::string oracles = THALWEG_TESTS "/vectors/oracles";
  const Outcome text = run({"verify", oracles});
  EXPECT_EQ(text.code, 0) << text.out;
  EXPECT_NE(text.out.find(" passed, 0 failed, "), std::string::npos) << text.out;
  const Json cases = json({"verify", oracles, "--json"});
  EXPECT_EQ(cases["failed"], 0);
  EXPECT_GT(cases["passed"], 0);
}

TEST_F(Tool, EveryMethodLearnsTheDigits) {
  const std::vector<Arguments> methods = {
      {"gd(lr=0.5)", "full", "300"},
      {"sgd(lr=0.02)", "1", "30"},
      {"sgd(lr=0.2)", "64", "30"},
      {"momentum(mu=0.9) | lr(0.05)", "64", "30"},
      {"sgd(lr=0.05, momentum=0.9)", "64", "30"},
      {"sgd(lr=0.05, momentum=0.9, nesterov=true)", "64", "30"},
      {"decay(1e-4) | adam(lr=1e-3)", "64", "30"},
      {"adamw(lr=1e-3)", "64", "30"},
      {"adamw(lr=cyclic(5e-3, cycles=3, warmup=5%))", "64", "30"},
  };
  for (std::size_t i = 0; i < methods.size(); ++i) {
    const Arguments& m = methods[i];
    const Json result = train(std::to_string(i), {"--optimizer", m[0], "--batch", m[1], "--epochs", m[2]});
    EXPECT_GE(accuracy(result), 0.94) << m[0];
  }
  EXPECT_GE(accuracy(train("default", {})), 0.96);
}

}  // namespace
}  // namespace thalweg
