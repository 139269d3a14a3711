// rms_norm.
#include <limits>

#include "base/options.h"
#include "nn/module.h"
#include "nn/ops/affine.h"
#include "nn/ops/normalise.h"
#include "thalweg/images.h"

namespace thalweg {
namespace {

constexpr Option kOptions[] = {
    kLastDimensions,
    number_option("eps", "", kNotNegative,
                  "added to the mean square; left out: 1.2e-7 in f32, 2.2e-16 in f64, as in torch"),
    kAffine,
};

Shape plan(const Settings& settings, const Shape& input, std::vector<Weight>& weights) {
  const Shape shape = last_dimensions("model", input, last_dimensions_of<kOptions>(settings));
  if (std::get<bool>(option<kOptions, "affine">(settings))) add_affine(shape, false, weights);
  return input;
}

Tensor record(Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor> weights) {
  const auto* eps = std::get_if<double>(&option<kOptions, "eps">(settings));
  return rms_norm(tape, x, weight_of(weights), last_dimensions_of<kOptions>(settings),
                  eps != nullptr ? std::optional(*eps) : std::nullopt);
}

double spacing_at_one(Dtype dtype) {
  return dtype == Dtype::f32 ? double{std::numeric_limits<float>::epsilon()}
                             : std::numeric_limits<double>::epsilon();
}

std::string describe(Graph& graph, const GraphPlace& at) {
  const auto* eps = std::get_if<double>(&option<kOptions, "eps">(at.settings));
  return describe_last(graph, at, last_dimensions_of<kOptions>(at.settings), false,
                       eps != nullptr ? *eps : spacing_at_one(Dtype::f32));
}

}  // namespace

Tensor rms_norm(Tape& tape, Tensor x, Tensor weight, int axes, std::optional<double> eps) {
  Shape shape = last_dimensions("rms_norm", tape.shape(x), axes);
  const Boxes boxes{.channels = count(shape)};
  return record_normalise(
      tape, row_major(tape, x), weight, {},
      {"rms_norm", boxes, std::move(shape), false, eps.value_or(spacing_at_one(tape.dtype()))});
}

extern constinit const Layer rms_norm_layer{
    .spec = {.name = "rms_norm",
             .doc = "brings each sample to mean square 1 over its last dimensions",
             .source = "Zhang and Sennrich 2019, arXiv:1910.07467",
             .options = kOptions,
             .formula = R"(
h  = x / sqrt(mean(x^2) + eps)
y  = w h
dx = (g - h mean(g h)) / sqrt(mean(x^2) + eps), g = w dy
dw = the sum of dy h over all samples
means over the last `axes` dimensions; w starts at 1)"},
    .plan = plan,
    .record = record,
    .takes_any = true,
    .describe = describe,
};

}  // namespace thalweg
