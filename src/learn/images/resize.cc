#include "images/resize.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace thalweg {
namespace {

// The pixels of a line that one pixel of the new line is a mean of.
struct Tap {
  std::size_t first = 0;
  std::vector<double> weights;
};

std::vector<Tap> taps_of(std::size_t from, std::size_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double reach = std::max(scale, 1.0);  // of a triangle, to each side
  std::vector<Tap> taps(to);
  for (std::size_t i = 0; i < to; ++i) {
    const double centre = scale * (static_cast<double>(i) + 0.5);
    const auto pixel = [&](double x) {
      return static_cast<std::size_t>(std::clamp(std::floor(x), 0.0, static_cast<double>(from)));
    };
    const std::size_t begin = pixel(centre - reach + 0.5), end = pixel(centre + reach + 0.5);
    double sum = 0;
    taps[i].first = begin;
    for (std::size_t j = begin; j < end; ++j) {
      const double weight = std::max(0.0, 1 - std::abs(static_cast<double>(j) + 0.5 - centre) / reach);
      taps[i].weights.push_back(weight);
      sum += weight;
    }
    for (double& weight : taps[i].weights) weight /= sum;
  }
  return taps;
}

// The mean under a tap of numbers that lie `stride` apart.
template <class T>
double mean(const Tap& tap, const T* line, std::size_t stride) {
  double sum = 0;
  for (std::size_t k = 0; k < tap.weights.size(); ++k)
    sum += tap.weights[k] * static_cast<double>(line[(tap.first + k) * stride]);
  return sum;
}

}  // namespace

void resize(std::span<const float> image, std::size_t height, std::size_t width, std::span<float> out,
            std::size_t rows, std::size_t columns) {
  const std::vector<Tap> across = taps_of(width, columns), down = taps_of(height, rows);
  std::vector<double> lines(height * columns);  // as wide as they become
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < columns; ++x)
      lines[y * columns + x] = mean(across[x], image.data() + y * width, 1);
  }
  for (std::size_t y = 0; y < rows; ++y) {
    for (std::size_t x = 0; x < columns; ++x)
      out[y * columns + x] = static_cast<float>(mean(down[y], lines.data() + x, columns));
  }
}

}  // namespace thalweg
