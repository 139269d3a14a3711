// Training: the three steps of gradient descent, over and over.
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <vector>

#include "thalweg/dataset.h"
#include "thalweg/loss.h"
#include "thalweg/module.h"
#include "thalweg/optimizer.h"
#include "thalweg/report.h"

namespace thalweg {

// Mean loss, without the terms on parameters, and accuracy over a set of samples.
struct Evaluation {
  std::uint64_t samples = 0;
  double loss = 0;
  double accuracy = 0;  // share of right classes, 0 to 1; NaN for regression
};

// How long to train: whole epochs, or updates.
struct TrainingLength {
  std::uint64_t epochs = 0;
  std::uint64_t updates = 0;
};
inline TrainingLength epochs(std::uint64_t n) { return {.epochs = n}; }
inline TrainingLength updates(std::uint64_t n) { return {.updates = n}; }

// Trains a model on a data set. All arguments must outlive it, and belong together: Error(usage) otherwise.
//
//   for (const Report& r : trainer.run(epochs(20)))
//     if (r.update % 100 == 0) log(r);       // break stops training; the next run() goes on from there
class Trainer {
 public:
  // batch 0: the whole training set in every update. Batches larger than kChunk samples are gathered in
  // chunks of that size, whose gradients add up to that of the mean over the batch.
  Trainer(Module& model, const Loss& loss, Optimizer& optimizer, const Dataset& data, std::size_t batch,
          std::uint64_t seed, int threads = 1);

  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  static constexpr std::size_t kChunk = 1024;

  std::uint64_t updates_per_epoch() const { return loader_.updates_per_epoch(); }

  // One update: Optimizer::updates() tells which. Throws Error(diverged) when the loss is not finite, with
  // parameters and optimizer as they were.
  Report step();

  // Mean loss and accuracy of the model as it stands.
  Evaluation evaluate(const Samples& samples);

  // The updates up to `length`, counted from the very first: an empty range when they are done.
  class Range;
  Range run(TrainingLength length);

 private:
  struct Recording;  // the model and its tape for one number of rows

  Recording& recording(std::size_t rows);
  // Runs the model on the named samples and keeps their targets for compare().
  void predict(Recording& recording, const Samples& samples, std::span<const std::uint32_t> rows);
  // The loss summed over those samples; with a scale other than 0 also its gradient, for backward().
  double compare(Recording& recording, double scale);

  Module& model_;
  const Loss& loss_;
  Optimizer& optimizer_;
  const Dataset& data_;
  Loader loader_;
  std::uint64_t seed_;
  int threads_;
  std::map<std::size_t, std::unique_ptr<Recording>> recordings_;
  std::vector<std::int32_t> labels_;  // of the chunk at hand
  std::vector<float> values_;
};

// A single-pass range of reports, one an update, each made when it is asked for.
class Trainer::Range {
 public:
  Range(Trainer& trainer, std::uint64_t last) : trainer_(trainer), last_(last) {}

  class Iterator {
   public:
    using value_type = Report;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(Range* range) : range_(range) {}
    const Report& operator*() const { return range_->report_; }
    Iterator& operator++() {
      range_->advance();
      return *this;
    }
    void operator++(int) { range_->advance(); }
    bool operator==(std::default_sentinel_t) const { return range_->done_; }

   private:
    Range* range_;
  };

  Iterator begin() {
    advance();
    return Iterator(this);
  }
  std::default_sentinel_t end() const { return {}; }

 private:
  void advance() {
    done_ = trainer_.optimizer_.updates() >= last_;
    if (!done_) report_ = trainer_.step();
  }

  Trainer& trainer_;
  std::uint64_t last_;
  Report report_;
  bool done_ = false;
};

}  // namespace thalweg
