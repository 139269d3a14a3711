// Which weights of a run are put to use, and how they are loaded: what `eval` and `predict` look at.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "thalweg/optimizer.h"
#include "thalweg/params.h"
#include "thalweg/settings.h"

namespace thalweg {

// The weights to use while it lives: those of a chain that averages are its averages.
class LoadedWeights {
 public:
  // Throws Error(data) for a file that is damaged or of another model.
  LoadedWeights(const std::filesystem::path& checkpoint, Params& params);

  std::uint64_t updates() const { return updates_; }  // that made them
  std::uint64_t epoch() const { return epoch_; }      // the whole epochs of these

 private:
  std::optional<Optimizer> optimizer_;
  std::optional<Averaged> averaged_;
  std::uint64_t updates_ = 0;
  std::uint64_t epoch_ = 0;
};

// Loads the first checkpoint of a run that is whole, of those named "last", "best" or by updates; others are
// passed over with a note. Throws Error(data) where none is, Error(usage) for another name.
LoadedWeights load_weights(const std::filesystem::path& directory, const std::string& which, Params& params,
                           std::vector<std::string>& notes);

// `asked`, as load_weights() has it; where it is empty, the weights that the training gives: the best ones if
// the configuration restores them and they are there, else the last.
std::string which_weights(const std::filesystem::path& directory, const std::string& asked,
                          const RunConfig& config);

}  // namespace thalweg
