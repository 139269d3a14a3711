#include "thalweg/run.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <numeric>

#include <nlohmann/json.hpp>

#include "run/config.h"
#include "run/test_run.h"

namespace thalweg {
namespace {

using Names = std::vector<std::string>;

TEST_F(RunTest, MakesItsDirectoryAndFinishesOnce) {
  Training run = Training::create(small(), path());
  EXPECT_EQ(run.directory(), path());
  EXPECT_EQ(run.parameters(), 650u);
  EXPECT_EQ(run.total_updates(), 46u);
  EXPECT_EQ(run.config().optimizer.find("adam(beta1=0.9"), 0u) << run.config().optimizer;
  EXPECT_EQ(read_text_file(path() / "plan.txt"), run.plan());
  EXPECT_FALSE(run.last_epoch());
  advance(run, 46);
  Report report;
  EXPECT_FALSE(run.next(report));
  EXPECT_FALSE(run.finished());
  const RunResult result = run.finish();
  EXPECT_TRUE(run.finished());
  EXPECT_EQ(run.last_epoch()->epoch, 2u);
  EXPECT_EQ(result.samples_seen, 2 * result.train.samples);
  EXPECT_EQ(result.json, read_text_file(path() / "result.json"));
  EXPECT_EQ(run.finish().json, result.json);
  EXPECT_EQ(Training::resume(path()).finish().json, result.json);
}

TEST_F(RunTest, WrongConfigurationsLeaveNothing) {
  const auto refuse = [&](Code code, auto change) {
    RunConfig config = small();
    change(config);
    error_of(code, [&] { Training::create(config, path()); });
    EXPECT_FALSE(fs::exists(path()));
  };
  refuse(Code::usage, [](RunConfig& c) { c.model = "dense(0)"; });
  refuse(Code::usage, [](RunConfig& c) { c.model = "dense(3)"; });
  refuse(Code::usage, [](RunConfig& c) { c.loss = "mes"; });
  refuse(Code::usage, [](RunConfig& c) { c.optimizer = "adam"; });
  refuse(Code::usage, [](RunConfig& c) { c.data = "digit"; });
  refuse(Code::data, [](RunConfig& c) { c.data = "idx(missing)"; });
  refuse(Code::usage, [](RunConfig& c) { c.epochs = 0; });
  refuse(Code::usage, [](RunConfig& c) { c.threads = -1; });
  refuse(Code::usage, [](RunConfig& c) { c.accumulate = 0; });
  refuse(Code::usage, [](RunConfig& c) { c.order = "random"; });
}

TEST_F(RunTest, AFullDirectoryIsRefusedAndAnEmptyOneTaken) {
  fs::create_directories(path());
  Training::create(small(), path());
  EXPECT_TRUE(
      has(error_of(Code::usage, [&] { Training::create(small(), path()); }), "exists and is not empty"));
  replace_file(path("file"), "text");
  EXPECT_TRUE(has(error_of(Code::usage, [&] { Training::create(small(), path("file")); }), "file"));
}

TEST_F(RunTest, AtMostTwoCheckpointsAreKept) {
  Training run = Training::create(small(), path());
  const std::vector<Names> want = {{"1"}, {"1", "3"}, {"3", "7"}, {"12", "7"}, {"12", "46"}};
  std::size_t i = 0;
  for (const std::uint64_t updates : {1, 3, 7, 12, 46}) {
    advance(run, updates);
    run.save();
    EXPECT_EQ(checkpoints(), want[i++]);
  }
}

TEST_F(RunTest, ADamagedNewestCheckpointFallsBackToThePrevious) {
  Training whole = Training::create(small(), path("whole"));
  advance(whole, 46);
  whole.finish();
  {
    Training run = Training::create(small(), path());
    for (const std::uint64_t updates : {10, 30}) {
      advance(run, updates);
      run.save();
    }
  }
  damage(30);
  Training run = Training::resume(path());
  EXPECT_EQ(run.updates(), 10u);
  ASSERT_EQ(run.notes().size(), 1u);
  EXPECT_TRUE(has(run.notes()[0], "skipped a checkpoint")) << run.notes()[0];
  EXPECT_TRUE(has(run.notes()[0], "30.safetensors")) << run.notes()[0];
  EXPECT_EQ(evaluate_run(path()).notes.size(), 1u);
  advance(run, 46);
  run.finish();
  EXPECT_TRUE(read_text_file(checkpoint(46)) == read_text_file(checkpoint(46, "whole")));
}

TEST_F(RunTest, WithoutAWholeCheckpointItStartsAgain) {
  {
    Training run = Training::create(small(), path());
    advance(run, 5);
  }
  Training run = Training::resume(path(), {.threads = 2});
  EXPECT_EQ(run.updates(), 0u);
  EXPECT_EQ(run.config().threads, 2);
  ASSERT_EQ(run.notes().size(), 1u);
  EXPECT_TRUE(has(run.notes()[0], "no checkpoint yet"));
  EXPECT_EQ(read_text_file(path() / "metrics.jsonl"), "");
  EXPECT_TRUE(has(error_of(Code::data, [&] { evaluate_run(path()); }), "there is no complete checkpoint"));
}

TEST_F(RunTest, ASavedCheckpointOutlivesDamagedOnesAheadOfIt) {
  {
    Training run = Training::create(small(), path());
    for (const std::uint64_t updates : {20, 30}) {
      advance(run, updates);
      run.save();
    }
  }
  damage(20);
  damage(30);
  {
    Training run = Training::resume(path());
    EXPECT_EQ(run.notes().size(), 3u);
    advance(run, 10);
    run.save();
  }
  EXPECT_TRUE(fs::exists(checkpoint(10)));
  EXPECT_EQ(Training::resume(path()).updates(), 10u);
}

TEST_F(RunTest, ADamagedFinalCheckpointIsWrittenAgain) {
  {
    Training run = Training::create(small(), path());
    advance(run, 46);
    run.finish();
  }
  const std::string whole = read_text_file(checkpoint(46));
  damage(46);
  Training run = Training::resume(path());
  EXPECT_FALSE(run.finished());
  advance(run, 46);
  run.finish();
  EXPECT_TRUE(read_text_file(checkpoint(46)) == whole);
  EXPECT_TRUE(Training::resume(path()).notes().empty());
}

TEST_F(RunTest, ResumingInTheMiddleOfAnEpochKeepsItsLoss) {
  const auto second_epoch = [](Training& run) {
    advance(run, 46);
    return run.last_epoch()->train_loss;
  };
  Training whole = Training::create(small(), path("whole"));
  {
    Training run = Training::create(small(), path());
    advance(run, 30);
    run.save();
  }
  Training run = Training::resume(path());
  EXPECT_EQ(second_epoch(run), second_epoch(whole));
}

TEST_F(RunTest, CheckpointsAreKeptForEverWhereAskedFor) {
  RunConfig config = small();
  config.keeping.checkpoint_every = "25%";  // 11.5 updates, rounded half up
  Training run = Training::create(config, path());
  advance(run, UINT64_MAX);
  run.finish();
  EXPECT_EQ(checkpoints(), (Names{"46", "kept-12", "kept-24", "kept-36"}));
  EXPECT_EQ(evaluate_run(path(), {}, 1, "24").updates, 24u);
}

TEST_F(RunTest, AKeptCheckpointIsGoneOnFromWhenTheNewestAreDamaged) {
  RunConfig config = small();
  config.keeping.checkpoint_every = "10";
  Training whole = Training::create(config, path("whole"));
  advance(whole, UINT64_MAX);
  whole.finish();
  {
    Training run = Training::create(config, path());
    advance(run, 15);
    run.save();
  }
  damage(15);
  Training run = Training::resume(path());
  EXPECT_EQ(run.updates(), 10u);
  advance(run, UINT64_MAX);
  run.finish();
  std::map<std::string, std::string> got = results(path());
  got.erase("15.safetensors");
  EXPECT_TRUE(got == results(path("whole")));
}

TEST_F(RunTest, OneProcessRunsInADirectory) {
  auto run = std::make_optional(Training::create(small(), path()));
  advance(*run, 5);
  run->save();
  const std::string message = error_of(Code::usage, [&] { Training::resume(path()); });
  EXPECT_TRUE(has(message, "the run directory is in use")) << message;
  EXPECT_TRUE(has(message, "process " + std::to_string(::getpid()))) << message;
  EXPECT_EQ(evaluate_run(path()).updates, 5u);
  run.reset();
  EXPECT_EQ(Training::resume(path()).updates(), 5u);
}

// A11
TEST_F(RunTest, AScheduleThatEndsBeforeTheRunIsToldOnce) {
  RunConfig config = small();
  config.optimizer = "adam | lr(one_cycle(1e-2, total=20))";
  Training run = Training::create(config, path());
  ASSERT_EQ(run.notes().size(), 1u);
  EXPECT_TRUE(has(run.notes()[0], "ends at update 19 of 46")) << run.notes()[0];
  advance(run, 46);
  EXPECT_EQ(run.updates(), 46u);
}

TEST_F(RunTest, ASquashedOutputIsTold) {
  RunConfig config = small();
  const auto note = [&](const std::string& model, const std::string& loss) {
    config.model = model;
    config.loss = loss;
    const Training run = Training::create(config, path(model + loss));
    return run.notes().empty() ? "" : run.notes().back();
  };
  EXPECT_EQ(note("dense(10) | softmax", "cross_entropy"),
            "the model ends in `softmax`, but `cross_entropy` expects unbounded scores: it applies softmax "
            "itself; let "
            "the model end in its last `dense`");
  EXPECT_TRUE(has(note("dense(10) | sigmoid", "cross_entropy | l2(1e-4)"), "ends in `sigmoid`"));
  EXPECT_EQ(note("dense(10)", "cross_entropy"), "");
  EXPECT_EQ(note("dense(9) | relu | dense(10)", "cross_entropy"), "");
  EXPECT_TRUE(has(note("dense(10)", "nll"), "ends in `dense`, but `nll` expects log-probabilities"));
}

TEST_F(RunTest, BalancedWeightsAreWrittenDownAsNumbers) {
  RunConfig config = small();
  config.loss = "cross_entropy(weight=balanced)";
  const Training run = Training::create(config, path("balanced"));
  EXPECT_TRUE(has(run.config().loss, "cross_entropy(weight=[")) << run.config().loss;
  EXPECT_EQ(read_config(path("balanced") / "config.toml").loss, run.config().loss);
}

// 0.999^46 = 0.955, and 0.96^36 = 0.230 of 46 updates but the first 10; from 0.95 on it is less than a tenth.
TEST_F(RunTest, AnAverageThatHasHardlyMovedIsTold) {
  RunConfig config = small();
  const auto note = [&](const std::string& average) {
    config.optimizer = "adam | lr(1e-2) | " + average;
    const Training run = Training::create(config, path(average));
    return run.notes().empty() ? "" : run.notes().back();
  };
  EXPECT_TRUE(has(note("average"),
                  "after 46 updates is still 96 % the weights that it began with: average(ramp=true)"));
  EXPECT_TRUE(has(note("average(decay=0.96, start=10)"), "still 23 %"));
  EXPECT_TRUE(has(note("average(every=2)"), "still 98 %"));
  for (const char* quick : {"average(decay=0.95)", "average(ramp=true)", "average(form=mean)",
                            "average(start=46, form=mean)", "average(start=46)"})
    EXPECT_EQ(note(quick), "") << quick;
}

TEST_F(RunTest, DescribesItselfAsJson) {
  RunConfig config = small();
  config.model = "dense(10) | softmax";
  const auto json = nlohmann::json::parse(Training::describe(config, true));
  EXPECT_EQ(json["data"]["training"], 1438);
  EXPECT_EQ(json["data"]["held_out"], 359);
  EXPECT_EQ(json["data"]["inputs"], nlohmann::json({64}));
  EXPECT_EQ(json["data"]["classes"], 10);
  EXPECT_EQ(json["model"]["layers"].size(), 2u);
  EXPECT_EQ(json["model"]["layers"][0]["parameters"], 650);
  EXPECT_EQ(json["model"]["parameters"], 650);
  EXPECT_EQ(json["epochs"], 2);
  EXPECT_EQ(json["updates"], 46);
  EXPECT_EQ(json["memory"]["parameters"], 2600);
  EXPECT_EQ(json["memory"]["optimizer_state"], 5200);
  EXPECT_TRUE(json["plan"].is_object());
  EXPECT_EQ(json["notes"].size(), 1u);
  EXPECT_TRUE(has(Training::describe(config), "notes      the model ends in `softmax`"));
  EXPECT_FALSE(fs::exists(path()));
}

#if !defined(THALWEG_SANITIZED)  // which take memory of their own
TEST_F(RunTest, FitsIntoTheMemoryThatItIsGiven) {
  RunConfig config = small();
  config.model = "repeat(24, dense(256) | tanh) | dense(10)";
  config.batch = 1024;
  const auto bytes = [&](const char* part) {
    return nlohmann::json::parse(Training::describe(config, true))["memory"][part].get<std::uint64_t>();
  };
  const std::uint64_t activations = bytes("activations");
  config.machine.memory = bytes("together") - activations / 4;
  const Training fitted = Training::create(config, path());
  ASSERT_TRUE(fitted.config().machine.checkpoint && fitted.config().machine.chunk);
  EXPECT_GT(*fitted.config().machine.checkpoint, 1u);
  EXPECT_EQ(*fitted.config().machine.chunk, 1024u) << "recomputation is enough";
  config.machine = fitted.config().machine;
  EXPECT_LT(bytes("activations"), activations * 3 / 4);
  config.machine = {.memory = 1 << 20};
  EXPECT_TRUE(has(error_of(Code::resource, [&] { Training::describe(config); }), "the run does not fit"));
}
#endif

TEST_F(RunTest, DescribesItselfWithoutWriting) {
  const std::string text = Training::describe(small());
  for (const char* part :
       {"1438 training samples, 359 held out, inputs 64, 10 classes", "dense(10)", "650",
        "2 epochs of 23 updates of 64 samples: 46 updates", "optimizer state", "activations", "together"}) {
    EXPECT_TRUE(has(text, part)) << part << " in\n" << text;
  }
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(RunTest, PredictsEveryRowAsItEvaluates) {
  Training run = Training::create(small(), path());
  advance(run, UINT64_MAX);
  run.finish();
  const RunPredictions all = predict_run(path());
  EXPECT_EQ(all.rows, 1797u);
  EXPECT_EQ(all.updates, 46u);
  ASSERT_EQ(all.names.size(), 10u);
  ASSERT_EQ(all.numbers.size(), 17970u);
  EXPECT_TRUE(all.classes && all.probabilities);
  const Dataset data = load_dataset("digits", 1);
  std::size_t right = 0;
  for (std::size_t i = 0; i < data.test.size(); ++i) {
    right += all.best[data.test.rows[i]] == static_cast<std::uint32_t>(data.test.labels[i]);
  }
  EXPECT_EQ(static_cast<double>(right) / 359, evaluate_run(path()).test.accuracy);
  for (std::size_t row = 0; row < all.rows; ++row) {
    const auto numbers = std::span(all.numbers).subspan(row * 10, 10);
    EXPECT_NEAR(std::accumulate(numbers.begin(), numbers.end(), 0.0), 1, 1e-5);
    EXPECT_EQ(*std::ranges::max_element(numbers), numbers[all.best[row]]);
  }
}

TEST_F(RunTest, DivergenceThrowsAndLeavesNoCheckpointOfIt) {
  RunConfig config = small();
  config.model = "dense(16) | relu | dense(10)";
  config.optimizer = "sgd(lr=1e30)";
  Training run = Training::create(config, path());
  EXPECT_TRUE(has(error_of(Code::diverged, [&] { advance(run, 46); }), "the loss is not finite"));
  EXPECT_TRUE(checkpoints().empty());
  const std::string metrics = read_text_file(path() / "metrics.jsonl");  // whoever looks later is told
  EXPECT_TRUE(metrics.ends_with("\"loss\": null, \"lr\": null, \"grad_norm\": null}\n")) << metrics;
}

TEST_F(RunTest, WhatIsNoRunIsRefused) {
  EXPECT_TRUE(has(error_of(Code::data, [&] { Training::resume(path()); }), "not a run directory"));
  EXPECT_TRUE(has(error_of(Code::data, [&] { evaluate_run(path()); }), "not a run directory"));
  fs::create_directories(path() / "checkpoints");  // as of a create() that was killed
  EXPECT_TRUE(has(error_of(Code::data, [&] { Training::resume(path()); }), "start it again"));
}

TEST_F(RunTest, EvaluationOnOtherShapesNamesThem) {
  Training run = Training::create(small(), path());
  run.save();
  try {
    evaluate_run(path(), "idx(\"" THALWEG_TESTS "/data/mnist-small\")");
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_TRUE(has(error.what(), "784")) << error.what();
  }
}

}  // namespace
}  // namespace thalweg
