// layer_norm.
#include <string>

#include "base/options.h"
#include "nn/module.h"
#include "nn/ops/affine.h"
#include "nn/ops/normalise.h"
#include "thalweg/error.h"
#include "thalweg/images.h"

namespace thalweg {
namespace {

constexpr Option kOptions[] = {
    kLastDimensions,
    number_option("eps", "1e-5", kNotNegative, "added to the variance"),
    kAffine,
    flag_option("bias", "true", "whether an affine one learns a bias, too"),
};

Shape plan(const Settings& settings, const Shape& input, std::vector<Weight>& weights) {
  const Shape shape = last_dimensions("model", input, last_dimensions_of<kOptions>(settings));
  if (std::get<bool>(option<kOptions, "affine">(settings))) {
    add_affine(shape, std::get<bool>(option<kOptions, "bias">(settings)), weights);
  }
  return input;
}

Tensor record(Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor> weights) {
  return layer_norm(tape, x, weight_of(weights), bias_of(weights), last_dimensions_of<kOptions>(settings),
                    std::get<double>(option<kOptions, "eps">(settings)));
}

std::string describe(Graph& graph, const GraphPlace& at) {
  return describe_last(graph, at, last_dimensions_of<kOptions>(at.settings), true,
                       std::get<double>(option<kOptions, "eps">(at.settings)));
}

}  // namespace

Tensor layer_norm(Tape& tape, Tensor x, Tensor weight, Tensor bias, int axes, double eps) {
  Shape shape = last_dimensions("layer_norm", tape.shape(x), axes);
  const Boxes boxes{.channels = count(shape)};
  return record_normalise(tape, row_major(tape, x), weight, bias,
                          {"layer_norm", boxes, std::move(shape), true, eps});
}

extern constinit const Layer layer_norm_layer{
    .spec = {.name = "layer_norm",
             .doc = "brings each sample to mean 0 and variance 1 over its last dimensions",
             .source = "Ba, Kiros and Hinton 2016, arXiv:1607.06450",
             .options = kOptions,
             .formula = R"(
h  = (x - m) / sqrt(v + eps)
y  = w h + b
dx = (g - mean(g) - h mean(g h)) / sqrt(v + eps), g = w dy
dw = the sum of dy h over all samples, db = that of dy
m, v the mean and variance over the last `axes` dimensions; w starts at 1, b at 0)"},
    .plan = plan,
    .record = record,
    .takes_any = true,
    .describe = describe,
};

}  // namespace thalweg
