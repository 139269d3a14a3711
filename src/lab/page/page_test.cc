#include "thalweg/lab/page.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "draw/chart.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

class Page : public ::testing::Test {
 protected:
  void SetUp() override {
    const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
    run_ = std::filesystem::path(::testing::TempDir()) / (std::string("thalweg_page_") + test->name());
    std::filesystem::remove_all(run_);
    make_folder(run_);
    put("config.toml", "batch = 64\n");
    put("metrics.jsonl", "");
  }
  void TearDown() override { std::filesystem::remove_all(run_); }

  // What is left when the library's own script, to the letter, is taken out.
  static std::string without_scripts(std::string html) {
    const std::string script = "<script>" + std::string(page::kChartJs.text) + "</script>\n";
    const std::size_t at = html.find(script);
    return at == std::string::npos ? html : html.erase(at, script.size());
  }

  void put(const std::string& name, const std::string& text) { replace_file(run_ / name, text); }

  // The page, after the checks that every page must pass.
  std::string write() {
    write_page(run_);
    std::string html = read_text_file(run_ / "report.html");
    const std::string still = without_scripts(html);
    for (const char* word :
         {"http://", "https://", "<script", " src=\"http", "url(", "NaN", "nan\"", "inf\""}) {
      EXPECT_EQ(still.find(word), std::string::npos) << word;
    }
    for (const char* word : {"<main>", "</html>", "<h1>", "lang=\"en\""}) {
      EXPECT_NE(html.find(word), std::string::npos) << word;
    }
    return html;
  }

  std::filesystem::path run_;
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string update_line(int update, int epoch, const std::string& loss) {
  return fmt::format(R"({{"update": {}, "epoch": {}, "loss": {}, "lr": 0.001, "grad_norm": {}}})", update,
                     epoch, loss, loss) +
         "\n";
}

std::string epoch_line(int update, int epoch, const std::string& test) {
  return fmt::format(R"({{"update": {}, "epoch": {}, "train_loss": {}, "test": {}, "seconds": 0.2}})", update,
                     epoch, 1.0 / epoch, test) +
         "\n";
}

std::string long_run(int epochs, int per_epoch) {
  std::string text;
  for (int update = 1; update <= epochs * per_epoch; ++update) {
    const double loss = 2.3 * std::exp(-update / 300.0) * (1 + 0.3 * std::sin(update * 12.9898));
    text += update_line(update, (update - 1) / per_epoch, fmt::format("{}", loss));
    if (update % per_epoch != 0) continue;
    const int epoch = update / per_epoch;
    text +=
        epoch_line(update, epoch, fmt::format(R"({{"loss": {}, "accuracy": {}}})", loss, 1 - 0.5 / epoch));
  }
  return text;
}

TEST_F(Page, OfAWholeRun) {
  put("metrics.jsonl", long_run(30, 23));
  put("plan.txt", "phase 1: adam\n");
  put("result.json", R"json({"schema": 1, "run": "first", "data": "digits", "model": "dense(10)",
      "optimizer": "adamw(lr=1e-3)", "parameters": 9610, "state_bytes": 76880, "batch": 64, "epochs": 30,
      "updates": 690, "seed": 1, "threads": 2, "seconds": 1.43, "samples_per_second": 30190,
      "train": {"loss": 0.03, "accuracy": 0.9986}, "test": {"loss": 0.1, "accuracy": 0.9722}})json");
  const std::string html = write();
  for (const char* words :
       {"<title>97.2% of held-out examples classified correctly \u2013 first \u2013 Thalweg</title>",
        ">Held-out accuracy<", ">Held-out loss<", ">Training loss<", ">690<", "75.1 KiB", "9,610", "30,190",
        "1.43 s", "<h3>Loss</h3>", "<h3>Held-out accuracy</h3>", "<h3>Learning rate</h3>",
        "<h3>Gradient norm</h3>", "phase 1: adam", "batch = 64", "Batches of 64, seed 1, 2 threads.",
        "16 of 30 epochs"}) {
    EXPECT_TRUE(has(html, words)) << words;
  }
  EXPECT_LT(html.size(), 300u << 10);
}

TEST_F(Page, IsTheSameForTheSameRun) {
  put("metrics.jsonl", long_run(3, 5));
  EXPECT_EQ(write(), write());
}

TEST_F(Page, OfTwoThousandUpdatesIsSmall) {
  put("metrics.jsonl", long_run(500, 4));
  EXPECT_LT(write().size(), 300u << 10);
}

