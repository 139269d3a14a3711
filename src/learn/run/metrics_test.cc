#include "run/metrics.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "data/test_files.h"
#include "run/result.h"

namespace thalweg {
namespace {

using Json = nlohmann::json;

class Metrics : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "metrics.jsonl"; }
  std::string text() const { return read_text_file(path()); }
  void put(const std::string& text) const { replace_file(path(), text); }

  // The updates that lines tell about in a run of `total` updates.
  std::vector<std::uint64_t> updates_kept(std::uint64_t total) const {
    std::filesystem::remove(path());
    {
      MetricsFile file(path(), total, total);
      for (std::uint64_t k = 1; k <= total; ++k) file.update({.update = k, .lr = 0.1, .grad_norm = 2});
    }
    std::vector<std::uint64_t> kept;
    std::istringstream in(text());
    for (std::string line; std::getline(in, line);) kept.push_back(Json::parse(line).at("update"));
    return kept;
  }

 private:
  TestFolder folder_;
};

std::string update_line(int update) { return "{\"update\": " + std::to_string(update) + ", \"loss\": 1}\n"; }
std::string epoch_line(int update, const std::string& seconds) {
  return "{\"update\": " + std::to_string(update) + ", \"train_loss\": 1, \"seconds\": " + seconds + "}\n";
}

TEST_F(Metrics, LinesAreJsonWithTheirFields) {
  {
    MetricsFile file(path(), 10, 5);
    file.update({.update = 1, .lr = 0.25, .grad_norm = 2, .epoch = 0, .loss = 1.5});
    file.epoch({.update = 1,
                .epoch = 1,
                .train_loss = 1.5,
                .test = Evaluation{4, 0.5, 0.75},
                .seconds = 3,
                .monitored = 0.25});
    file.epoch({.update = 2, .epoch = 2, .train_loss = 1, .test = std::nullopt, .seconds = 4});
  }
  EXPECT_EQ(
      text(),
      "{\"update\": 1, \"epoch\": 0, \"loss\": 1.5, \"lr\": 0.25, \"grad_norm\": 2}\n"
      "{\"update\": 1, \"epoch\": 1, \"train_loss\": 1.5, \"test\": {\"loss\": 0.5, \"accuracy\": 0.75, "
      "\"balanced_accuracy\": null, \"baseline\": null}, \"monitored\": 0.25, \"seconds\": 3}\n"
      "{\"update\": 2, \"epoch\": 2, \"train_loss\": 1, \"test\": null, \"seconds\": 4}\n");
}

TEST_F(Metrics, WhatIsNoNumberIsNull) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(
      evaluation_json({.samples = 3, .loss = 0.25, .r2 = nan, .mae = 0.5}),
      "{\"loss\": 0.25, \"accuracy\": null, \"r2\": null, \"mae\": 0.5, \"rmse\": null, \"baseline\": null}");
  { MetricsFile(path(), 1, 1).update({.update = 1, .grad_norm = nan}); }
  EXPECT_TRUE(Json::parse(text()).at("grad_norm").is_null());
}

TEST_F(Metrics, EveryUpdateIsKeptUpToTheMost) {
  for (const std::uint64_t total : {std::uint64_t{1}, std::uint64_t{7}, MetricsFile::kMostLines}) {
    EXPECT_EQ(updates_kept(total).size(), total);
  }
}

TEST_F(Metrics, LongerRunsAreThinnedByAFixedStride) {
  for (const std::uint64_t total : {2001, 3999, 4000, 4001, 9999}) {
    const std::vector<std::uint64_t> kept = updates_kept(total);
    ASSERT_GT(kept.size(), 1000u) << total;
    EXPECT_LE(kept.size(), MetricsFile::kMostLines) << total;
    EXPECT_EQ(kept.front(), 1u);
    const std::uint64_t stride = kept[1] - kept[0];
    for (std::size_t i = 1; i < kept.size(); ++i) ASSERT_EQ(kept[i] - kept[i - 1], stride) << total;
    EXPECT_GT(kept.back() + stride, total);
  }
}

