// The augmentations of a text, done to batches.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "augment/augmentation.h"
#include "base/threads.h"
#include "thalweg/params.h"

namespace thalweg {

class Augmenter {
 public:
  Augmenter() = default;  // of nothing
  // `text`: items separated by |, or nothing. Throws Error(usage) with a caret for an unknown one, for what
  // does not fit samples of the shape {channels, height, width} - empty: that are no images - and where a
  // second one mixes samples. `black` is what a 0 of the source is as an input.
  Augmenter(std::string_view text, const Shape& image, float black);

  // Changes the rows in place, of which the first one is the sample at this position of the run, counted over
  // all epochs: the same numbers for any team. What it gives back is to be done to the targets.
  const Mixing& apply(std::uint64_t seed, std::uint64_t position, std::span<float> inputs, std::size_t rows,
                      Team& team);

 private:
  struct Stage {
    const Augmentation* kind;
    std::vector<double> options;
  };
  // All of these, in order, on every row.
  void apply_to_rows(std::size_t first, std::size_t last, std::span<float> inputs, Team& team);
  void mix(std::size_t stage, std::span<float> inputs, Team& team);

  ImageShape image_;
  float black_ = 0;
  std::vector<Stage> stages_;
  std::uint64_t seed_ = 0, position_ = 0;
  std::size_t rows_ = 0;
  Mixing mixing_;
  std::vector<float> before_;  // the rows as they were
};

// Mixes rows of numbers.
void mix_rows(const Mixing& mixing, std::span<float> numbers);

// The text of `items` in canonical form, or with every option. Throws as the constructor does, but for what
// depends on the samples.
std::string augment_text(std::span<const Item> items, const Source& source, bool every);

// Throws Error(usage) where there is no such augmentation; `also` is a further complaint.
void check_augmentation(const Item& item, const Source& source, const std::string& also = {});

}  // namespace thalweg
