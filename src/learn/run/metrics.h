// metrics.jsonl: what happened, a line at a time.
#pragma once

#include <cstdint>
#include <filesystem>

#include "thalweg/run.h"
#include "train/line_file.h"

namespace thalweg {

class MetricsFile {
 public:
  // Lines about updates are kept for every stride-th update only, at most this many a run.
  static constexpr std::uint64_t kMostUpdateLines = 2000;

  // Opens for appending; the file is made when it is not there.
  MetricsFile(const std::filesystem::path& path, std::uint64_t total_updates);

  // Throws Error(resource) naming the file when a line cannot be written.
  void update(const Report& report);
  void epoch(const EpochReport& report);

 private:
  LineFile file_;
  std::uint64_t stride_;
};

// Removes every line about what came after `updates`, and a torn last line. Returns the seconds of the last
// epoch line that is kept.
double cut_metrics(const std::filesystem::path& path, std::uint64_t updates);

}  // namespace thalweg
