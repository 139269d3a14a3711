// details.jsonl: what some updates of a run did to each parameter, and where the time of a step went.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "thalweg/params.h"
#include "thalweg/report.h"
#include "thalweg/trainer.h"
#include "train/line_file.h"

namespace thalweg {

// Shares of |x| by binary exponent: counts[i] of 2^(from + i) <= |x| < 2^(from + i + 1).
struct Octaves {
  int from = 0;
  std::vector<std::uint64_t> counts;  // from the lowest to the highest octave that holds a number
  std::uint64_t zeros = 0;
};

// Of the numbers after[i], or after[i] - before[i] where `before` is not empty; of at most kMostCounted of
// them, at even distances.
inline constexpr std::size_t kMostCounted = std::size_t{1} << 16;
Octaves count_octaves(std::span<const float> before, std::span<const float> after);

// The measured updates are the first, the last and those at even distances, at most kMostDetails + 1 of a
// run. Each costs a copy of the parameters and two passes over them; nothing is measured in the updates
// between, and nothing of the training is changed. One line:
//   {"update": k, "seconds": {"data", "forward", "backward", "update"}, "parameters": [{"name", "size",
//    "value_norm", "update_norm", "grad_norm", "values": {"from", "zeros", "counts"}, "updates": {...}}]}
// Seconds are means over the updates since the line before; norms are of the parameter before the update, of
// what it changed and of the gradient as the rule left it; at most kMostParameters, those that come first.
class Details {
 public:
  static constexpr std::uint64_t kMostDetails = 60;
  static constexpr std::size_t kMostParameters = 64;

  Details(const std::filesystem::path& path, std::uint64_t total_updates);

  // Before update `k` (from 1), which may be one to measure.
  void before(std::uint64_t k, Params& params);
  // After it, with the seconds of all updates of this process so far.
  void after(const Report& report, Params& params, const StepSeconds& seconds);

 private:
  bool measures(std::uint64_t k) const;

  LineFile file_;
  std::uint64_t total_;
  std::uint64_t stride_;
  std::vector<std::vector<float>> before_;  // empty: this update is not measured
  std::uint64_t since_ = 0;                 // updates since the line before
  StepSeconds told_;                        // seconds that lines have told of
};

}  // namespace thalweg
