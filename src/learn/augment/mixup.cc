// mixup: each sample mixed with another one of its batch, and its target likewise.
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "augment/augmentation.h"

namespace thalweg {
namespace {

constexpr Option kOptions[] = {number_option(
    "alpha", "0.2", kPositive, "of the distribution Beta(alpha, alpha) of the share; 1: uniform")};

// Numbers of a stream, one after the other.
class Stream {
 public:
  explicit Stream(const Draw& draw, std::uint64_t first) : draw_(draw), next_(first) {}

  double uniform() { return draw_.uniform(next_++); }
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log1p(-uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
  }

 private:
  const Draw& draw_;
  std::uint64_t next_;
};

// The logarithm of a number of Gamma(alpha), by Marsaglia and Tsang 2000, A Simple Method for Generating
// Gamma Variables: one of Gamma(alpha + 1) times u^(1 / alpha), which for a small alpha no double holds.
double log_gamma_variate(double alpha, Stream& stream) {
  const double d = alpha + 1 - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = stream.normal();
    const double v = std::pow(1 + c * x, 3);
    const double u = 1 - stream.uniform();  // in (0, 1]
    if (v <= 0 || std::log(u) >= x * x / 2 + d - d * v + d * std::log(v)) continue;
    return std::log(d * v) + std::log(1 - stream.uniform()) / alpha;
  }
}

void mix(std::span<const double> o, const Draw& draw, Mixing& mixing) {
  const auto [alpha] = options<kOptions, "alpha">(o);
  std::vector<std::size_t>& order = mixing.partners;
  const std::size_t n = order.size();
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[draw.below(i, n - i)]);
  Stream stream(draw, n);
  const double a = log_gamma_variate(alpha, stream), b = log_gamma_variate(alpha, stream);
  mixing.share = 1 / (1 + std::exp(b - a));
}

}  // namespace

extern constinit const Augmentation kMixupAugmentation{
    .spec = {.name = "mixup",
             .doc = "mixes each sample and its target with another one of the batch",
             .source = "Zhang, Cisse, Dauphin and Lopez-Paz 2017, arXiv:1710.09412",
             .options = kOptions,
             .formula = R"(
x_i   <- s x_i + (1 - s) x_p(i)
y_i   <- s y_i + (1 - s) y_p(i) where targets are values
loss_i = s loss(f(x_i), y_i) + (1 - s) loss(f(x_i), y_p(i)) where they are classes
s of Beta(alpha, alpha) and p, a permutation of the samples that pass through the model
together, drawn for each such batch)"},
    .mix = mix};

}  // namespace thalweg
