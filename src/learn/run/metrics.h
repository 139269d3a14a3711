// metrics.jsonl: what happened, a line at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "run/folder.h"
#include "run/together.h"
#include "thalweg/checkpoint_writer.h"
#include "thalweg/run.h"
#include "train/details.h"
#include "train/line_file.h"

namespace thalweg {

class MetricsFile {
 public:
  // Lines are kept for every so many updates only, and for every so many epochs and the last one: at most
  // this many of either in a run, however long it is.
  static constexpr std::uint64_t kMostLines = 2000;

  // Opens for appending; the file is made when it is not there.
  MetricsFile(const std::filesystem::path& path, std::uint64_t total_updates, std::uint64_t per_epoch);

  // Throws Error(resource) naming the file when a line cannot be written.
  void update(const Report& report);
  void epoch(const EpochReport& report);
  // The update from which nothing goes on: its loss is null.
  void diverged(std::uint64_t update, std::uint64_t epoch);

 private:
  LineFile file_;
  std::uint64_t epochs_;
  std::uint64_t stride_;        // of updates
  std::uint64_t epoch_stride_;  // of epochs
};

// Removes every line about what came after `updates`, and a torn last line. Returns the seconds of the last
// epoch line that is kept.
double cut_metrics(const std::filesystem::path& path, std::uint64_t updates);

// What a run writes as it goes.
struct RunFiles {
  // With `writes` null nothing is written, by whoever has another process for that.
  void open(const std::filesystem::path& where, std::uint64_t total, std::uint64_t per_epoch,
            const WriterOptions* writes) {
    directory = std::filesystem::absolute(where).lexically_normal();
    const auto file = [&](const char* name) {
      return writes == nullptr ? std::filesystem::path() : directory / name;
    };
    metrics.emplace(file("metrics.jsonl"), total, per_epoch);
    details.emplace(file("details.jsonl"), total);
    writer.emplace(writes == nullptr ? WriterOptions() : *writes);
    last_save = std::chrono::steady_clock::now();
  }

  Together together;  // the first has them
  std::unique_ptr<RunLock> lock;
  std::filesystem::path directory;
  std::optional<MetricsFile> metrics;
  std::optional<Details> details;
  std::chrono::steady_clock::time_point last_save;  // of a checkpoint
  std::optional<CheckpointWriter> writer;           // ends before the lock goes
};

}  // namespace thalweg
