// Training: the three steps of gradient descent, over and over. A Trainer, with what it trains, is used by
// one thread at a time.
#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "thalweg/dataset.h"
#include "thalweg/loss.h"
#include "thalweg/metrics.h"
#include "thalweg/module.h"
#include "thalweg/optimizer.h"
#include "thalweg/report.h"

namespace thalweg {

struct Recording;
class Recordings;
class Shards;
class StepClock;

struct TrainerOptions {
  std::size_t batch = 64;        // samples; 0: the whole training set
  std::size_t accumulate = 1;    // batches accumulated for one update
  Order order = Order::shuffle;  // of the samples
  std::uint64_t seed = 1;        // of that order, dropout and augmentations
  int threads = 1;               // that a step may use
  // Bounds on memory. Samples that pass through the model at a time, as far as a batch has them; 0: kChunk of
  // Trainer. The gradients of several such chunks add up, and batch_norm and dropout see a chunk.
  std::size_t chunk = 0;
  // Parts of the model of which the inner values of one are kept: backpropagation computes them again, with
  // the same bits.
  int checkpoint = 1;
  Compute compute = Compute::f32;  // of the products, forward and backward
  // Updates a parameter as soon as backpropagation has its gradient, with the same bits; where the chain lets
  // it (steps_apart) and the loss has no penalty on weights. The time of updates counts as backward.
  bool fuse = false;
  // Of which Trainer::averaged() finds the statistics of batch_norm; 0: those of a whole epoch.
  std::size_t statistics_batches = 0;
  // Parts of the samples of an update, each of which goes through the model by itself, and whose gradients
  // are added in one fixed tree: for batch_norm and mixup a part is a batch of its own. The bits of a
  // training depend on their number alone, not on the ranks that have them; a rank wants at least one.
  std::size_t shards = 1;
  // Of the optimizer, which must have the same: ranks that train together, all with the same data and
  // settings. Each computes its parts; losses, evaluations and weights are the same on all of them.
  Comm* comm = nullptr;
  Overlap overlap = {};
};

// The shape that the samples of `data` have for a model of that text: images for one that takes images.
// Throws Error(usage) for a text that is not a model.
Shape inputs_of(const Dataset& data, std::string_view model);

// What makes an epoch of this many samples.
std::uint64_t updates_per_epoch(std::size_t samples, const TrainerOptions& options);
std::uint64_t samples_per_epoch(std::size_t samples, const TrainerOptions& options);

// How long to train: whole epochs, or updates.
struct TrainingLength {
  std::uint64_t epochs = 0;
  std::uint64_t updates = 0;
};
inline TrainingLength epochs(std::uint64_t n) { return {.epochs = n}; }
inline TrainingLength updates(std::uint64_t n) { return {.updates = n}; }

// Where the time of the steps so far went.
struct StepSeconds {
  double data = 0;      // gathering the inputs
  double forward = 0;   // predictions and loss
  double backward = 0;  // backpropagation
  double update = 0;    // the optimizer
};

// Trains a model on a data set. All arguments must outlive it, and belong together: Error(usage) otherwise.
//
//   for (const Report& r : trainer.run(epochs(20)))
//     if (r.update % 100 == 0) log(r);       // break stops training; the next run() continues from there
class Trainer {
 public:
  // An update takes the gradient of the mean loss over batch * accumulate samples, at the end of an epoch
  // over those that are left; what a mean divides by is Loss::mass of all of them, and 0 / 0 counts as 0.
  // `weight=balanced` is counted in data.train. They pass through the model in chunks of `batch` samples, at
  // most kChunk, whose gradients add up. Evaluation goes in chunks of at most kChunk, with `accumulate` above
  // 1 of at most `batch` samples, and in smaller ones where a sample is large. Everything else - clipping,
  // decay, clocks, lengths - sees only the update.
  Trainer(Module& model, const Loss& loss, Optimizer& optimizer, const Dataset& data,
          const TrainerOptions& options);
  Trainer(Module& model, const Loss& loss, Optimizer& optimizer, const Dataset& data, std::size_t batch,
          std::uint64_t seed, int threads = 1)
      : Trainer(model, loss, optimizer, data, {.batch = batch, .seed = seed, .threads = threads}) {}

  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  static constexpr std::size_t kChunk = 1024;