TEST_F(Metrics, OpeningAgainAppends) {
  { MetricsFile(path(), 5, 5).update({.update = 1}); }
  const std::string first = text();
  MetricsFile file(path(), 5, 5);
  MetricsFile moved(std::move(file));
  moved.update({.update = 2});
  EXPECT_TRUE(text().starts_with(first));
  EXPECT_GT(text().size(), first.size());
}

TEST_F(Metrics, AFileThatCannotBeMadeIsNamed) {
  const std::string message = error_of(Code::resource, [&] { MetricsFile(path() / "no" / "where", 5, 5); });
  EXPECT_NE(message.find("where"), std::string::npos) << message;
}

TEST_F(Metrics, AFullDiskIsAnErrorOfResourcesAndLeavesNoHalfLine) {
  put(update_line(1));
  MetricsFile file(path(), 5, 5);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit few{text().size() + 10, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &few);
  error_of(Code::resource, [&] { file.update({.update = 2}); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(text(), update_line(1));
  file.update({.update = 2});
  EXPECT_TRUE(text().starts_with(update_line(1) + "{\"update\": 2"));
}

TEST_F(Metrics, ADeviceIsNoFileOfARun) {
  error_of(Code::data, [&] { MetricsFile("/dev/null", 5, 5); });
}

// However many epochs there are; the last one has a line.
TEST_F(Metrics, EpochsAreThinnedLikeUpdates) {
  for (const std::uint64_t epochs : {1, 7, 2000, 2001, 10'001}) {
    std::filesystem::remove(path());
    {
      MetricsFile file(path(), 3 * epochs, 3);
      for (std::uint64_t k = 1; k <= epochs; ++k)
        file.epoch({.update = 3 * k, .epoch = k, .test = {}, .seconds = 0.5});
    }
    std::vector<std::uint64_t> kept;
    std::istringstream in(text());
    for (std::string line; std::getline(in, line);) kept.push_back(Json::parse(line).at("epoch"));
    EXPECT_LE(kept.size(), MetricsFile::kMostLines + 1) << epochs;
    EXPECT_GE(kept.size(), std::min<std::uint64_t>(epochs, MetricsFile::kMostLines / 2)) << epochs;
    EXPECT_EQ(kept.back(), epochs);
    if (epochs <= MetricsFile::kMostLines) {
      EXPECT_EQ(kept.size(), epochs);
    }
  }
}

TEST_F(Metrics, CuttingRemovesWhatCameAfter) {
  const std::string before = update_line(1) + update_line(2) + epoch_line(2, "0.5");
  put(before + update_line(3) + update_line(4) + epoch_line(4, "1.5"));
  EXPECT_EQ(cut_metrics(path(), 3), 0.5);
  EXPECT_EQ(text(), before + update_line(3));
  EXPECT_EQ(cut_metrics(path(), 0), 0);
  EXPECT_EQ(text(), "");
}

TEST_F(Metrics, CuttingLeavesAWholeFileAlone) {
  put(update_line(1) + epoch_line(1, "0.5") + update_line(2) + epoch_line(2, "1.25"));
  const auto changed = std::filesystem::last_write_time(path());
  EXPECT_EQ(cut_metrics(path(), 2), 1.25);
  EXPECT_EQ(std::filesystem::last_write_time(path()), changed);
}

TEST_F(Metrics, ATornLastLineIsDropped) {
  for (const std::string torn : {"{", "{\"update\": 2, \"lo", "{\"update\": 2}"}) {
    put(update_line(1) + torn);
    EXPECT_EQ(cut_metrics(path(), 9), 0);
    EXPECT_EQ(text(), update_line(1)) << torn;
  }
}

TEST_F(Metrics, AMalformedLineInTheMiddleIsAnError) {
  for (const std::string bad :
       {"nonsense", "[1]", "{}", "{\"update\": -1}", "{\"update\": \"1\"}", "", "null"}) {
    const std::string whole = update_line(1) + bad + "\n" + update_line(2);
    put(whole);
    const std::string message = error_of(Code::data, [&] { cut_metrics(path(), 9); });
    EXPECT_NE(message.find("metrics.jsonl: a line is not a metric"), std::string::npos) << message;
    EXPECT_EQ(text(), whole);
  }
}

TEST_F(Metrics, AMissingFileHasNoSeconds) {
  EXPECT_EQ(cut_metrics(path(), 3), 0);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

}  // namespace
}  // namespace thalweg
