#include "page/run_data.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/file.h"
#include "thalweg/error.h"

namespace thalweg::page {
namespace {

constexpr std::string_view kUpdate =
    R"({"update": 12, "epoch": 0, "loss": 0.31, "lr": 0.0012, "grad_norm": 1.4})";
constexpr std::string_view kEpoch = R"({"update": 23, "epoch": 1, "train_loss": 0.4, "seconds": 0.2, )"
                                    R"("test": {"loss": 0.35, "accuracy": 0.91}})";

class RunDirectory : public ::testing::Test {
 protected:
  void SetUp() override {
    const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
    run_ = std::filesystem::path(::testing::TempDir()) / (std::string("thalweg_run_data_") + test->name());
    std::filesystem::remove_all(run_);
    make_folder(run_);
  }
  void TearDown() override { std::filesystem::remove_all(run_); }

  void put(const std::string& name, const std::string& text) { replace_file(run_ / name, text); }

  RunData with_metrics(const std::string& text) {
    put("metrics.jsonl", text);
    return read_run(run_);
  }

  // What reading says against this run; empty when nothing.
  std::string complaint() {
    try {
      read_run(run_);
      return {};
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::data);
      return error.what();
    }
  }

  std::string complaint_of_metrics(const std::string& text) {
    put("metrics.jsonl", text);
    return complaint();
  }

  std::filesystem::path run_;
};

std::string lines(std::initializer_list<std::string_view> all) {
  std::string text;
  for (const std::string_view line : all) text += std::string(line) + "\n";
  return text;
}

std::string update_line(int update, double loss) {
  return R"({"update": )" + std::to_string(update) + R"(, "epoch": 0, "loss": )" + std::to_string(loss) + "}";
}

TEST_F(RunDirectory, ReadsBothKindsOfLines) {
  const RunData data = with_metrics(lines({kUpdate, kEpoch}));
  ASSERT_EQ(data.updates.size(), 1u);
  EXPECT_EQ(data.updates[0].update, 12);
  EXPECT_EQ(data.updates[0].loss, 0.31);
  EXPECT_EQ(data.updates[0].grad_norm, 1.4);
  ASSERT_EQ(data.epochs.size(), 1u);
  EXPECT_EQ(data.epochs[0].epoch, 1);
  EXPECT_EQ(data.epochs[0].test.accuracy, 0.91);
  EXPECT_FALSE(data.result.there);
  EXPECT_EQ(data.name, "thalweg_run_data_ReadsBothKindsOfLines");
}

TEST_F(RunDirectory, NullsAreMissing) {
  const RunData data = with_metrics(
      lines({R"({"update": 1, "epoch": 0, "loss": null, "lr": 1, "grad_norm": null})",
             R"({"update": 1, "epoch": 1, "train_loss": null, "test": null, "seconds": 1})",
             R"({"update": 2, "epoch": 2, "train_loss": 1, "test": {"loss": 1, "accuracy": null}})"}));
  EXPECT_TRUE(std::isnan(data.updates[0].loss));
  EXPECT_TRUE(std::isnan(data.updates[0].grad_norm));
  EXPECT_TRUE(std::isnan(data.epochs[0].test.loss));
  EXPECT_EQ(data.epochs[1].test.loss, 1);
  EXPECT_TRUE(std::isnan(data.epochs[1].test.accuracy));
}

TEST_F(RunDirectory, ATornLastLineIsLeftOut) {
  const std::string text = lines({kUpdate}) + std::string(kEpoch);
  for (std::size_t kept = lines({kUpdate}).size(); kept < text.size(); ++kept) {
    const RunData data = with_metrics(text.substr(0, kept));
    EXPECT_EQ(data.updates.size(), 1u);
    EXPECT_TRUE(data.epochs.empty());
  }
  EXPECT_EQ(with_metrics(text).epochs.size(), 1u) << "a whole line without its end counts";
}

TEST_F(RunDirectory, AMalformedLineIsNamed) {
  const std::string message = complaint_of_metrics(lines({kUpdate, "", "{\"update\": 13, ", kEpoch}));
  EXPECT_NE(message.find("metrics.jsonl:3: is not JSON; got `{\"update\": 13, `"), std::string::npos)
      << message;
}

TEST_F(RunDirectory, WrongTypesAreNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"update": "x", "epoch": 0, "loss": 1})", "`update` is wrong; got `\"x\"`"},
      {R"({"update": 1.5, "epoch": 0, "loss": 1})", "`update` is wrong; got `1.5`"},
      {R"({"update": -1, "epoch": 0, "loss": 1})", "`update` is wrong; got `-1`"},
      {R"({"epoch": 0, "loss": 1})", "`update` is wrong; got `null`"},
      {R"({"update": 1, "epoch": 0, "loss": [1]})", "`loss` is wrong; got `[1]`"},
      {R"({"update": 1, "epoch": 1, "train_loss": 1, "test": 3})", "`test` is wrong; got `3`"},
      {R"({"update": 1})", "neither of an update nor of an epoch"},
      {R"([1])", "is not an object; got array"},
      {"{\"a\": \"\xff\"}", "is not JSON"},
      {R"({"update": 1, "epoch": 0, "loss": NaN})", "is not JSON"},
      {R"({"update": 1, "epoch": 0, "loss": 1e999})", "is not JSON"},
  };
  for (const auto& [line, words] : cases) {
    const std::string message = complaint_of_metrics(lines({line}));
    EXPECT_NE(message.find(words), std::string::npos) << message;
    EXPECT_NE(message.find("metrics.jsonl:1"), std::string::npos) << message;
  }
}

