// metrics.jsonl: what happened, a line at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "thalweg/run.h"

namespace thalweg {

// Every line is on its way to the disk when line() returns, so that a crash loses at most a torn last one.
class MetricsFile {
 public:
  // Lines about updates are kept for every stride-th update only, at most this many a run.
  static constexpr std::uint64_t kMostUpdateLines = 2000;

  // Opens for appending; the file is made when it is not there.
  MetricsFile(std::filesystem::path path, std::uint64_t total_updates);
  ~MetricsFile();
  MetricsFile(MetricsFile&& other) noexcept;
  MetricsFile& operator=(MetricsFile&&) = delete;

  // Throws Error(resource) naming the file when a line cannot be written.
  void update(const Report& report);
  void epoch(const EpochReport& report);

 private:
  void line(const std::string& json);

  std::filesystem::path path_;
  std::uint64_t stride_;
  int file_;
};

// Removes every line about what came after `updates`, and a torn last line. Returns the seconds of the last
// epoch line that is kept.
double cut_metrics(const std::filesystem::path& path, std::uint64_t updates);

}  // namespace thalweg
