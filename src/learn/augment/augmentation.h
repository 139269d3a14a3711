// Augmentations: what is done to the samples of a batch each time they are trained on, and never where a
// model is judged. A new one is one file that defines an Augmentation and one line in augmentations.inc that
// names it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/options.h"
#include "base/random.h"

namespace thalweg {

// Random numbers of one sample and one augmentation: functions of the seed, the position of the sample in the
// run - how many were trained on before it -, the number of the augmentation in its text and the index alone.
// So neither threads nor a resume change them.
class Draw {
 public:
  Draw(std::uint64_t seed, std::uint64_t position, std::uint64_t number)
      : seed_(seed), position_(position), number_(number) {}

  // In [0, 1), those of the indices 4 block .. 4 block + 3.
  std::array<double, 4> uniforms(std::uint64_t block) const {
    const auto bits =
        philox4x64({block, position_, number_, 0}, {seed_, static_cast<std::uint64_t>(Purpose::augment)});
    std::array<double, 4> out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<double>(bits[i] >> 11) * 0x1p-53;
    return out;
  }
  double uniform(std::uint64_t index) const { return uniforms(index / 4)[index % 4]; }
  // In 0 .. bound-1, even to bound in 2^53.
  std::size_t below(std::size_t bound, std::uint64_t index) const {
    return static_cast<std::size_t>(uniform(index) * static_cast<double>(bound));
  }

 private:
  std::uint64_t seed_, position_, number_;
};

// The shape of an image whose numbers lie row by row, one channel after the other.
struct ImageShape {
  std::size_t channels = 0;
  std::size_t height = 0;
  std::size_t width = 0;

  std::size_t pixels() const { return height * width; }
};

// One sample as the model is about to meet it, scaled. Where it is no image, the shape is all 0.
struct Augmented {
  std::span<float> values;
  ImageShape image;
  float black = 0;           // what a 0 of the source is
  std::span<float> scratch;  // as many numbers as there are values
};

// How the rows of a batch are mixed: each is `share` of itself and the rest of its partner.
struct Mixing {
  double share = 1;
  std::vector<std::size_t> partners;  // rows; empty: nothing is mixed
};

// Exactly one of the two functions is there; `o` are the options in Spec order, NaN where one is not given.
struct Augmentation {
  Spec spec;
  bool of_images = false;  // has no meaning for samples that are no images
  // Changes one sample in place.
  void (*apply)(std::span<const double> o, const Draw& draw, const Augmented& sample) = nullptr;
  // How to mix a batch, which has as many rows as there are partners; the draw is of its first sample.
  void (*mix)(std::span<const double> o, const Draw& draw, Mixing& mixing) = nullptr;
  // What is wrong with the options for such images: got and want; empty where they fit.
  std::array<std::string, 2> (*misfit)(std::span<const double> o, const ImageShape& image) = nullptr;
};

// In the order of augmentations.inc.
std::span<const Spec* const> augmentation_specs();

// Moves an image by so many rows and columns, down and to the right; what comes in is black.
void move_image(const Augmented& sample, std::ptrdiff_t down, std::ptrdiff_t right);

}  // namespace thalweg