TEST_F(RunDirectory, DeepNestingIsNoTrouble) {
  EXPECT_NE(complaint_of_metrics(std::string(100000, '[') + std::string(100000, ']') + "\n"), "");
}

TEST_F(RunDirectory, LaterLinesOfAResumedRunCount) {
  const RunData data =
      with_metrics(lines({update_line(1, 5), update_line(2, 6), update_line(3, 7), update_line(2, 8)}));
  ASSERT_EQ(data.updates.size(), 2u);
  EXPECT_EQ(data.updates[1].update, 2);
  EXPECT_EQ(data.updates[1].loss, 8);
  const RunData epochs = with_metrics(lines({kEpoch, update_line(24, 1), kEpoch, update_line(20, 1)}));
  EXPECT_TRUE(epochs.epochs.empty());
}

TEST_F(RunDirectory, EmptyMetricsAreFine) {
  EXPECT_TRUE(with_metrics("").updates.empty());
  EXPECT_TRUE(with_metrics("\n\r\n").updates.empty());
}

TEST_F(RunDirectory, ReadsTheResult) {
  put("metrics.jsonl", "");
  put("plan.txt", "phase 1\n");
  put("result.json",
      R"json({"schema": 1, "run": "r", "model": "dense(10)", "parameters": 7850, "seconds": 1.5,
      "seed": 18446744073709551615,
      "train": {"loss": 0.1, "accuracy": 1}, "test": null})json");
  const RunData data = read_run(run_);
  EXPECT_TRUE(data.result.there);
  EXPECT_EQ(data.name, "r");
  EXPECT_EQ(data.result.parameters, 7850);
  EXPECT_EQ(data.result.train.loss, 0.1);
  EXPECT_TRUE(std::isnan(data.result.test.loss));
  EXPECT_EQ(data.result.seed, "18446744073709551615");
  EXPECT_TRUE(std::isnan(data.result.batch));
  EXPECT_EQ(data.plan, "phase 1\n");
}

TEST_F(RunDirectory, AMalformedResultIsNamed) {
  put("metrics.jsonl", "");
  const std::pair<const char*, const char*> cases[] = {
      {"{", "result.json: is not JSON"},
      {"[]", "result.json: is not an object"},
      {"{}", "result.json: has another schema; got none; want schema 1"},
      {R"({"schema": 2})", "result.json: has another schema; got 2; want schema 1"},
      {R"({"schema": 1, "model": 3})", "`model` is wrong; got `3`; want a string"},
      {R"({"schema": 1, "seconds": "3"})", "`seconds` is wrong"},
      {R"({"schema": 1, "test": {"loss": true}})", "`loss` is wrong; got `true`"}};
  for (const auto& [text, words] : cases) {
    put("result.json", text);
    EXPECT_NE(complaint().find(words), std::string::npos) << complaint();
  }
}

TEST_F(RunDirectory, AnotherFolderIsNoRun) {
  EXPECT_NE(complaint().find("is not a run directory"), std::string::npos);
  run_ /= "absent";
  EXPECT_NE(complaint().find("is not a run directory"), std::string::npos);
}

TEST_F(RunDirectory, AFolderInPlaceOfAFileIsAnError) {
  make_folder(run_ / "metrics.jsonl");
  EXPECT_NE(complaint(), "");
}

}  // namespace
}  // namespace thalweg::page