TEST_F(Page, OfARunWithoutUpdates) {
  const std::string html = write();
  EXPECT_TRUE(has(html, "<h1>No updates yet</h1>"));
  EXPECT_FALSE(has(html, "<figure>"));
}

TEST_F(Page, OfARunWithOneUpdate) {
  put("metrics.jsonl", update_line(1, 0, "2.3"));
  const std::string html = write();
  EXPECT_TRUE(has(html, "<h1>Training loss 2.300 after 1 update</h1>"));
  EXPECT_TRUE(has(html, "In progress or interrupted"));
  EXPECT_TRUE(has(html, "class=\"mark\""));
}

TEST_F(Page, OfARegression) {
  put("metrics.jsonl", update_line(1, 0, "2") + epoch_line(1, 1, R"({"loss": 0.25, "accuracy": null})"));
  const std::string html = write();
  EXPECT_TRUE(has(html, "Held-out</span> loss 0.2500 after 1 epoch</h1>"));
  EXPECT_FALSE(has(html, "accuracy"));
  put("metrics.jsonl", update_line(1, 0, "2") +
                           epoch_line(1, 1, R"({"loss": 0.25, "accuracy": null, "r2": 0.75, "mae": 1.5})"));
  const std::string with_r2 = write();
  EXPECT_TRUE(has(with_r2, "Held-out</span> R\u00b2 0.7500 after 1 epoch</h1>"));
  EXPECT_TRUE(has(with_r2, "mean absolute error 1.500"));
  put("metrics.jsonl",
      epoch_line(1, 1, R"({"loss": 0.25, "r2": 0.75, "mae": 1.5, "rmse": 2, "baseline": 4})"));
  EXPECT_TRUE(has(write(), "always the mean: 4.000"));
}

TEST_F(Page, AnAccuracyStandsBesideItsBaseline) {
  const std::string metrics = R"("balanced_accuracy": 0.5, "baseline": )";
  put("metrics.jsonl", epoch_line(1, 1, R"({"loss": 0.2, "accuracy": 0.6, )" + metrics + "0.55}"));
  EXPECT_TRUE(
      has(write(),
          "60.0% of held-out examples classified correctly after 1 epoch; the commonest class has 55.0%"));
  put("metrics.jsonl", epoch_line(1, 1, R"({"loss": 0.2, "accuracy": 0.956, )" + metrics + "0.956}"));
  const std::string rare = write();
  EXPECT_TRUE(
      has(rare,
          "Balanced accuracy 50.0%: 95.6% of held-out examples classified correctly after 1 epoch; the "
          "commonest class has 95.6%"));
  put("config.toml", "batch = 64\nmonitor = \"auc\"\n");
  put("result.json",
      R"({"schema": 1, "weights": "last", "test": {"loss": 0.2, "accuracy": 0.956, )" + metrics +
          R"(0.956, "log_loss": 0.19, "precision": {"no": 0.956, "<yes>": null, "macro": 0.956},
                         "auc": {"no": 0.7, "<yes>": 0.7, "macro": 0.7}}})");
  const std::string html = write();
  EXPECT_TRUE(has(html, "AUC 0.7000: 95.6% of held-out examples"));
  EXPECT_TRUE(has(html, "<h2>Metrics by class</h2>") || has(html, "Metrics by class")) << html;
  EXPECT_TRUE(has(html, "&lt;yes&gt;</th><td>\u2013</td>")) << html;
  EXPECT_TRUE(has(html, "Log loss 0.1900."));
}

// Accuracy and loss are best at different epochs, and the last epoch is neither.
TEST_F(Page, TheEpochInBoldIsWhoseWeightsTheTrainingGives) {
  put("metrics.jsonl", epoch_line(1, 1, R"({"loss": 0.2, "accuracy": 0.5})") +
                           epoch_line(2, 2, R"({"loss": 0.3, "accuracy": 0.75})") +
                           epoch_line(3, 3, R"({"loss": 0.4, "accuracy": 0.625})"));
  const auto bold = [](const std::string& html, int epoch) {
    return has(html, fmt::format("<tr class=\"best\"><th scope=\"row\">{}</th>", epoch));
  };
  const std::string last = write();
  EXPECT_TRUE(bold(last, 3) && has(last, "in bold the one whose weights the training gives, the last"));
  EXPECT_TRUE(has(last, "highest 75.0% at epoch 2"));
  put("config.toml", "batch = 64\nrestore-best = true\n");
  const std::string so_far = write();
  EXPECT_TRUE(bold(so_far, 1) && has(so_far, "the one whose weights the training gives, the best"));
  const std::string result = R"({"schema": 1, "best": {"epoch": 2, "update": 2, "loss": 0.3}, "weights": )";
  put("result.json", result + "\"best\"}");
  EXPECT_TRUE(bold(write(), 2));
  put("result.json", result + "\"last\"}");
  EXPECT_TRUE(bold(write(), 3));
}

