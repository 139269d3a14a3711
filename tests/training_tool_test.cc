// Training by the tool: settings, stopping, going on with other lengths, predictions, faults of the system.
#include <cmath>

#include "tool_case.h"

namespace thalweg {
namespace {

class TrainingTool : public Tool {};

TEST_F(TrainingTool, AFileGivesWhatNoFlagSays) {
  write("run.toml", "epochs = 2\nbatch = 128\noptimizer = \"sgd(lr=0.1)\"\n");
  const Json result = train("a", {"--config", "run.toml", "--batch", "256"});
  EXPECT_EQ(result["epochs"], 2);
  EXPECT_EQ(result["batch"], 256);
  EXPECT_EQ(result["optimizer"], "lr(0.1)");
}

TEST_F(TrainingTool, TheFileOfARunRepeatsIt) {
  const Json first = train("a", {"--epochs", "2", "--accumulate", "2", "--order", "replacement"});
  const Json second = train("b", {"--config", "a/config.toml"});
  EXPECT_TRUE(last_checkpoint("a", first) == last_checkpoint("b", second));
  EXPECT_EQ(contents(path("a/config.toml")), contents(path("b/config.toml")));
}

TEST_F(TrainingTool, PrintedSettingsSayWhereTheyComeFrom) {
  write("run.toml", "# my run\nepochs = 2\n");
  const Arguments arguments = {"train", "--config", "run.toml", "--seed", "5", "--print-config"};
  const Outcome outcome = run(arguments);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  for (const char* line :
       {"epochs = 2  # run.toml:2\n", "seed = 5  # --seed\n", "model = \"auto\"  # default\n"}) {
    EXPECT_NE(outcome.out.find(line), std::string::npos) << line << outcome.out;
  }
  EXPECT_FALSE(fs::exists(path("runs")));
  write("again.toml", outcome.out);
  EXPECT_NE(run({"train", "--config", "again.toml", "--print-config"}).out.find("seed = 5  # again.toml:"),
            std::string::npos);
}

TEST_F(TrainingTool, BadFilesAreNamedWithTheirLine) {
  write("unknown.toml", "epochs = 2\npatienc = 3\n");
  refused({"train", "--config", "unknown.toml"}, 2, {"unknown.toml:2", "did you mean `patience`?"});
  write("bad.toml", "epochs = \n");
  refused({"train", "--config", "bad.toml"}, 2, {"bad.toml:1", "not TOML"});
  refused({"train", "--config", "missing.toml"}, 2, {"missing.toml"});
  refused({"train", "--min-delta", "-1"}, 2, {"--min-delta", "`-1`"});
  refused({"train", "--order", "random"}, 2, {"--order", "shuffle|replacement|file"});
  refused({"train", "--checkpoint-every", "x"}, 2, {"--checkpoint-every", "2ep"});
  refused({"train", "--lengths", "keep"}, 2, {"--lengths", "--resume"});
  EXPECT_FALSE(fs::exists(path("runs")));
}

TEST_F(TrainingTool, ADryRunShowsAllAndWritesNothing) {
  const auto before = snapshot(path(""));
  const Outcome outcome = run({"train", "--dry-run", "--accumulate", "2"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  for (const char* part :
       {"1438 training samples", "dense(128)", "8320", "9610", "64 x 2",
        "cosine(0.005, total=", "optimizer state", "75.08 KiB", "activations", "together"}) {
    EXPECT_NE(outcome.out.find(part), std::string::npos) << part << "\n" << outcome.out;
  }
  EXPECT_EQ(differences(before, snapshot(path(""))), std::vector<std::string>());
}

// y = x plus what no x tells.
std::string noisy_table() {
  std::string out = "x,y\n";
  for (int i = 0; i < 150; ++i) {
    const double x = std::fmod(i * 0.6180339887, 1);
    out += std::to_string(x) + "," + std::to_string(x + std::fmod(i * i * 0.7548776662, 1)) + "\n";
  }
  return out;
}

TEST_F(TrainingTool, ATableGetsWhatItsTrainingPartJudgesBest) {
  write("t.csv", noisy_table());
  const std::string data = "csv(t.csv, target=y)";
  const Outcome dry = run({"train", "--data", data, "--dry-run"});
  EXPECT_EQ(dry.code, 0) << dry.err;
  EXPECT_NE(dry.out.find("notes      optimizer auto: a training first tries decay=0.01 for 1000 epochs, "),
            std::string::npos)
      << dry.out;
  EXPECT_FALSE(fs::exists(path("runs")));

  const Outcome told = run({"train", "--data", data, "--quiet", "--threads", "1", "--out", "a"});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_NE(told.err.find("optimizer auto: took decay="), std::string::npos) << told.err;
  EXPECT_NE(told.err.find(" epochs by the loss on folds of the training part: "), std::string::npos)
      << told.err;
  const std::string config = contents(path("a/config.toml"));
  EXPECT_EQ(config.find("optimizer = \"auto\""), std::string::npos) << config;

  const Json second = train("b", {"--data", data, "--threads", "2"});
  EXPECT_TRUE(last_checkpoint("a", second) == last_checkpoint("b", second)) << "by any number of threads";
  const Json third = train("c", {"--config", "a/config.toml"});
  EXPECT_TRUE(last_checkpoint("a", third) == last_checkpoint("c", third));
  const Outcome resumed = run({"train", "--resume", "a", "--quiet"});
  EXPECT_EQ(resumed.err.find("optimizer auto"), std::string::npos) << resumed.err;
  const Outcome given =
      run({"train", "--data", data, "--quiet", "--optimizer", "adamw(lr=1e-3)", "--out", "d"});
  EXPECT_EQ(given.err.find("optimizer auto"), std::string::npos) << given.err;
}

#if !defined(THALWEG_SANITIZED)  // which keep shadows of all memory
TEST_F(TrainingTool, MemoryIsAsEstimated) {
  const Arguments models[] = {
      {},
      {"--model", "dense(512) | relu | dense(512) | relu | dense(10)", "--threads", "2"},
      {"--model", "conv2d(16, 3, padding=1) | relu | max_pool(2) | flatten | dense(10)", "--batch", "256"}};
  for (const Arguments& model : models) {
    Arguments dry = {"train", "--dry-run", "--json", "--epochs", "1"};
    dry.insert(dry.end(), model.begin(), model.end());
    const Json memory = json(dry)["memory"];
    Arguments arguments = {"--epochs", "1"};
    arguments.insert(arguments.end(), model.begin(), model.end());
    const Json result = train(std::to_string(&model - models), arguments);
    const double peak = result["peak_bytes"], before = memory["together"];
    EXPECT_NEAR(before / peak, 1, 0.15) << memory.dump() << " against " << peak;
    EXPECT_NEAR(result["estimated_bytes"].get<double>() / before, 1, 0.05);
  }
}
#endif

TEST_F(TrainingTool, AModelIsExportedWhereItIsAskedFor) {
  train("a", {"--epochs", "1"});
  const Outcome outcome = run({"export", "a"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("exported the last weights, epoch 1 (update 23) to a/model.onnx"),
            std::string::npos)
      << outcome.err;
  const std::string model = contents(path("a/model.onnx"));
  EXPECT_TRUE(model.starts_with("\x08\x08\x12\x07thalweg"));
  EXPECT_EQ(run({"export", "a", "-o", "b.onnx"}).code, 0);
  EXPECT_EQ(contents(path("b.onnx")), model);
  EXPECT_EQ(run({"export", "a", "--format", "safetensors", "--out", "c"}).code, 0);
  EXPECT_NE(contents(path("c")).find("dense1.weight"), std::string::npos);
  refused({"export", "a", "--format", "keras"}, 2, {"--format", "onnx, safetensors or csv"});
  refused({"export", "a", "--checkpoint", "7"}, 3, {"there is no complete checkpoint `7`"});
  refused({"export", "nothing"}, 3, {"nothing"});
}

TEST_F(TrainingTool, CurvesAreATable) {
  train("a", {"--epochs", "1", "--name", "first try"});
  const Outcome outcome = run({"export", "a", "--format", "csv"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("exported the curves to a/curves.csv"), std::string::npos) << outcome.err;
  const std::string table = contents(path("a/curves.csv"));
  EXPECT_EQ(lines_of(table).size(), 25u);  // a header, 23 updates, an epoch
  EXPECT_EQ(run({"export", "a", "--format", "csv", "--out", "-"}).out, table);
  refused({"export", "a", "--format", "csv", "--checkpoint", "last"}, 2, {"--checkpoint", "curves"});
}

TEST_F(TrainingTool, ARunHasAName) {
  EXPECT_EQ(train("a", {"--epochs", "1"})["name"], "a");
  EXPECT_EQ(train("b", {"--epochs", "1", "--name", "first try"})["name"], "first try");
  EXPECT_EQ(json({"eval", "b", "--json"})["name"], "first try");
  EXPECT_NE(contents(path("b/report.html")).find("training run first try"), std::string::npos);
  EXPECT_EQ(run({"page", "a", "b", "--out", "both.html"}).code, 0);
  EXPECT_NE(contents(path("both.html")).find("data-name=\"first try\""), std::string::npos);
  refused({"train", "--name", "a;b"}, 2, {"--name", "a character that parts texts"});
  refused({"train", "--name", ""}, 2, {"--name", "the name is empty"});
}

// The rate grows until the weights are thrown about.
TEST_F(TrainingTool, PatienceStopsWithTheBestEpoch) {
  const Arguments worse = {
      "--model",  "dense(10)", "--optimizer", "sgd(lr=linear(1e3, total=31ep, warmup=30ep))",
      "--epochs", "30",        "--patience",  "2"};
  const Json result = train("a", worse);
  EXPECT_EQ(result["stopped"], "patience");
  EXPECT_EQ(result["weights"], "best");
  const auto epoch = result["best"].value("epoch", std::uint64_t{0});
  EXPECT_EQ(result["updates"], 23 * (epoch + 2));
  EXPECT_EQ(result["test"]["loss"], result["best"]["loss"]);
  for (const Json& line : metrics("a")) {
    if (!line.contains("train_loss")) continue;
    EXPECT_GE(line["test"]["loss"], result["best"]["loss"]);
  }
  EXPECT_EQ(json({"eval", "a", "--json"})["loss"], result["test"]["loss"]);
  EXPECT_NE(json({"eval", "a", "--json", "--checkpoint", "last"})["loss"], result["test"]["loss"]);
  const Outcome again = run({"train", "--resume", "a"});
  EXPECT_EQ(again.code, 0) << again.err;
  for (const std::string& part : {"best       epoch " + std::to_string(epoch) + " ",
                                  "stopped    after epoch " + std::to_string(epoch + 2) + " of 30"}) {
    EXPECT_NE(again.out.find(part), std::string::npos) << part << " in " << again.out;
  }
  Arguments last = worse;
  last.push_back("--no-restore-best");
  EXPECT_EQ(train("b", last)["weights"], "last");
}

TEST_F(TrainingTool, OtherEpochsKeepTheLengthsOrMakeNewOnes) {
  const Arguments cosine = {
      "--optimizer", "adam(lr=cosine(1e-2, warmup=10%))", "--batch", "300", "--epochs", "2"};
  for (const std::string lengths : {"keep", "new"}) {
    train(lengths, cosine);
    refused({"train", "--resume", lengths, "--epochs", "4"}, 2, {"--lengths keep", "--lengths new"});
    const Outcome outcome =
        run({"train", "--resume", lengths, "--epochs", "4", "--lengths", lengths, "--json", "--quiet"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_NE(outcome.err.find("epochs 2 -> 4, updates 10 -> 20"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("old plan: adam | lr(cosine(0.01, total=10, warmup=1))"), std::string::npos)
        << outcome.err;
    const std::string total = lengths == "keep" ? "total=10, warmup=1" : "total=20, warmup=2";
    EXPECT_NE(outcome.err.find("new plan: adam | lr(cosine(0.01, " + total), std::string::npos)
        << outcome.err;
    EXPECT_NE(contents(path(lengths) / "plan.txt").find(total), std::string::npos);
    const Json result = Json::parse(outcome.out, nullptr, false);
    EXPECT_EQ(result["updates"], 20);
    EXPECT_EQ(result["epochs"], 4);
  }
  refused({"train", "--resume", "new", "--epochs", "3", "--lengths", "new"}, 2,
          {"the run is already further"});
  refused({"train", "--resume", "new", "--patience", "3"}, 2, {"`--patience`"});
}

TEST_F(TrainingTool, OneProcessRunsInADirectoryAndADeadOneHoldsNothing) {
  ToolProcess process(path(""), {"train", "--quiet", "--out", "a", "--epochs", "100000"});
  ASSERT_TRUE(wait_for_growth(path("a/metrics.jsonl"), 0));
  const std::string pid = lines_of(contents(path("a/lock"))).front();
  refused({"train", "--resume", "a", "--quiet"}, 2, {"the run directory is in use", "process " + pid});
  process.send(SIGKILL);
  EXPECT_EQ(process.wait().code, -SIGKILL);
  ToolProcess next(path(""), {"train", "--quiet", "--resume", "a"});
  const auto taken_over = [&] {  // the file is empty for a moment
    const std::string owner = contents(path("a/lock"));
    return !owner.empty() && owner != pid + "\n";
  };
  for (int i = 0; i < 30000 && !taken_over(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(taken_over());
  next.send(SIGINT);
  const Outcome outcome = next.wait();
  EXPECT_EQ(outcome.code, 130) << outcome.err;
}

TEST_F(TrainingTool, SaysWhichWeightsItMeansAndWhatIsUndefined) {
  std::string rows = "x,t\n";
  for (int i = 0; i < 40; ++i)
    rows += std::to_string(i % 9) + "." + std::to_string(i) + "," + std::to_string(i) + ".5\n";
  write("train.csv", rows);
  write("new.csv", "x,t\n1.5,7.5\n2.5,7.5\n");
  const Arguments flags = {"train", "--data", "csv(train.csv)", "--epochs", "2", "--batch", "8", "--out"};
  const auto trained = [&](Arguments arguments) {
    arguments.insert(arguments.begin(), flags.begin(), flags.end());
    return run(arguments);
  };
  EXPECT_NE(trained({"a"}).out.find("weights    the last weights, epoch 2 (update 8)\n"), std::string::npos);
  EXPECT_NE(trained({"b", "--restore-best"}).out.find("weights    the best weights, epoch "),
            std::string::npos);
  const Outcome text = run({"eval", "a", "--data", "csv(new.csv)"});
  EXPECT_EQ(text.out.rfind("all rows   R2 undefined: the targets do not vary; mean absolute error ", 0), 0u);
  EXPECT_NE(text.out.find(", by the last weights, epoch 2 (update 8)\n"), std::string::npos) << text.out;
  const Json eval = json({"eval", "b", "--data", "csv(new.csv)", "--json"});
  EXPECT_EQ(eval["weights"], "best");
  EXPECT_EQ(eval["judged"], "all rows");
  EXPECT_EQ(eval["samples"], 2);
  EXPECT_EQ(eval["updates"], 4 * eval["epoch"].get<int>());
  EXPECT_TRUE(eval["r2"].is_null());
  EXPECT_EQ(eval["r2_undefined"], "the targets do not vary");
  EXPECT_EQ(json({"eval", "b", "--json"})["judged"], "held out");
  EXPECT_NE(run({"predict", "b"}).err.find("predicted by the best weights, epoch "), std::string::npos);
  EXPECT_NE(
      run({"predict", "b", "--checkpoint", "8"}).err.find("predicted by the weights of update 8 (epoch 2)"),
      std::string::npos);
}

TEST_F(TrainingTool, AModelThatTellsNothingIsTold) {
  const char* const chance = "no better than always naming the commonest class: `thalweg doctor ";
  const Outcome still =
      run({"train", "--quiet", "--epochs", "1", "--optimizer", "lr(0)", "--model", "dense(10, init=zeros)"});
  EXPECT_EQ(still.code, 0) << still.err;
  EXPECT_NE(still.err.find(chance), std::string::npos) << still.err;
  const Outcome learnt = run({"train", "--quiet", "--epochs", "2"});
  EXPECT_EQ(learnt.err.find("no better than"), std::string::npos) << learnt.err;
}

TEST_F(TrainingTool, WhatDivergedIsNotToBeResumed) {
  EXPECT_EQ(run({"train", "--quiet", "--optimizer", "sgd(lr=1e30)", "--out", "a"}).code, 5);
  refused({"eval", "a"}, 3,
          {"there is no complete checkpoint", "the training diverged, and would again: try a smaller"});
  write("file", "");
  refused({"train", "--out", "file"}, 2, {"no folder; got a file"});
}

TEST_F(TrainingTool, EvalTellsEachClass) {
  train("a", {"--epochs", "2"});
  const Json eval = json({"eval", "a", "--json"});
  const std::vector<std::string> lines = lines_of(run({"eval", "a"}).out);
  ASSERT_EQ(lines.size(), 14u);  // the sentence, an empty line, a heading, ten classes and their mean
  EXPECT_EQ(lines[2], "class  rows  precision  recall      f1     auc  average_precision");
  for (std::size_t i = 3; i < lines.size(); ++i) {
    std::istringstream line(lines[i]);
    std::string name;
    line >> name;
    EXPECT_EQ(name, i == 13 ? "macro" : std::to_string(i - 3));
    std::uint64_t samples = 0, confused = 0;
    line >> samples;
    for (std::size_t c = 0; c < 10; ++c) {
      for (std::size_t taken = 0; taken < 10; ++taken)
        confused += i == 13 || i == c + 3 ? eval["confusion"][c][taken].get<std::uint64_t>() : 0;
    }
    EXPECT_EQ(samples, confused) << lines[i];
    if (i < 13) {
      EXPECT_EQ(eval["rows"][name], samples);
    }
    for (const char* metric : {"precision", "recall", "f1", "auc", "average_precision"}) {
      double number = 0;
      EXPECT_TRUE(line >> number) << lines[i];
      EXPECT_NEAR(number, eval[metric][name].get<double>(), 5.1e-5) << lines[i];
    }
  }
}

TEST_F(TrainingTool, PredictsEveryRow) {
  train("a", {"--epochs", "2"});
  const std::vector<std::string> lines = lines_of(run({"predict", "a"}).out);
  ASSERT_EQ(lines.size(), 1798u);
  EXPECT_EQ(lines[0], "class,p(0),p(1),p(2),p(3),p(4),p(5),p(6),p(7),p(8),p(9)");
  const std::vector<std::string> objects = lines_of(run({"predict", "a", "--format", "jsonl"}).out);
  ASSERT_EQ(objects.size(), 1797u);
  for (std::size_t i = 0; i < objects.size(); i += 100) {
    const Json object = Json::parse(objects[i], nullptr, false);
    ASSERT_TRUE(object.is_object()) << objects[i];
    double sum = 0;
    double most = 0;
    for (const auto& item : object["probabilities"].items()) {
      sum += item.value().get<double>();
      most = std::max(most, item.value().get<double>());
    }
    EXPECT_NEAR(sum, 1, 1e-5);
    EXPECT_EQ(object["probabilities"][object["class"].get<std::string>()].get<double>(), most);
    EXPECT_TRUE(lines[i + 1].starts_with(object["class"].get<std::string>() + ",")) << lines[i + 1];
  }
  const Outcome file = run({"predict", "a", "--out", "p.csv"});
  EXPECT_EQ(file.code, 0) << file.err;
  EXPECT_EQ(file.out, "");
  EXPECT_EQ(lines_of(contents(path("p.csv"))), lines);
  refused({"predict", "a", "--format", "xml"}, 2, {"--format", "csv or jsonl"});
  refused({"predict", "a", "--checkpoint", "7"}, 3, {"`7`"});
  refused({"predict", "a", "--out", "missing/p.csv"}, 4, {"missing/p.csv", "bytes"});
  refused({"predict", "missing"}, 3, {"not a run directory"});
}

TEST_F(TrainingTool, AFullOutputIsAnErrorOfTheSystem) {
  train("a", {"--epochs", "1"});
  for (const std::string words : {"predict a", "eval a", "--help", "train --resume a --quiet"}) {
    const std::string command =
        "cd '" + path("").string() + "' && '" THALWEG_TOOL "' " + words + " >/dev/full 2>err";
    EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 4) << words;
    const std::string message = contents(path("err"));
    EXPECT_NE(message.find("stdout: cannot be written"), std::string::npos) << message;
    EXPECT_NE(message.find(" bytes"), std::string::npos) << message;
  }
  const std::string silent =
      "cd '" + path("").string() + "' && '" THALWEG_TOOL "' train --epochs 1 --out b >/dev/null 2>/dev/full";
  EXPECT_EQ(WEXITSTATUS(std::system(silent.c_str())), 0) << "what cannot be told stops no training";
}

TEST_F(TrainingTool, AFileThatMayGrowNoFurtherIsNamed) {
  const std::string command =
      "cd '" + path("").string() +
      "' && ulimit -f 512 && '" THALWEG_TOOL
      "' train --quiet --epochs 1 --model 'dense(2000) | relu | dense(10)' --out a 2>err";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 4);
  const std::string message = contents(path("err"));
  EXPECT_NE(message.find(".safetensors: cannot be written"), std::string::npos) << message;
  EXPECT_NE(message.find("bytes"), std::string::npos) << message;
  for (const auto& entry : fs::recursive_directory_iterator(path("a"))) {
    EXPECT_EQ(entry.path().string().find(".tmp-"), std::string::npos) << entry.path();
  }
  EXPECT_EQ(run({"train", "--quiet", "--resume", "a"}).code, 0);
}

}  // namespace
}  // namespace thalweg