  std::uint64_t updates_per_epoch() const { return loader_.updates_per_epoch(); }

  // One update, which measures what is asked for: Optimizer::updates() tells which. Throws Error(diverged)
  // when the loss is not finite, with parameters and optimizer as they were.
  Report step(const Statistics& statistics = {});
  // What the mean loss of the last step divides by: its samples, or the sum of their weights (Loss::mass).
  double mass() const { return mass_; }

  const StepSeconds& step_seconds() const;

  // How well the present model does; on at most that many of the samples, drawn at random, 0: on all.
  Evaluation evaluate(const Samples& samples, Metrics wanted = Metrics::counted, std::size_t most = 0);

  // What is to be evaluated, as Optimizer::averaged() has it. What batch_norm keeps belongs to the weights
  // that are trained: where other ones are lent it is found anew for them, by a forward pass over training
  // samples as they are, in the batches of the first epoch, whose means and variances are averaged (torch's
  // update_bn). That costs about a third of an epoch, or of options.statistics_batches, and nothing without
  // batch_norm or averages.
  [[nodiscard]] Averaged averaged();

  // Bytes that the tapes of a training hold: values and gradients of every layer, parameters excluded.
  std::uint64_t activation_bytes();

  // The updates up to `length`, counted from the very first: an empty range when they are done.
  class Range;
  Range run(TrainingLength length);

 private:
  // The last chunk of an update, whose backpropagation goes on in the step; `adds` to what there is.
  struct Late {
    Recording* recording = nullptr;
    bool adds = false;
  };
  bool goes_back_in_step() const;
  // The loss of an update, and its gradient in the parameters: of all of its samples, of some, or of shards.
  // `counter` is that of the first sample; with `late` the backpropagation of the last chunk is left out.
  double pass(std::span<const std::uint32_t> rows, std::uint64_t counter, double share, Late* late = nullptr);
  double pass_shards(std::span<const std::uint32_t> batch, std::uint64_t counter, double share, Late* late);
  // Takes the first samples that this rank computes after so many gradients.
  void read_ahead(std::uint64_t gradients);
  // Runs the model on the named samples and keeps their targets for compare().
  Recording& predict(const Samples& samples, std::span<const std::uint32_t> rows,
                     std::optional<std::uint64_t> counter = {});
  // The same in an evaluation of `all`, of which `rows` is one chunk: with ranks each runs it on every so
  // manyth chunk.
  Recording& predict_in_turns(const Samples& samples, std::span<const std::uint32_t> all,
                              std::span<const std::uint32_t> rows);
  void take_targets(const Samples& samples, std::span<const std::uint32_t> rows);
  Evaluation evaluate_values(const Samples& samples, std::span<const std::uint32_t> rows);
  // The loss summed over those samples; with a scale also its gradient, for backward().
  double compare(Recording& recording, std::optional<double> scale = {});
  // Loss::mass of the named samples of the training part.
  double mass_of(std::span<const std::uint32_t> rows);

  Module& model_;
  const Loss loss_;  // with the weights of classes that it counts in the data
  Optimizer& optimizer_;
  const Dataset& data_;
  const TrainerOptions options_;
  Loader loader_;
  std::size_t chunk_;  // samples that pass through the model at a time
  std::unique_ptr<Recordings> recordings_;
  std::unique_ptr<Shards> shards_;
  std::size_t evaluation_chunk_;
  struct {
    std::vector<std::int32_t> labels;
    std::vector<float> values;
    std::vector<double> weights;
    std::vector<float> outputs;  // of a chunk of each rank
  } at_hand_;                    // of the chunk at hand
  bool counts_rows_;             // the mass of every batch is its number of samples
  double mass_ = 0;
  std::unique_ptr<StepClock> clock_;
};

// A single-pass range of reports, one per update, each made on demand.
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
