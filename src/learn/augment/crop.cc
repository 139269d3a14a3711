// crop: a window of an image in its place.
#include <algorithm>
#include <cmath>

#include "augment/augmentation.h"

namespace thalweg {
namespace {

constexpr Range kSides{.min = 1, .max = 65535};
constexpr Option kOptions[] = {
    in_unit("pixels",
            count_option("size", "", kSides,
                         "side of the square window, at most that of the image; by default all of it")),
    in_unit("pixels", count_option("padding", "0", {.min = 0, .max = 65535}, "black added on every side"))};

struct Window {
  std::size_t height, width;
  std::ptrdiff_t padding;
};

Window window_of(std::span<const double> o, const ImageShape& image) {
  const auto [size, padding] = options<kOptions, "size", "padding">(o);
  const auto border = static_cast<std::ptrdiff_t>(padding);
  if (std::isnan(size)) return {image.height, image.width, border};
  return {static_cast<std::size_t>(size), static_cast<std::size_t>(size), border};
}

// Where a window of so many pixels begins: in -padding .. side + padding - window.
std::ptrdiff_t begin_of(const Draw& draw, std::uint64_t index, std::size_t side, std::size_t window,
                        std::ptrdiff_t padding) {
  const std::size_t places = side + 2 * static_cast<std::size_t>(padding) - window + 1;
  return static_cast<std::ptrdiff_t>(draw.below(places, index)) - padding;
}

// Two neighbours in the window that a pixel of the image lies between, and how much of it is the second's.
struct Between {
  std::size_t first, second;
  double share;
};
Between between(std::size_t i, double step, std::size_t window) {
  const double from = std::max(0.0, (static_cast<double>(i) + 0.5) * step - 0.5);
  const auto first = static_cast<std::size_t>(from);
  return {first, std::min(first + 1, window - 1), from - static_cast<double>(first)};
}

void apply(std::span<const double> o, const Draw& draw, const Augmented& sample) {
  const auto [channels, height, width] = sample.image;
  const Window window = window_of(o, sample.image);
  const std::ptrdiff_t top = begin_of(draw, 0, height, window.height, window.padding);
  const std::ptrdiff_t left = begin_of(draw, 1, width, window.width, window.padding);
  if (window.height == height && window.width == width) return move_image(sample, -top, -left);
  std::ranges::copy(sample.values, sample.scratch.begin());
  const double down = static_cast<double>(window.height) / static_cast<double>(height);
  const double across = static_cast<double>(window.width) / static_cast<double>(width);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    const float* plane = sample.scratch.data() + channel * height * width;
    float* to = sample.values.data() + channel * height * width;
    const auto at = [&](std::size_t i, std::size_t j) -> double {  // of the window
      const std::size_t y = i + static_cast<std::size_t>(top), x = j + static_cast<std::size_t>(left);
      return y < height && x < width ? plane[y * width + x] : sample.black;  // below 0 is far above
    };
    for (std::size_t y = 0; y < height; ++y) {
      const auto [i0, i1, v] = between(y, down, window.height);
      for (std::size_t x = 0; x < width; ++x) {
        const auto [j0, j1, u] = between(x, across, window.width);
        const double upper = (1 - u) * at(i0, j0) + u * at(i0, j1),
                     lower = (1 - u) * at(i1, j0) + u * at(i1, j1);
        to[y * width + x] = static_cast<float>((1 - v) * upper + v * lower);
      }
    }
  }
}

std::array<std::string, 2> misfit(std::span<const double> o, const ImageShape& image) {
  const Window window = window_of(o, image);
  const std::size_t side = std::min(image.height, image.width);
  const bool whole = window.height == image.height && window.width == image.width;
  if (whole && window.padding == 0) return {"the whole image", "a size, or a padding"};
  if (whole || window.height <= side) return {};
  return {"a window of " + std::to_string(window.height), "at most " + std::to_string(side) + " pixels"};
}

}  // namespace

extern constinit const Augmentation kCropAugmentation{
    .spec = {.name = "crop",
             .doc = "a random window of each image, enlarged to the size of the image where it is smaller",
             .source =
                 "Krizhevsky, Sutskever and Hinton 2012, section 4.1; torchvision's RandomCrop with Resize",
             .options = kOptions,
             .formula = R"(
z(i, j) = x(i + a, j + b), i and j below size, or black outside of x
a, b whole and uniform in -padding .. side + padding - size, drawn for each sample
y = z where it is as large as x, else z enlarged to the size of x, bilinear, as torch's
interpolate(align_corners=False) does
The shape of a sample stays, so that the model also takes the whole images that it is
judged by. crop(padding=4) is the one in use for images of 32 x 32.)"},
    .of_images = true,
    .apply = apply,
    .misfit = misfit};

}  // namespace thalweg
