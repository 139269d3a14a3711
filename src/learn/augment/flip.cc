// flip: an image mirrored.
#include <algorithm>

#include "augment/augmentation.h"

namespace thalweg {
namespace {

constexpr Option kOptions[] = {
    in_unit("fraction",
            number_option("p", "0.5", {.min = 0, .max = 1}, "probability that a sample is mirrored")),
    choice_option("axis", "horizontal|vertical", "horizontal",
                  "horizontal: left and right change places; vertical: top and bottom do")};

void apply(std::span<const double> o, const Draw& draw, const Augmented& sample) {
  const auto [p, axis] = options<kOptions, "p", "axis">(o);
  if (draw.uniform(0) >= p) return;
  const auto [channels, height, width] = sample.image;
  for (std::size_t row = 0; axis == 0 && row < channels * height; ++row)
    std::ranges::reverse(sample.values.subspan(row * width, width));
  for (std::size_t channel = 0; axis != 0 && channel < channels; ++channel) {
    float* rows = sample.values.data() + channel * height * width;
    for (std::size_t y = 0; y < height / 2; ++y)
      std::swap_ranges(rows + y * width, rows + (y + 1) * width, rows + (height - 1 - y) * width);
  }
}

}  // namespace

extern constinit const Augmentation kFlipAugmentation{
    .spec = {.name = "flip",
             .doc = "mirrors each image with probability p",
             .source =
                 "Krizhevsky, Sutskever and Hinton 2012, section 4.1; torchvision's RandomHorizontalFlip",
             .options = kOptions,
             .formula = R"(
y(i, j) = x(i, width - 1 - j) with probability p, else x(i, j); drawn for each sample
axis=vertical: y(i, j) = x(height - 1 - i, j))"},
    .of_images = true,
    .apply = apply};

}  // namespace thalweg