TEST_F(Page, OfARegressionWithoutR2) {
  put("metrics.jsonl", update_line(1, 0, "2") +
                           epoch_line(1, 1, R"({"loss": 0.25, "accuracy": null, "r2": null, "mae": 1.5})"));
  const std::string html = write();
  EXPECT_TRUE(has(html, "<dd>undefined</dd>"));
  EXPECT_TRUE(has(html, "the targets do not vary; mean absolute error 1.500"));
  EXPECT_FALSE(has(html, "iverged"));
}

TEST_F(Page, OfARunWithNothingHeldOut) {
  put("metrics.jsonl", update_line(1, 0, "2") + epoch_line(1, 1, "null") + epoch_line(2, 2, "null"));
  const std::string html = write();
  EXPECT_TRUE(has(html, "Training loss 0.5000 after 2 epochs, nothing held out"));
  EXPECT_FALSE(has(html, "Held-out"));
}

TEST_F(Page, OfARunThatDiverged) {
  put("metrics.jsonl", update_line(1, 0, "2") + update_line(2, 0, "null") + update_line(3, 0, "null"));
  const std::string html = write();
  EXPECT_TRUE(has(html, "<h1>Diverged: the loss is not finite</h1>"));
  EXPECT_TRUE(has(html, "not finite at 2 of 3 recorded updates, first at update 2"));
}

TEST_F(Page, OfHugeNumbers) {
  put("metrics.jsonl", update_line(1, 0, "1.7e308") + update_line(2, 0, "-1.7e308") +
                           update_line(3, 0, "1e300") + update_line(2000000000, 0, "4e-320") +
                           epoch_line(2000000000, 1, R"({"loss": 1e308, "accuracy": 1e308})"));
  put("result.json",
      R"({"schema": 1, "parameters": 1e308, "seconds": 1e308, "state_bytes": 1e308, "updates": 1e308,
                         "epochs": 1e308, "seed": 1e308, "threads": 1e308, "batch": -1e308,
                         "samples_per_second": 1e308})");
  EXPECT_LT(write().size(), 100000u);
}

constexpr const char* kDetail =
    R"({"update": 1, "seconds": {"data": 0.001, "forward": 0.002, "backward": 0.003, "update": 0.004},
 "parameters": [{"name": "dense1.weight", "size": 8, "value_norm": 2, "update_norm": 0.5, "grad_norm": 1,
 "values": {"from": -3, "zeros": 0, "counts": [2, 6]}, "updates": {"from": -9, "zeros": 0, "counts": [8]}}]})";

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text + "\n";
}

TEST_F(Page, ShowsLayersAndTheTimeOfAStep) {
  put("metrics.jsonl", long_run(2, 5));
  put("details.jsonl", one_line(kDetail) + "{\"torn");
  const std::string html = write();
  for (const char* words :
       {"<h3>Update ratio</h3>", "dense1.weight: 0.2500 at update 1", "dense1.weight: updates",
        "class=\"heat h5\"", "Where the time goes", ">10.0%<", ">40.0%<"}) {
    EXPECT_TRUE(has(html, words)) << words;
  }
}

TEST_F(Page, ShowsWhatItGetsWrongAndWhereItRan) {
  put("examples.json",
      R"({"schema": 1, "classes": ["<a>", "b"], "confusion": [[7, 3], [0, 5]], "features": [],
      "image": [1, 5, 5], "worst": [{"row": 17, "truth": "<a>", "prediction": "b", "probability": 0.9, "inputs":
      [0,0,0,0,0,1,1,1,1,1,0,0,0,0,0,1,1,1,1,1,0,0,0,0,0]}]})");
  put("environment.json", R"({"schema": 1, "processor": "one <fast>", "threads": 2})");
  const std::string html = write();
  for (const char* words :
       {"<td class=\"right c3\">7</td>", "<td class=\"wrong c2\">3</td>", "<td class=\"wrong c0\"></td>",
        "alt=\"row 17: &lt;a&gt; classified as b, 90.0%\"", "src=\"data:image/bmp;base64,Qk2G",
        "one &lt;fast&gt;"}) {
    EXPECT_TRUE(has(html, words)) << words;
  }
}

