// trials.jsonl: the trainings of a search, a line each, below a line that says what is searched.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "run/folder.h"
#include "run/together.h"

namespace thalweg {

struct TuneTraining {
  std::uint64_t trial = 0;
  std::uint64_t epochs = 0;
  std::uint64_t repeat = 0;
  bool diverged = false;
  double loss = 0;                                           // NaN when diverged
  double accuracy = 0;                                       // NaN for values, and when diverged
  std::vector<std::pair<std::string, double>> metrics = {};  // that have a number, by name

  auto key() const { return std::tuple(trial, epochs, repeat); }
};

// A line, and back: throws std::exception for another text.
std::string line_of(const TuneTraining& training);
TuneTraining training_of(const std::string& line);

class TuneFolder {
 public:
  // Reads what is there, and holds the folder for this process; an empty path keeps everything in memory. A
  // torn last line is cut off. The first rank alone has a folder; what is there is on all. Throws
  // Error(usage) when the folder belongs to a search other than `search` or another process uses it,
  // Error(data) for a line that is none and for a link.
  TuneFolder(const std::filesystem::path& folder, const std::string& search,
             const Together& together = Together());

  // The training of that key, or null.
  const TuneTraining* find(const TuneTraining& key) const;

  // Keeps it, and writes it down: on all ranks together, by one thread at a time. Throws Error(resource).
  void add(const TuneTraining& training);

  std::uint64_t size() const { return trainings_.size(); }

 private:
  void open(const std::filesystem::path& folder, const std::string& search);

  Together together_;
  std::optional<RunLock> lock_;
  std::filesystem::path file_;
  std::map<std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>, TuneTraining> trainings_;
};

}  // namespace thalweg
