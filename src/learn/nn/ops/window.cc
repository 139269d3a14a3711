#include "nn/ops/window.h"

#include <algorithm>
#include <string>

#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::string_view kAxes[] = {"height", "width"};

[[noreturn]] void fail(std::string_view op, std::string what, std::string got, std::string want,
                       std::string hint = {}) {
  throw Error(Code::usage,
              {std::string(op), std::move(what), std::move(got), std::move(want), std::move(hint)});
}

// The numbers of a setting, the first axis of one being the width.
Window::Pair pair_of(std::string_view layer, std::string_view option, std::size_t axes,
                     const Setting& setting) {
  const Value& value = std::get<Value>(setting);
  const auto number = [](const Value& size) { return static_cast<std::int64_t>(*read_number(size.word)); };
  Window::Pair pair = {option == "padding" ? 0 : 1, 1};
  if (value.kind != Value::Kind::list) {
    pair[1] = number(value);
    if (axes == 2) pair[0] = pair[1];
    return pair;
  }
  if (value.list.size() != axes) {
    fail(layer, "`" + std::string(option) + "` has a number too many or too few", "`" + print(value) + "`",
         axes == 2 ? "[height, width]" : "one number");
  }
  for (std::size_t i = 0; i < axes; ++i) pair[2 - axes + i] = number(value.list[i]);
  return pair;
}

bool is_word(const Setting& setting, std::string_view word) {
  const Value* value = std::get_if<Value>(&setting);
  return value != nullptr && value->kind == Value::Kind::word && value->word == word;
}

// As little as makes size / stride places, rounded up; what is odd comes after.
void pad_to_same(Window& window, const Shape& image) {
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t size = image[axis + 1], stride = window.stride[axis];
    const std::int64_t reach = window.dilation[axis] * (window.kernel[axis] - 1) + 1;
    const std::int64_t all =
        std::max<std::int64_t>(0, ((size + stride - 1) / stride - 1) * stride + reach - size);
    window.before[axis] = all / 2;
    window.after[axis] = all - all / 2;
  }
}

}  // namespace

std::int64_t Window::places(std::size_t axis, std::int64_t size) const {
  const std::int64_t reach = dilation[axis] * (kernel[axis] - 1) + 1;
  const std::int64_t room = size + before[axis] + after[axis] - reach;
  return room < 0 ? 0 : room / stride[axis] + 1;
}

void check_window(std::string_view op, const Window& window, std::int64_t height, std::int64_t width) {
  const std::int64_t sizes[] = {height, width};
  constexpr std::int64_t kMost = 1 << 20;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    for (const std::int64_t size : {window.kernel[axis], window.stride[axis], window.dilation[axis]}) {
      if (size < 1 || size > kMost)
        fail(op, "kernel, stride and dilation are out of range", std::to_string(size), "1 to 1048576");
    }
    for (const std::int64_t padding : {window.before[axis], window.after[axis]}) {
      if (padding < 0 || padding > kMost)
        fail(op, "the padding is out of range", std::to_string(padding), "0 to 1048576");
    }
    if (window.places(axis, sizes[axis]) > 0) continue;
    const std::int64_t reach = window.dilation[axis] * (window.kernel[axis] - 1) + 1;
    fail(op, "the window is larger than the " + std::string(kAxes[axis]) + " of its input",
         std::to_string(reach) + " over " +
             std::to_string(sizes[axis] + window.before[axis] + window.after[axis]) + ", padding included",
         "a window that fits", "take a smaller kernel, more padding or fewer pools before it");
  }
}

Window window_of(std::string_view layer, std::size_t axes, const WindowSettings& settings,
                 const Shape& sample) {
  if (sample.size() != axes + 1) {
    const bool flat = sample.size() == 1;
    fail(layer, "a sample has the wrong shape", print_shape(sample),
         axes == 2 ? "channels x height x width" : "channels x width",
         flat ? "put `reshape([channels, " + std::string(axes == 2 ? "height, width" : "width") +
                    "])` before it"
              : "");
  }
  Shape image = sample;
  if (axes == 1) image.insert(image.begin() + 1, 1);
  Window window;
  window.kernel = pair_of(layer, "kernel", axes, *settings.kernel);
  window.stride = window.kernel;
  if (given(*settings.stride)) window.stride = pair_of(layer, "stride", axes, *settings.stride);
  if (settings.dilation != nullptr) window.dilation = pair_of(layer, "dilation", axes, *settings.dilation);
  if (is_word(*settings.padding, "same")) {
    pad_to_same(window, image);
  } else {
    window.before = window.after = pair_of(layer, "padding", axes, *settings.padding);
  }
  check_window(layer, window, image[1], image[2]);
  return window;
}

std::vector<GraphAttribute> attributes_of(const Window& window, std::size_t axes, bool padded, bool dilated) {
  using Numbers = std::vector<std::int64_t>;
  const auto of = [&](const Window::Pair& pair) {
    return Numbers(pair.end() - static_cast<std::ptrdiff_t>(axes), pair.end());
  };
  std::vector<GraphAttribute> out = {{"kernel_shape", of(window.kernel)}, {"strides", of(window.stride)}};
  if (dilated) out.push_back({"dilations", of(window.dilation)});
  if (!padded) return out;
  Numbers pads = of(window.before);
  for (const std::int64_t after : of(window.after)) pads.push_back(after);
  out.push_back({"pads", std::move(pads)});
  return out;
}

Shape moved_over(const Window& window, Shape shape, std::size_t axes, std::int64_t channels) {
  const std::size_t first = shape.size() - axes;
  shape[first - 1] = channels;
  for (std::size_t i = 0; i < axes; ++i) shape[first + i] = window.places(2 - axes + i, shape[first + i]);
  return shape;
}

Images Images::of(std::string_view op, const Shape& shape) {
  if (shape.size() != 3 && shape.size() != 4) {
    fail(op, "x has the wrong shape", "x " + print_shape(shape),
         "rows x channels x height x width, or rows x channels x width");
  }
  const auto size = [&](std::size_t i) { return static_cast<std::size_t>(shape[i]); };
  if (shape.size() == 3) return {size(0), size(1), 1, size(2)};
  return {size(0), size(1), size(2), size(3)};
}

}  // namespace thalweg
