// noise: normal numbers added to every input.
#include <cmath>
#include <numbers>

#include "augment/augmentation.h"

namespace thalweg {
namespace {

constexpr Option kOptions[] = {
    required(number_option("deviation", "", kPositive, "standard deviation, in units of the scaled inputs"))};

// Box and Muller 1958.
void apply(std::span<const double> o, const Draw& draw, const Augmented& sample) {
  const auto [deviation] = options<kOptions, "deviation">(o);
  const std::size_t n = sample.values.size();
  for (std::size_t begin = 0; begin < n; begin += 4) {
    const std::array<double, 4> u = draw.uniforms(begin / 4);
    for (std::size_t pair = 0; pair < 4 && begin + pair < n; pair += 2) {
      const double radius = deviation * std::sqrt(-2.0 * std::log(1 - u[pair]));
      const double angle = 2.0 * std::numbers::pi * u[pair + 1];
      float* to = sample.values.data() + begin + pair;
      to[0] = static_cast<float>(static_cast<double>(to[0]) + radius * std::cos(angle));
      if (begin + pair + 1 < n)
        to[1] = static_cast<float>(static_cast<double>(to[1]) + radius * std::sin(angle));
    }
  }
}

}  // namespace

extern constinit const Augmentation kNoiseAugmentation{
    .spec = {.name = "noise",
             .doc = "adds normal noise to every input",
             .source = "Bishop 1995, Training with Noise is Equivalent to Tikhonov Regularization, "
                       "doi:10.1162/neco.1995.7.1.108",
             .options = kOptions,
             .formula = R"(
y_j = x_j + deviation e_j
e_j standard normal, drawn for each input of each sample)"},
    .apply = apply};

}  // namespace thalweg
