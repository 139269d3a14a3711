// shift: an image somewhere else in its frame.
#include <algorithm>

#include "augment/augmentation.h"

namespace thalweg {

void move_image(const Augmented& sample, std::ptrdiff_t down, std::ptrdiff_t right) {
  const auto height = static_cast<std::ptrdiff_t>(sample.image.height);
  const auto width = static_cast<std::ptrdiff_t>(sample.image.width);
  std::ranges::copy(sample.values, sample.scratch.begin());
  std::ranges::fill(sample.values, sample.black);
  const std::ptrdiff_t begin = std::max<std::ptrdiff_t>(0, right), end = std::min(width, width + right);
  if (begin >= end) return;
  for (std::size_t channel = 0; channel < sample.image.channels; ++channel) {
    const std::size_t first = channel * sample.image.pixels();
    for (std::ptrdiff_t y = std::max<std::ptrdiff_t>(0, down); y < std::min(height, height + down); ++y) {
      const float* from = sample.scratch.data() + first + (y - down) * width;
      std::copy(from + begin - right, from + end - right, sample.values.data() + first + y * width + begin);
    }
  }
}

namespace {

constexpr Option kOptions[] = {required(in_unit(
    "pixels", count_option("pixels", "", {.min = 1, .max = 65535},
                           "the farthest that an image moves in each direction; smaller than the image")))};

void apply(std::span<const double> o, const Draw& draw, const Augmented& sample) {
  const auto most = static_cast<std::ptrdiff_t>(option<kOptions, "pixels">(o));
  const auto by = [&](std::uint64_t index) {
    return static_cast<std::ptrdiff_t>(draw.below(static_cast<std::size_t>(2 * most + 1), index)) - most;
  };
  move_image(sample, by(0), by(1));
}

std::array<std::string, 2> misfit(std::span<const double> o, const ImageShape& image) {
  const double most = option<kOptions, "pixels">(o);
  const std::size_t side = std::min(image.height, image.width);
  if (most < static_cast<double>(side)) return {};
  return {print_number(most), "fewer pixels than the " + std::to_string(side) + " of a side"};
}

}  // namespace

extern constinit const Augmentation kShiftAugmentation{
    .spec = {.name = "shift",
             .doc = "moves each image by a random number of pixels, and fills with black",
             .source = "Simard, Steinkraus and Platt 2003, doi:10.1109/ICDAR.2003.1227801",
             .options = kOptions,
             .formula = R"(
y(i, j) = x(i - a, j - b), or black outside of x
a, b whole and uniform in -pixels .. pixels, drawn for each sample; i rows, j columns
black: what the number 0 of the source is after scaling)"},
    .of_images = true,
    .apply = apply,
    .misfit = misfit};

}  // namespace thalweg
