// Early stopping: the best weights of a run, and the patience after which it stops waiting for better ones.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "thalweg/checkpoint_writer.h"
#include "thalweg/metrics.h"
#include "thalweg/params.h"
#include "thalweg/run.h"

namespace thalweg {

// A deep copy of the values of parameters (f32).
class Weights {
 public:
  explicit Weights(const Params& params);

  void copy_from(const Params& params);
  void copy_to(Params& params) const;
  void swap_with(Params& params);

  // The copy as parameters of the same names, to be saved and loaded.
  Params& params() { return params_; }

 private:
  std::vector<std::vector<float>> values_;
  Params params_;  // adopts them
};

class EarlyStopping {
 public:
  // `patience`: epochs in a row without an improvement before should_stop(); 0: never. An improvement is a
  // metric better than that of the last one by more than `min_delta`; the best epoch is that of the best.
  EarlyStopping(const Params& params, std::uint64_t patience, double min_delta,
                const Metric& metric = metrics().front());
  EarlyStopping(const Params& params, const EarlyStoppingOptions& options)
      : EarlyStopping(params, options.patience, options.min_delta, metric_of(options.monitor)) {}

  // Counts the evaluation at the end of an epoch: the number of the metric, and the loss. NaN is not an
  // improvement and never the best.
  void observe(double number, double loss, std::uint64_t epoch, std::uint64_t update, const Params& params);

  bool any() const { return epoch_ > 0; }
  std::uint64_t epoch() const { return epoch_; }
  std::uint64_t update() const { return update_; }
  double loss() const { return loss_; }
  const Metric& metric() const { return metric_; }
  double number() const { return number_; }  // of the metric
  BestEpoch best() const { return {epoch_, update_, loss_, std::string(metric_.name), number_}; }
  bool should_stop() const { return patience_ > 0 && waited_ >= patience_; }

  // Exchanges the best weights with those of `params`; twice is none at all. Needs any().
  void swap_with(Params& params) { weights_.swap_with(params); }

  // The count waits from here on: a run that continues after it had stopped.
  void start_waiting() { waited_ = 0; }

  // What a checkpoint keeps, beside the weights.
  void add_to(Metadata& metadata) const;
  // The weights that a checkpoint's count is of, from `directory`. What is missing or damaged, nothing where
  // all is well.
  std::string load_weights(const Metadata& metadata, const std::filesystem::path& directory);
  // The count as it stood at a checkpoint; its weights are there.
  void load(const Metadata& metadata);
  Params& params() { return weights_.params(); }
  // Adds the weights to what is written, unless they were before.
  void add_to(CheckpointWriter& writer, const std::filesystem::path& directory);
  // They could not be.
  void was_not_written() { saved_ = 0; }

 private:
  // Worse than any number.
  double nothing() const {
    const double infinity = std::numeric_limits<double>::infinity();
    return metric_.higher_is_better ? -infinity : infinity;
  }
  bool is_better(double number, double than, double by) const {
    return metric_.higher_is_better ? number > than + by : number < than - by;
  }

  std::uint64_t patience_;
  double min_delta_;
  const Metric& metric_;
  Weights weights_;
  double number_;    // the best
  double improved_;  // of the last improvement
  double loss_;      // of the best epoch
  std::uint64_t epoch_ = 0;
  std::uint64_t update_ = 0;
  std::uint64_t waited_ = 0;
  std::uint64_t saved_ = 0;  // update of the weights that are written
};

// The number under a key of the metadata; `fallback` when it is not there or no number.
double metadata_number(const Metadata& metadata, const std::string& key, double fallback);

}  // namespace thalweg
