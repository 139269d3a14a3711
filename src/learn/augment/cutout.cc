// cutout: a square of each image wiped out.
#include <algorithm>

#include "augment/augmentation.h"

namespace thalweg {
namespace {

constexpr Option kOptions[] = {
    required(in_unit("pixels", count_option("size", "", {.min = 1, .max = 65535}, "side of the square")))};

// The part within the image of a square that begins `before` the centre.
struct Cut {
  std::size_t begin, end;
};
Cut cut(std::size_t centre, std::size_t size, std::size_t side) {
  const std::size_t before = size / 2;
  return {centre - std::min(centre, before), std::min(side, centre + size - before)};
}

void apply(std::span<const double> o, const Draw& draw, const Augmented& sample) {
  const auto size = static_cast<std::size_t>(option<kOptions, "size">(o));
  const auto [channels, height, width] = sample.image;
  const Cut rows = cut(draw.below(height, 0), size, height), columns = cut(draw.below(width, 1), size, width);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t y = rows.begin; y < rows.end; ++y) {
      const auto row = sample.values.subspan((channel * height + y) * width, width);
      std::ranges::fill(row.subspan(columns.begin, columns.end - columns.begin), 0.0f);
    }
  }
}

}  // namespace

extern constinit const Augmentation kCutoutAugmentation{
    .spec = {.name = "cutout",
             .doc = "sets a random square of each image to 0",
             .source = "DeVries and Taylor 2017, arXiv:1708.04552",
             .options = kOptions,
             .formula = R"(
y(i, j) = 0 where a <= i < a + size and b <= j < b + size, else x(i, j)
a + floor(size / 2), b + floor(size / 2) uniform over the pixels, so that part of the
square may lie outside; drawn for each sample
0 of the scaled inputs: the mean of the training pixels under scale=standard)"},
    .of_images = true,
    .apply = apply};

}  // namespace thalweg
