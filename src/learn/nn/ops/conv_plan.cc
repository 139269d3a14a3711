#include "nn/ops/conv_plan.h"

#include <algorithm>

namespace thalweg {
namespace {

constexpr std::size_t kMostBlocks = 16;       // as many threads can work on one layer
constexpr double kLeastBlockFlops = 1 << 20;  // some 10 microseconds

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

std::vector<Reach> reaches(const Window& window, std::size_t axis, std::size_t size) {
  std::vector<Reach> all;
  const auto stride = static_cast<std::size_t>(window.stride[axis]);
  for (std::size_t first = 0; first < std::min(stride, size); ++first) {
    Reach reach{first, (size - first + stride - 1) / stride, {}};
    for (std::int64_t u = 0; u < window.kernel[axis]; ++u) {
      const std::int64_t from =
          static_cast<std::int64_t>(first) + window.before[axis] - u * window.dilation[axis];
      if (from % window.stride[axis] != 0) continue;
      reach.places.emplace_back(static_cast<std::size_t>(u), floor_div(from, window.stride[axis]));
    }
    all.push_back(std::move(reach));
  }
  return all;
}

// Outputs before the first and after the last that the inputs ask for.
std::pair<std::int64_t, std::int64_t> beyond(const std::vector<Reach>& all, std::size_t outputs) {
  std::int64_t least = 0, most = static_cast<std::int64_t>(outputs) - 1;
  for (const Reach& reach : all) {
    for (const auto& [place, output] : reach.places) {
      least = std::min<std::int64_t>(least, output);
      most = std::max<std::int64_t>(most, output + static_cast<std::int64_t>(reach.count) - 1);
    }
  }
  return {-least, most + 1 - static_cast<std::int64_t>(outputs)};
}

}  // namespace

Framed::Framed(const Images& image, const Window::Pair& before, const Window::Pair& after)
    : high(image.height + static_cast<std::size_t>(before[0] + after[0])),
      wide(image.width + static_cast<std::size_t>(before[1] + after[1])),
      first((static_cast<std::size_t>(before[0]) * wide + static_cast<std::size_t>(before[1])) *
            image.channels),
      needed(high != image.height || wide != image.width) {}

ConvPlan::ConvPlan(const Window& moved, std::size_t cut, const Images& in, const Images& out)
    : window(moved),
      groups(cut),
      x(in),
      y(out),
      in_each(x.channels / groups),
      out_each(y.channels / groups),
      channel_wise(groups > 1 && in_each == 1 && out_each == 1),
      places(static_cast<std::size_t>(window.kernel[0] * window.kernel[1])),
      framed_x(x, window.before, window.after) {
  for (std::int64_t u = 0; u < window.kernel[0]; ++u) {
    for (std::int64_t v = 0; v < window.kernel[1]; ++v) {
      const auto place =
          u * window.dilation[0] * static_cast<std::int64_t>(framed_x.wide) + v * window.dilation[1];
      taps.push_back(place * static_cast<std::int64_t>(x.channels));
    }
  }

  const std::vector<Reach> rows = reaches(window, 0, x.height), columns = reaches(window, 1, x.width);
  const auto [above, below] = beyond(rows, y.height);
  const auto [left, right] = beyond(columns, y.width);
  framed_dy = Framed(y, {above, left}, {below, right});
  std::size_t first = 0;
  for (const Reach& row : rows) {
    for (const Reach& column : columns) {
      InputPart part{row, column, {}, first};
      for (const auto& [u, i] : row.places) {
        for (const auto& [v, j] : column.places) {
          part.taps.push_back(((i + above) * static_cast<std::int64_t>(framed_dy.wide) + j + left) *
                              static_cast<std::int64_t>(y.channels));
        }
      }
      first += part.taps.size();
      parts.push_back(std::move(part));
    }
  }

  const double flops = 2.0 * static_cast<double>(y.sample()) * static_cast<double>(places * in_each);
  const auto least = static_cast<std::size_t>(kLeastBlockFlops / std::max(1.0, flops));
  block_rows = std::max({std::size_t{1}, least, (x.rows + kMostBlocks - 1) / kMostBlocks});
  blocks = (x.rows + block_rows - 1) / block_rows;
}

std::size_t ConvPlan::end_of(std::size_t block) const { return std::min(x.rows, (block + 1) * block_rows); }

}  // namespace thalweg
