// The weights of a run's checkpoints, to use rather than to train on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "thalweg/optimizer.h"
#include "thalweg/params.h"

namespace thalweg {

// The weights to use while it lives: those of a chain that averages are its averages.
class Weights {
 public:
  Weights(const std::filesystem::path& path, Params& params);
  std::uint64_t updates() const { return updates_; }

 private:
  std::optional<Optimizer> optimizer_;
  std::optional<Averaged> averaged_;
  std::uint64_t updates_ = 0;
};

// Loads the first checkpoint that is whole of those that `which` - "last", "best" or a number of updates -
// names; others are passed over with a note. Throws Error(usage) for another word, Error(data) where there is
// none.
Weights load_weights(const std::filesystem::path& directory, const std::string& which, Params& params,
                     std::vector<std::string>& notes);

bool has_best(const std::filesystem::path& directory);

// Softmax, in place.
void to_probabilities(std::span<float> scores);

}  // namespace thalweg
