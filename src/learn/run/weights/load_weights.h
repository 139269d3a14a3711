// Which weights a run begins with and which of it are put to use, and how they are kept and loaded: what
// `eval` and `predict` look at.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "run/weights/early_stopping.h"
#include "thalweg/optimizer.h"
#include "thalweg/params.h"
#include "thalweg/settings.h"
#include "train/trial.h"

namespace thalweg {

// What batch_norm keeps under the averages of a run: found once for the same weights, and written beside
// their checkpoint, so that whoever uses these needs no training data.
class FoundStatistics {
 public:
  explicit FoundStatistics(Module& model);

  // Trainer::averaged().
  Averaged lend(Trial& trial);
  // Finds them for the weights as they are, if there are any to be found.
  void find(Trial& trial);
  // Adds those of the weights after `updates` to what is written; where they were not found, others of that
  // name go.
  void add_to(CheckpointWriter& writer, const std::filesystem::path& directory, std::uint64_t updates);

  Params& params() { return values_.params(); }

 private:
  Params of_model_;  // where they are
  Weights values_;
  std::optional<std::uint64_t> found_;  // after so many updates
};

// For statistics that were not written, which is so of a checkpoint within an epoch.
struct TrainingData {
  const Dataset* data = nullptr;  // the run's own; null: loaded when they are needed
  int threads = 1;
};

// The weights to use while it lives: those of a chain that averages are its averages.
class LoadedWeights {
 public:
  // Throws Error(data) for a file that is damaged or of another model, and where the training data are needed
  // and cannot be read.
  LoadedWeights(const std::filesystem::path& checkpoint, Module& model, const TrainingData& own);

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
LoadedWeights load_weights(const std::filesystem::path& directory, const std::string& which, Module& model,
                           std::vector<std::string>& notes, const TrainingData& own);

// Fills the parameters from config.keeping.init, if it names a file: a checkpoint of this model, or any
// safetensors file with a tensor of F32 or F64 for each parameter under its name, as `export` writes them:
// a weight {outputs, inputs, kernel...}, or in our own order where only that fits its shape. Running
// statistics may be missing. Throws Error(data), with nothing changed, for a file that cannot be read, a
// tensor that is missing, of no parameter, of another shape or not finite.
void load_initial_weights(const RunConfig& config, Params& params);

// The model of such a run with the weights that it begins with: those of config.keeping.init, else drawn by
// `seed`. Throws as make_model() and load_initial_weights() do.
Module initial_model(const RunConfig& config, const Dataset& data, std::uint64_t seed);

// `asked`, as load_weights() has it; where it is empty, the weights that the training gives: the best ones if
// the configuration restores them and they are there, else the last.
std::string which_weights(const std::filesystem::path& directory, const std::string& asked,
                          const RunConfig& config);

}  // namespace thalweg
