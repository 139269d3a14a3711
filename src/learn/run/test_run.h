// Runs for tests: small ones in a folder of their own.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "base/file.h"
#include "data/test_files.h"
#include "thalweg/run.h"

namespace thalweg {

namespace fs = std::filesystem;
using Training = Run;  // testing::Test has a Run of its own

inline RunConfig small() {
  RunConfig config;
  config.model = "dense(10)";
  config.optimizer = "adam(lr=1e-2)";
  config.epochs = 2;
  config.batch = 64;
  return config;  // 46 updates
}

inline std::map<std::string, std::string> results(const fs::path& run) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints")) {
    found[entry.path().filename().string()] = read_text_file(entry.path());
  }
  return found;
}

class RunTest : public ::testing::Test {
 protected:
  fs::path path(const std::string& name = "run") const { return folder_.path() / name; }
  fs::path checkpoint(std::uint64_t updates, const std::string& run = "run") const {
    return path(run) / "checkpoints" / (std::to_string(updates) + ".safetensors");
  }

  std::vector<std::string> checkpoints(const std::string& run = "run") const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(path(run) / "checkpoints")) {
      const std::string name = entry.path().stem().string();
      if (!name.starts_with("best-")) found.push_back(name);
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  // Turns one bit in the middle.
  void damage(std::uint64_t updates) const {
    std::string bytes = read_text_file(checkpoint(updates));
    bytes[bytes.size() / 2] ^= 1;
    replace_file(checkpoint(updates), bytes);
  }

 private:
  TestFolder folder_;
};

inline void advance(Training& run, std::uint64_t updates) {
  Report report;
  while (run.updates() < updates && run.next(report)) EXPECT_EQ(report.update, run.updates());
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Learns in the first epoch; then the rate grows until it is thrown about.
inline RunConfig getting_worse() {
  RunConfig config = small();
  config.optimizer = "sgd(lr=linear(1e3, total=31ep, warmup=30ep))";
  config.epochs = 30;
  config.early_stopping.patience = 3;
  return config;
}

// The held-out losses of the epochs to the end.
inline std::vector<double> epoch_losses(Training& run) {
  std::vector<double> losses;
  for (Report report; run.next(report);) {
    if (report.update % run.updates_per_epoch() == 0) losses.push_back(run.last_epoch()->test->loss);
  }
  return losses;
}

}  // namespace thalweg
