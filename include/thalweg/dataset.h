// Data: samples with their targets, in a part to train on, one to choose by and one to report. What is const
// may be used by several threads at once; a Loader by one at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/params.h"

namespace thalweg {

class Team;  // of the library's own threads

// A number x of the source is stored as (x - offset) * factor; x = stored / factor + offset.
struct Scaling {
  double offset = 0;
  double factor = 1;
  bool operator==(const Scaling&) const = default;
};

// What predictions are kept within: one beyond it becomes the nearer end.
struct Interval {
  double least;
  double most;
  double nearest(double x) const { return x < least ? least : x > most ? most : x; }  // NaN stays
  bool operator==(const Interval&) const = default;
};

// The label of a sample whose class the training data did not have: no prediction of it is right, and the
// loss leaves it out.
inline constexpr std::int32_t kNoClass = -1;

// One part of a data set.
class Samples {
 public:
  std::size_t size() const { return size_; }          // number of samples
  std::size_t features() const { return features_; }  // elements of one sample

  // Copies the inputs of the named samples, scaled, row by row into `out` (rows.size() x features). The
  // scaling is computed in double and rounded once. Throws Error(usage), with nothing written, for a row that
  // does not exist or an `out` of another size. May be called from several threads at once.
  void gather(std::span<const std::uint32_t> rows, std::span<float> out) const;
  // The same, the rows shared among the threads of a team, which is used by one caller at a time.
  void gather(std::span<const std::uint32_t> rows, std::span<float> out, Team& team) const;

  std::vector<std::int32_t> labels;  // one per sample or kNoClass; empty: of values, or unknown
  std::vector<double> values;        // size x columns for regression, by Dataset::target_scaling; or empty
  std::vector<double> weights;       // one per sample, finite and at least 0; empty: 1 each
  std::vector<std::uint32_t> rows;   // row number of each sample in its source, from 0

  // The named samples with their targets, in that order; row numbers stay those of the source. Throws
  // Error(usage) for a row that does not exist.
  Samples subset(std::span<const std::uint32_t> rows) const;

  // Takes bytes or floats: size x features of them. Throws Error(usage) when they are not a whole number of
  // samples or more than 2^32 - 1 samples.
  void assign(std::size_t features, std::vector<std::uint8_t> inputs);
  void assign(std::size_t features, std::vector<float> inputs);

  // Throws Error(usage) for numbers that are not finite.
  void set_scaling(const Scaling& scaling);
  const Scaling& scaling() const { return scaling_; }

 private:
  void check(std::span<const std::uint32_t> rows) const;
  void check(std::span<const std::uint32_t> rows, std::span<float> out) const;
  void copy_rows(std::span<const std::uint32_t> rows, std::size_t begin, std::size_t end, float* to) const;

  std::size_t size_ = 0;
  std::size_t features_ = 0;
  std::vector<std::uint8_t> bytes_;  // exactly one of the two holds the inputs
  std::vector<float> floats_;
  Scaling scaling_;
  std::optional<std::array<float, 4>> parts_ = {{1, 0, 0, 0}};  // of it, where floats give the same bytes
};

// The samples by what they are for.
struct PartSamples {
  Samples train;
  Samples test;      // what reports how good a model is; held out
  Samples held_out;  // what tells the best epoch and when to stop, where `apart`: then `test` chooses nothing
  // Whether these are two parts. Otherwise the one part `test` does both.
  bool apart = false;

  // What is chosen by; may have no samples.
  const Samples& choosing() const { return apart ? held_out : test; }
};

struct Dataset : PartSamples {
  std::string text;         // canonical text of the source, its path absolute
  std::string full_text;    // the same with every option
  std::string augment;      // what stands behind the reader in it, with every option: done in training alone
  Shape sample;             // shape of one sample: {64}, {784}
  Shape image;              // {channels, height, width} of the same numbers; empty: samples are no images
  std::size_t classes = 0;  // number of classes; 0 for regression
  std::size_t columns = 0;  // targets per sample for regression

