// What docs/commands.md says of the lines that a folder keeps is what is written.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <set>

#include "base/file.h"
#include "base/test_folder.h"
#include "compare/folder.h"
#include "find/tune_folder.h"
#include "run/metrics.h"
#include "train/line_file.h"

namespace thalweg {
namespace {

using Keys = std::set<std::string>;

// The first cells of the table that begins with "| `file` | what |".
Keys documented(const std::string& file) {
  const std::string text = read_text_file(THALWEG_ROOT "/docs/commands.md");
  std::size_t at = text.find("| key of `" + file + "` | what |\n");
  EXPECT_NE(at, std::string::npos) << file;
  Keys keys;
  for (at = text.find("\n| `", at); at != std::string::npos && text.substr(at, 4) == "\n| `";
       at = text.find('\n', at + 1)) {
    // Several keys may share a row: | `loss`, `accuracy` | ... |
    const std::string cell = text.substr(at + 3, text.find(" | ", at + 3) - at - 3);
    for (std::size_t i = cell.find('`'); i != std::string::npos; i = cell.find('`', i)) {
      const std::size_t end = cell.find('`', i + 1);
      keys.insert(cell.substr(i + 1, end - i - 1));
      i = end + 1;
    }
  }
  return keys;
}

Keys keys_of(const std::vector<std::string>& lines) {
  Keys keys;
  for (const std::string& line : lines) {
    const nlohmann::json json = nlohmann::json::parse(line);
    for (const auto& [key, value] : json.items()) keys.insert(key);
  }
  return keys;
}

TEST(DocumentedLines, OfAComparison) {
  const ComparedTrial trial{.optimizer = "adam",
                            .name = "mine",
                            .epochs = {{1, 0.5, 0.25, 0.75}},
                            .baseline = 0.5,
                            .metrics = {{"accuracy", 0.75}}};
  EXPECT_EQ(
      trial_json(trial),
      R"({"name": "mine", "optimizer": "adam", "tuning": false, "factor": 1, "seed": 0, "diverged": false, )"
      R"("epochs": [[1, 0.5, 0.25, 0.75]], "baseline": 0.5, "metrics": {"accuracy": 0.75}})");
  EXPECT_EQ(keys_of({trial_json(trial)}), documented("runs.jsonl"));
  EXPECT_EQ(nlohmann::json::parse(trial_json({.optimizer = "sgd"}))["name"], "sgd");
}

TEST(DocumentedLines, OfASearch) {
  const TestFolder folder;
  TuneFolder(folder.path() / "t", "what is searched").add({.metrics = {{"accuracy", 0.5}}});
  EXPECT_EQ(keys_of(read_lines(folder.path() / "t" / "trials.jsonl")), documented("trials.jsonl"));
}

TEST(DocumentedLines, OfARun) {
  const TestFolder folder;
  const std::filesystem::path path = folder.path() / "metrics.jsonl";
  {
    MetricsFile file(path, 2, 2);
    file.update({.update = 1});
    file.epoch({.update = 2, .epoch = 1, .test = Evaluation{}, .monitored = 0.5});
  }
  EXPECT_EQ(keys_of(read_lines(path)), documented("metrics.jsonl"));
}

}  // namespace
}  // namespace thalweg
