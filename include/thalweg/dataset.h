// Data: samples with their targets, split into a part to train on and a held-out part.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/loss.h"
#include "thalweg/params.h"

namespace thalweg {

// The inputs are (stored - offset) * factor, element by element: what a reader derives from the training part
// and what must be applied to any later data in the same way.
struct Scaling {
  double offset = 0;
  double factor = 1;
  bool operator==(const Scaling&) const = default;
};

// One part of a data set.
class Samples {
 public:
  std::size_t size() const { return size_; }          // number of samples
  std::size_t features() const { return features_; }  // elements of one sample

  // Copies the inputs of the named samples, scaled, row by row into `out` (rows.size() x features). The
  // scaling is computed in double and rounded once. Throws Error(usage), with nothing written, for a row that
  // does not exist or an `out` of another size. May be called from several threads at once.
  void gather(std::span<const std::uint32_t> rows, std::span<float> out) const;

  std::vector<std::int32_t> labels;  // one a sample, or empty for regression
  std::vector<float> values;         // size x columns for regression, or empty
  std::vector<std::uint32_t> rows;   // row number of each sample in its source, from 0

  // Takes bytes or floats: size x features of them. Throws Error(usage) when they are no whole number of
  // samples or more than 2^32 - 1 samples.
  void assign(std::size_t features, std::vector<std::uint8_t> inputs);
  void assign(std::size_t features, std::vector<float> inputs);

  // Throws Error(usage) for numbers that are not finite.
  void set_scaling(const Scaling& scaling);

 private:
  std::size_t size_ = 0;
  std::size_t features_ = 0;
  std::vector<std::uint8_t> bytes_;  // exactly one of the two holds the inputs
  std::vector<float> floats_;
  Scaling scaling_;
};

struct Dataset {
  std::string text;         // canonical text of the source, its path absolute
  std::string full_text;    // the same with every option
  Shape sample;             // shape of one sample: {64}, {784}
  std::size_t classes = 0;  // number of classes; 0 for regression
  std::size_t columns = 0;  // targets a sample for regression
  Scaling scaling;
  Samples train;
  Samples test;  // held out
};

// Reads a source given by text: "digits", "idx(DIR)". `seed` decides which samples are held out where the
// source does not say. Throws Error(usage) for a text that is no source, Error(data), naming file and place,
// for a file that is missing or malformed, and Error(resource) when memory runs out.
Dataset load_dataset(std::string_view text, std::uint64_t seed);

// The same with the scaling of an earlier load, so that a model meets the numbers it was trained on.
Dataset load_dataset(std::string_view text, std::uint64_t seed, const Scaling& scaling);

// The order in which samples are visited. The order of an epoch depends on (seed, epoch) alone; every sample
// comes once an epoch; the last batch holds what is left. One batch of all samples visits them in source
// order: a sum over all of them needs no shuffle, and memory is read front to back.
class Loader {
 public:
  // batch 0, or one above `size`, means all samples in one batch. Throws Error(data) for no samples and
  // Error(usage) for more than 2^32 - 1.
  Loader(std::size_t size, std::size_t batch, std::uint64_t seed);

  std::size_t batch() const { return batch_; }
  std::uint64_t updates_per_epoch() const { return updates_per_epoch_; }  // ceil(size / batch)

  // The samples of update k = 0, 1, ... counted over all epochs, in any order of calls; a new epoch costs one
  // shuffle. Valid until the next call.
  std::span<const std::uint32_t> samples(std::uint64_t update);

 private:
  std::size_t size_;
  std::size_t batch_;
  std::uint64_t seed_;
  std::uint64_t updates_per_epoch_;
  std::uint64_t epoch_;  // of `order_`
  std::vector<std::uint32_t> order_;
};

}  // namespace thalweg