  // What the reader derived from the training part and later data must be encoded with - scalings, levels of
  // categories, names, classes: one line of JSON, without a line break.
  std::string encoding;

  std::vector<std::string> feature_names;  // one per input element, or empty where they have no names
  std::vector<std::string> target_names;   // one per target, or empty where they have no names
  std::vector<std::string> class_names;    // one per class, in the order of the labels; empty for regression
  std::vector<Scaling> target_scaling;     // one per target of regression
  std::vector<Interval> target_range;      // of predictions, by target_scaling, one per target; or empty
  std::vector<std::string> notes;          // what the reader inferred, a line each
};

// How much of a source is held out to choose by - the best epoch, when to stop - and how much is kept to
// report by alone: a share of all rows below 1 ("0.2", "20%") or a number of them ("200"), drawn by the seed,
// each class in proportion; "0" for none. Without a test part the held-out part does both.
struct PartOptions {
  // "auto": the part that the source brings of its own, a file or a folder, else a fifth. "2/5": the second
  // of five folds. Of a source that brings a part of its own it is drawn from the training part, and the
  // source's own part is the test part.
  std::string held_out = "auto";
  std::string test = "0";  // with a source that brings a part of its own nothing else
};

// Reads a source given by text: "digits", "idx(DIR)", "csv(FILE)", ..., with what a trainer does to each
// batch behind it: "idx(DIR) | shift(2) | flip". Evaluation and prediction see the samples as they are.
// `seed` decides which samples are in which part where the source does not say. Throws Error(usage) for a
// text that is not a source and for parts that the rows do not suffice for, Error(data), naming file and
// place, for a file that is missing or malformed, and Error(resource) when memory runs out.
//
// With the encoding of an earlier load a model meets the numbers it was trained on: columns, their kinds and
// the target are those of the encoding, whatever the text says about them. Columns are found by their names
// where both have a header, else by position. Throws Error(data) also for data that the encoding does not
// fit.
Dataset load_dataset(std::string_view text, std::uint64_t seed, std::string_view encoding = {},
                     const PartOptions& parts = {});

// Every row of the source, in the order of its files, as `test`; `train` is empty. Targets may be missing:
// labels and values are then empty, and a note says why. An empty encoding is derived from all rows.
Dataset load_all(std::string_view text, std::string_view encoding);

// How batches are drawn from the training part.
enum class Order {
  shuffle,      // every sample once per epoch, each epoch in a different random order
  replacement,  // every sample of every batch drawn from all, whatever was drawn before
  file,         // every sample once per epoch, in source order
};

std::string_view order_name(Order order);
// Throws Error(usage), which begins with `where` and names what there is.
Order parse_order(std::string_view word, std::string_view where = "order");
std::string_view order_names();  // "shuffle|replacement|file"

// Which samples are visited, and when. All orders are functions of (seed, update) alone: the shuffle of an
// epoch depends on (seed, epoch), a draw with replacement on (seed, update, position). Without replacement
// the last batch of an epoch holds what is left, and one batch of all samples visits them in source order: a
// sum over all of them needs no shuffle, and memory is read front to back. With replacement every batch is
// full.
class Loader {
 public:
  // batch 0, or one above `size`, means as many samples as there are. Throws Error(data) for no samples and
  // Error(usage) for more than 2^32 - 1.
  Loader(std::size_t size, std::size_t batch, std::uint64_t seed, Order order = Order::shuffle);

  std::size_t batch() const { return batch_; }
  std::uint64_t updates_per_epoch() const { return updates_per_epoch_; }  // ceil(size / batch)

  // The samples of update k = 0, 1, ... counted over all epochs, in any order of calls; a new epoch costs one
  // shuffle. Valid until the next call.
  std::span<const std::uint32_t> samples(std::uint64_t update);

 private:
  std::size_t size_;
  std::size_t batch_;
  std::uint64_t seed_;
  Order order_;
  std::uint64_t updates_per_epoch_;
  std::uint64_t drawn_;                // the epoch, or with replacement the update, that `visits_` holds
  std::vector<std::uint32_t> visits_;  // of that epoch or update
};

}  // namespace thalweg
