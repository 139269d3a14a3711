// group_norm.
#include <string>

#include "base/options.h"
#include "nn/module.h"
#include "nn/ops/affine.h"
#include "nn/ops/normalise.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr Option kOptions[] = {
    required(count_option("groups", "", {1, 1048576}, "groups of channels, each as many")),
    number_option("eps", "1e-5", kNotNegative, "added to the variance"),
    kAffine,
};

int groups_of(const Settings& settings) {
  return static_cast<int>(std::get<double>(option<kOptions, "groups">(settings)));
}

void check_groups(const char* where, int groups, std::int64_t channels) {
  if (groups >= 1 && channels % groups == 0) return;
  throw Error(Code::usage, {where, "the groups of group_norm do not divide the channels",
                            std::to_string(groups) + " groups of " + std::to_string(channels) + " channels",
                            "a divisor of " + std::to_string(channels), "1 normalises the whole sample"});
}

Shape plan(const Settings& settings, const Shape& input, std::vector<Weight>& weights) {
  check_groups("model", groups_of(settings), input.front());
  if (std::get<bool>(option<kOptions, "affine">(settings))) add_affine({input.front()}, true, weights);
  return input;
}

Tensor record(Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor> weights) {
  return group_norm(tape, x, weight_of(weights), bias_of(weights), groups_of(settings),
                    std::get<double>(option<kOptions, "eps">(settings)));
}

std::string describe(Graph& graph, const GraphPlace& at) {
  const std::string groups = graph.reshape(at.x, {groups_of(at.settings), -1});
  const std::string h =
      graph.normalise(groups, {-1}, true, std::get<double>(option<kOptions, "eps">(at.settings)));
  return describe_affine(graph, graph.reshape(h, at.input), at.weights, channels_of(at.input));
}

}  // namespace

Tensor group_norm(Tape& tape, Tensor x, Tensor weight, Tensor bias, int groups, double eps) {
  const Shape& shape = tape.shape(x);
  if (shape.size() < 2) {
    throw Error(Code::usage,
                {"group_norm", "x has no channels", print_shape(shape), "x {rows, channels, ...}", ""});
  }
  check_groups("group_norm", groups, shape[1]);
  const std::size_t positions = count(Shape(shape.begin() + 2, shape.end()));
  const bool last = tape.order(x) == MemoryOrder::channels_last;
  const Boxes boxes{.groups = static_cast<std::size_t>(groups),
                    .channels = static_cast<std::size_t>(shape[1] / groups),
                    .positions = positions,
                    .channel_step = last ? 1 : positions,
                    .position_step = last ? static_cast<std::size_t>(shape[1]) : 1};
  return record_normalise(tape, x, weight, bias, {"group_norm", boxes, {shape[1]}, true, eps});
}

extern constinit const Layer group_norm_layer{
    .spec = {.name = "group_norm",
             .doc = "brings groups of channels to mean 0 and variance 1 in each sample",
             .source = "Wu and He 2018, arXiv:1803.08494",
             .options = kOptions,
             .formula = R"(
h  = (x - m) / sqrt(v + eps)
y  = w h + b
dx = (g - mean(g) - h mean(g h)) / sqrt(v + eps), g = w dy
dw = the sum of dy h over all samples and positions, db = that of dy
m, v the mean and variance over a group's channels and all their positions, channels being
the first dimension of a sample; each channel has its w, from 1 on, and its b, from 0 on)"},
    .plan = plan,
    .record = record,
    .takes_any = true,
    .describe = describe,
};

}  // namespace thalweg
