// thalweg lr-find, batch-find, tune and doctor as their users meet them.
#include "base/file.h"
#include "tool_case.h"

namespace thalweg {
namespace {

const Arguments kSmall = {"--model", "dense(10)", "--epochs", "2", "--threads", "2"};

Arguments with(Arguments command, const Arguments& more) {
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

TEST_F(Tool, LrFindGivesTheTextWithItsRate) {
  const Json found =
      json(with(with({"lr-find", "--json", "--trial", "20"}, kSmall),
                {"--optimizer", "sgd(lr=7, momentum=0.9)", "--svg", "rate.svg", "--html", "rate.html"}));
  EXPECT_EQ(keys(found), (std::set<std::string>{"schema", "rate", "optimizer", "why", "given", "low", "high",
                                                "trial_updates", "train_samples", "judge_samples",
                                                "start_loss", "trials", "sweep"}));
  EXPECT_EQ(found["given"], 7);
  const std::string text = found["optimizer"];
  EXPECT_TRUE(text.starts_with("sgd(lr=") && text.ends_with(", momentum=0.9)")) << text;
  EXPECT_NE(contents(path("rate.svg")).find("<svg xmlns"), std::string::npos);
  EXPECT_NE(contents(path("rate.html")).find("<!DOCTYPE html>"), std::string::npos);
  EXPECT_EQ(run(with({"train", "--quiet", "--optimizer", text}, kSmall)).code, 0);
}

// A rate of next to nothing leaves the weights as they began, and drawn ones know nothing.
TEST_F(Tool, TrialsBeginWithTheWeightsOfAFile) {
  const Json trained =
      train("run", with({"--optimizer", "adam(lr=0.01)"}, {"--model", "dense(10)", "--epochs", "5"}));
  const Json& test = trained["test"];
  ASSERT_LT(test["loss"].get<double>(), 0.5);
  const std::string file =
      "run/checkpoints/" + std::to_string(trained["updates"].get<int>()) + ".safetensors";
  const std::string still = "sgd(lr=1e-12)";
  const Arguments init = with({"--init", file, "--json"}, kSmall);

  const Json compared = json(with({"compare", "--optimizers", still + "; momentum | lr(1e-12)", "--rates",
                                   "1", "--seeds", "2", "--quiet", "--out", "c"},
                                  init));
  for (const Json& optimizer : compared["optimizers"]) {
    EXPECT_EQ(optimizer["score"]["median"], test["accuracy"]);
    EXPECT_NEAR(optimizer["loss"]["median"].get<double>(), test["loss"].get<double>(), 1e-7);
  }
  EXPECT_NE(contents(path("c") / "report.html").find("all runs begin with the weights of"),
            std::string::npos);
  const Outcome other = run(with({"compare", "--optimizers", still + "; gd(lr=1)", "--rates", "1", "--seeds",
                                  "2", "--quiet", "--out", "c"},
                                 kSmall));
  EXPECT_EQ(other.code, 2);
  EXPECT_NE(other.err.find("has a different `init`"), std::string::npos) << other.err;

  const Json tuned =
      json(with({"tune", "--trials", "2", "--optimizer", "sgd(lr=choice(1e-12, 1e-13))"}, init));
  for (const Json& trial : tuned["trials"]) EXPECT_LT(trial["loss"].get<double>(), 0.5);
  const Arguments find = {"lr-find", "--optimizer", "sgd(lr=1)", "--trial", "5"};
  EXPECT_LT(json(with(find, init))["start_loss"].get<double>(), 0.5);
  EXPECT_GT(json(with(with(find, {"--json"}), kSmall))["start_loss"].get<double>(), 2);
  for (const char* command : {"lr-find", "batch-find"}) {
    const Outcome gone = run(with({command, "--init", "nothing.safetensors"}, kSmall));
    EXPECT_EQ(gone.code, 3) << command;
    EXPECT_NE(gone.err.find("nothing.safetensors"), std::string::npos) << gone.err;
  }
}

TEST_F(Tool, BatchFindMeasures) {
  const Json found = json(with({"batch-find", "--json", "--most", "4", "--rounds", "1"}, kSmall));
  EXPECT_EQ(keys(found),
            (std::set<std::string>{"schema", "batch", "why", "memory", "rounds", "threads", "timings"}));
  EXPECT_EQ(found["timings"].size(), 3u);
}

TEST_F(Tool, TrainWritesTheBatchThatWasFoundDown) {
  const Json result = train("run", with({"--batch", "find"}, kSmall));
  const std::string config = contents(path("run") / "config.toml");
  EXPECT_NE(config.find("batch = " + std::to_string(result["batch"].get<int>()) + "\n"), std::string::npos)
      << config;
  EXPECT_EQ(run({"train", "--resume", "run", "--quiet"}).code, 0);
}

TEST_F(Tool, TuneEndsWithACommandToRun) {
  const Arguments search = with({"tune", "--trials", "3", "--out", "search", "--html", "tune.html",
                                 "--optimizer", "adam(lr=log(1e-4, 1e-1))"},
                                kSmall);
  const Outcome outcome = run(search);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("thalweg train --model 'dense(10)' --optimizer 'adam(lr="), std::string::npos)
      << outcome.out;
  EXPECT_EQ(run(search).out, outcome.out);  // from the folder
  const Json again = json(with(search, {"--json"}));
  EXPECT_EQ(again["trained"], 0);
  EXPECT_EQ(again["trials"].size(), 3u);
}

TEST_F(Tool, TuneJudgesByAMetric) {
  const Arguments search = with({"tune", "--json", "--trials", "4", "--method", "random", "--out", "search",
                                 "--optimizer", "adam(lr=log(1e-4, 1e-1))"},
                                kSmall);
  const Json by_auc = json(with(search, {"--monitor", "auc"}));
  EXPECT_EQ(by_auc["by"], "auc");
  for (std::size_t i = 1; i < 4; ++i)
    EXPECT_GE(by_auc["trials"][i - 1]["metrics"]["auc"], by_auc["trials"][i]["metrics"]["auc"]);
  const Json by_loss = json(with(search, {"--by", "log_loss"}));
  EXPECT_EQ(by_loss["trained"], 0) << "from the folder";
  for (std::size_t i = 1; i < 4; ++i)
    EXPECT_LE(by_loss["trials"][i - 1]["metrics"]["log_loss"], by_loss["trials"][i]["metrics"]["log_loss"]);
  EXPECT_NE(
      run(with({"tune", "--by", "rmse", "--optimizer", "adam(lr=log(1e-4, 1))"}, kSmall)).err.find("rmse"),
      std::string::npos);
}

TEST_F(Tool, DoctorNamesAFaultAndReturnsZero) {
  train("run", with({"--optimizer", "adam | decay(0.1) | lr(cosine(0.1))"}, kSmall));
  const Json found = json({"doctor", "run", "--json"});
  EXPECT_EQ(keys(found), (std::set<std::string>{"schema", "run", "updates", "healthy", "findings", "notes",
                                                "rate", "trials"}));
  EXPECT_EQ(found["trials"].size(), 7u);
  EXPECT_EQ(found["findings"][0]["fault"], "decay-on-biases");
  EXPECT_NE(run({"doctor", "run", "--html", "doctor.html"}).out.find("decay-on-biases"), std::string::npos);
  const std::string page = read_text_file(path("doctor.html"));
  for (const char* part : {"1 fault found", "decay-on-biases", "id=\"loss", "id=\"rates"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
}

TEST_F(Tool, FindersSayWhatIsWrong) {
  const std::vector<std::pair<Arguments, const char*>> refused = {
      {{"lr-find", "--optimizer", "adam"}, "lr(1e-3)"},
      {{"lr-find", "--from", "0"}, "--from"},
      {{"batch-find", "--memory", "1x"}, "--memory"},
      {{"tune"}, "nothing to search"},
      {{"tune", "--optimizer", "adam(lr=log(1, 0))"}, "in order"},
      {{"tune", "--optimizer", "adam(lr=log(1e-4, 1))", "--method", "grid"}, "halving or random"},
  };
  for (const auto& [arguments, says] : refused) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_NE(outcome.err.find(says), std::string::npos) << outcome.err;
  }
  EXPECT_EQ(run({"doctor", "nothing"}).code, 3);
}

}  // namespace
}  // namespace thalweg