// Numbers by mean + scale * input, words by the one input that is 1.
TEST_F(Page, ShowsTheRowsOfATable) {
  put("examples.json",
      R"({"schema": 1, "classes": ["a", "b"], "features": ["size", "town=Bonn", "town=Ulm"], "image": [],
      "worst": [{"row": 17, "truth": "a", "prediction": "b", "probability": 0.9, "inputs": [-0.490000010, 0, 1]}]})");
  EXPECT_TRUE(has(write(), "<td>\u22120.490</td>") && has(write(), "Inputs as the model sees them."));
  put("encoding.json", R"({"schema": 1, "kind": "table", "columns": [
      {"name": "size", "kind": "numeric", "mean": 75, "scale": 10, "fill": 75},
      {"name": "town", "kind": "categorical", "levels": ["Bonn", "Ulm"]}]})");
  const std::string html = write();
  for (const char* words :
       {"Rows as they stand in the source.", "<th scope=\"col\">town</th>", "<td>70.1</td>", "<td>Ulm</td>"})
    EXPECT_TRUE(has(html, words)) << words;
}

// The bitmap is that of Python's struct.pack, from the file format as published.
TEST_F(Page, PicturesHaveTheShapeAndColoursOfTheirData) {
  const auto examples = [&](const char* image) {
    put("examples.json", std::string(R"({"schema": 1, "classes": ["a", "b"], "features": [], "image": )") +
                             image + R"(, "worst": [{"row": 1, "truth": "a", "prediction": "b",
      "probability": 0.9, "inputs": [0,1,2,3,4,5, 5,4,3,2,1,0, 0,0,5,5,0,0]}]})");
    return write();
  };
  EXPECT_TRUE(has(
      examples("[3, 2, 3]"),
      "width=\"3\" height=\"2\" src=\"data:image/bmp;base64,Qk1OAAAAAAAAADYAAAAoAAAAAwAAAAIAAAABABgAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAA/2aZADPMAAD/AAAAAP8AAMwz/5lmAAAA\""));
  EXPECT_TRUE(has(examples("[1, 3, 6]"), "width=\"6\" height=\"3\""));
  for (const char* none : {"[]", "[18]", "[2, 3, 3]", "[1, 1, 18]"})
    EXPECT_FALSE(has(examples(none), "<img")) << none;
}

// numpy: mean and std(ddof=1) of 0.9, 0.8 and 0.94 are 0.88 and 0.0721.
TEST_F(Page, OfSeedsAloneTellsTheMean) {
  std::vector<std::filesystem::path> runs;
  const auto add = [&](const char* name, const char* accuracy, const std::string& config) {
    runs.push_back(run_ / name);
    make_folder(runs.back());
    replace_file(runs.back() / "config.toml", config);
    replace_file(runs.back() / "metrics.jsonl", long_run(3, 5));
    replace_file(runs.back() / "result.json",
                 std::string(R"({"schema": 1, "train": {"loss": 1}, "test": {"loss": 1, "accuracy": )") +
                     accuracy + R"(, "balanced_accuracy": 0.5, "baseline": 0.6}})");
  };
  add("s1", "0.9", "batch = 32\nseed = 1\n");
  add("s2", "0.8", "batch = 32\nseed = 2\nname = \"second\"\n");
  add("s3", "0.94", "batch = 32\nseed = 3\n");
  const auto page = [&] {
    write_page(runs, run_ / "all.html");
    return read_text_file(run_ / "all.html");
  };
  EXPECT_TRUE(has(page(), "3 seeds: accuracy 88.0% \u00b1 7.2%; the commonest class has 60.0%"));
  add("s4", "0.95", "batch = 64\nseed = 3\n");
  EXPECT_TRUE(has(page(), "s4 does best: 95.0%; the commonest class has 60.0%"));
}

TEST_F(Page, MalformedPartsAreNamed) {
  for (const char* name : {"details.jsonl", "examples.json", "environment.json"}) {
    put(name, "{\"update\": []}\n[\n");
    try {
      write_page(run_);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_TRUE(has(error.what(), name)) << error.what();
    }
    std::filesystem::remove(run_ / name);
  }
}

