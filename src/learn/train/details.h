// details.jsonl: what some updates of a run did to each parameter, and where the time of a step went.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "thalweg/report.h"
#include "thalweg/trainer.h"
#include "train/line_file.h"

namespace thalweg {

// {"from", "zeros", "counts"}: counts[i] numbers x with 2^(from + i) <= |x| < 2^(from + i + 1), from the
// lowest to the highest octave that holds one; zeros are those below 2^-40.
std::string octaves_json(const Histogram& histogram);

// The measured updates are the first, the last and those at even distances, at most kMostDetails + 1 of a
// run. Nothing is measured in the updates between, and nothing of the training is changed. One line:
//   {"update": k, "seconds": {"data", "forward", "backward", "update"}, "parameters": [{"name", "size",
//    "value_norm", "update_norm", "grad_norm", "values": {"from", "zeros", "counts"}, "updates": {...}}]}
// Seconds are means over the updates since the line before; norms are of the parameter before the update, of
// what it changed and of the gradient as it came; at most kMostParameters, those that come first.
class Details {
 public:
  static constexpr std::uint64_t kMostDetails = 60;
  static constexpr std::size_t kMostParameters = 64;

  Details(const std::filesystem::path& path, std::uint64_t total_updates);

  // What update `k` (from 1) has to measure.
  Statistics wanted(std::uint64_t k) const;
  // After an update, with the seconds of all updates of this process so far.
  void add(const Report& report, const StepSeconds& seconds);

 private:
  LineFile file_;
  std::uint64_t total_;
  std::uint64_t stride_;
  std::uint64_t since_ = 0;  // updates since the line before
  StepSeconds told_;         // seconds that lines have told of
};

}  // namespace thalweg
