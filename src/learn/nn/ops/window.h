// Windows that move over images: their options in a model's text, and what fits. An operation on images takes
// {rows, channels, height, width} or, with one axis, {rows, channels, width}: an image that is one high.
#pragma once

#include <string_view>

#include "base/options.h"
#include "nn/graph.h"
#include "nn/tape.h"
#include "thalweg/images.h"

namespace thalweg {

inline constexpr Range kWindowSizes{1, 1048576};
inline constexpr Option kKernelOption = required(
    sizes_option("kernel", "", kWindowSizes, "size of the window; one number, or one for each axis"));
inline constexpr Option kPaddingOption = sizes_option(
    "padding", "0", {0, 1048576},
    "rows and columns added on every side; same: as many as make size / stride places, rounded up", "same");

// The options of a window as a model's text gives them; null: not an option of this layer.
struct WindowSettings {
  const Setting* kernel = nullptr;
  const Setting* stride = nullptr;  // not given: the kernel's
  const Setting* padding = nullptr;
  const Setting* dilation = nullptr;
};

// Over samples of so many axes: {channels, height, width} or {channels, width}. Throws Error(usage), which
// begins with `layer`, for samples of other shapes, lists of another length and windows that do not fit.
Window window_of(std::string_view layer, std::size_t axes, const WindowSettings& settings,
                 const Shape& sample);

// A window over so many axes as the attributes of an ONNX operator; without its padding where that is added
// before.
std::vector<GraphAttribute> attributes_of(const Window& window, std::size_t axes, bool padded, bool dilated);

// Throws Error(usage) for numbers out of range, or a window that fits nowhere.
void check_window(std::string_view op, const Window& window, std::int64_t height, std::int64_t width);

// What a window over the last `axes` dimensions makes of a shape, with so many channels before them.
Shape moved_over(const Window& window, Shape shape, std::size_t axes, std::int64_t channels);

// The sizes of a tensor of images.
struct Images {
  std::size_t rows = 0, channels = 0, height = 1, width = 0;

  // Throws Error(usage), which begins with `op`, for a tensor without rows, channels and one or two axes.
  static Images of(std::string_view op, const Shape& shape);
  std::size_t places() const { return height * width; }
  std::size_t sample() const { return channels * places(); }
};

}  // namespace thalweg