TEST_F(Page, OfSeveralRuns) {
  put("metrics.jsonl", long_run(3, 5));
  const std::filesystem::path other = run_ / "other";
  make_folder(other);
  replace_file(other / "config.toml", "batch = 32\nseed = 1\n");
  replace_file(other / "metrics.jsonl", long_run(4, 5));
  write_page({run_, other}, run_ / "both.html");
  const std::string html = read_text_file(run_ / "both.html");
  for (const char* words :
       {"2 training runs", "other does best: 87.5%", "Settings that differ between the runs", "<td>32</td>",
        "data-name=\"other\"", "class=\"line s1\""}) {
    EXPECT_TRUE(has(html, words)) << words;
  }
  EXPECT_THROW(write_page(std::vector<std::filesystem::path>{run_}, run_ / "x.html"), Error);
  // Samples are known of runs that have ended; these have not.
  for (const char* words : {">epochs</label>", ">seconds</label>", ">updates</label>"})
    EXPECT_TRUE(has(html, words)) << words;
  EXPECT_FALSE(has(html, ">samples</label>"));

  // A name says which one it is; one that two have, with the folder behind it.
  put("config.toml", "batch = 64\nname = \"slow & sure\"\n");
  write_page({run_, other}, run_ / "both.html");
  EXPECT_TRUE(has(read_text_file(run_ / "both.html"), "data-name=\"slow &amp; sure\""));
  replace_file(other / "config.toml", "name = \"slow & sure\"\n");
  write_page({run_, other}, run_ / "both.html");
  EXPECT_TRUE(has(read_text_file(run_ / "both.html"), "data-name=\"slow &amp; sure (other)\""));
  EXPECT_TRUE(has(write(), "training run slow &amp; sure"));
}

// One sample at a time makes 100 updates an epoch where all at once make one: over epochs both are as long.
TEST_F(Page, RunsOfDifferentBatchesAreAsLongOverEpochs) {
  const auto result = [](int updates) {
    return fmt::format(R"({{"schema": 1, "batch": 1, "updates": {}, "samples_seen": 300}})", updates);
  };
  put("metrics.jsonl", long_run(3, 100));
  put("result.json", result(300));
  const std::filesystem::path other = run_ / "full";
  make_folder(other);
  replace_file(other / "config.toml", "batch = \"full\"\n");
  replace_file(other / "metrics.jsonl", long_run(3, 1));
  replace_file(other / "result.json", result(3));
  write_page({run_, other}, run_ / "both.html");
  const std::string html = read_text_file(run_ / "both.html");
  const auto title_of = [&](const char* id) {
    const std::size_t at = html.find("<desc id=\"" + std::string(id) + "-desc\">");
    return at == std::string::npos ? "" : html.substr(at, html.find("</desc>", at) - at);
  };
  for (const auto& [id, end] : {std::pair{"train-loss-by-epochs", "at epoch 3.000"},
                                {"train-loss-by-samples", "at samples seen 300"},
                                {"train-loss-by-seconds", "at seconds of training 0.2000"}}) {
    const std::string said = title_of(id);
    const std::size_t second = said.find("full: ");
    ASSERT_NE(second, std::string::npos) << said;
    EXPECT_TRUE(has(said.substr(0, second), end) && has(said.substr(second), end)) << said;
  }
  EXPECT_TRUE(has(title_of("train-loss-by-updates"), "at update 300"));
}

TEST_F(Page, EscapesHostileText) {
  const std::string hostile = "</pre><script>alert(1)</script>\"'\xff";
  put("config.toml", hostile);
  put("plan.txt", hostile);
  put("result.json",
      R"({"schema": 1, "run": "</title><script>", "model": "<script>", "data": "</code><script>",
          "optimizer": "<script>"})");
  const std::string html = write();
  EXPECT_TRUE(has(html, "&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;"));
}

TEST_F(Page, MalformedMetricsLeaveTheOldPage) {
  put("metrics.jsonl", update_line(1, 0, "2.3"));
  const std::string before = write();
  put("metrics.jsonl", "{}\n");
  EXPECT_THROW(write_page(run_), Error);
  EXPECT_EQ(read_text_file(run_ / "report.html"), before);
}

}  // namespace
}  // namespace thalweg
