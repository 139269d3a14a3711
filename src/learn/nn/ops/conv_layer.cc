// conv2d, conv1d and depthwise_conv2d in a model's text.
#include <iterator>

#include "nn/module.h"
#include "nn/ops/window.h"

namespace thalweg {
namespace {

constexpr Option kStride =
    sizes_option("stride", "1", kWindowSizes, "distance between two places of the window");
constexpr Option kDilation =
    sizes_option("dilation", "1", kWindowSizes, "distance between two elements of the window");
constexpr Option kInit = init_option("init", "torch", "initial weights");
constexpr Option kBias = flag_option("bias", "true", "whether a bias is added");
constexpr Option kBiasInit = init_option("bias_init", "zeros", "initial bias");

constexpr Option kOptions[] = {
    required(count_option("channels", "", {1, 1048576}, "channels of the output")),
    kKernelOption,
    kStride,
    kPaddingOption,
    kDilation,
    count_option("groups", "1", {1, 1048576},
                 "parts into which the channels are cut; each makes its part of the output alone"),
    kInit,
    kBias,
    kBiasInit,
};

constexpr Option kDepthwiseOptions[] = {
    kKernelOption,
    kStride,
    kPaddingOption,
    kDilation,
    count_option("multiplier", "1", {1, 1048576}, "channels of the output for each channel"),
    kInit,
    kBias,
    kBiasInit,
};

struct Convolution {
  Window window;
  std::int64_t channels = 0;
  std::int64_t groups = 1;
};

double number(const Setting& setting) { return std::get<double>(setting); }

// The convolution that the settings of any of the three ask for.
template <const auto& kTable>
Convolution convolution(std::string_view layer, std::size_t axes, const Settings& settings,
                        const Shape& sample) {
  const WindowSettings window{&option<kTable, "kernel">(settings), &option<kTable, "stride">(settings),
                              &option<kTable, "padding">(settings), &option<kTable, "dilation">(settings)};
  Convolution out{window_of(layer, axes, window, sample)};
  if constexpr (std::size(kTable) == std::size(kDepthwiseOptions)) {
    out.groups = sample.front();
    out.channels = sample.front() * static_cast<std::int64_t>(number(option<kTable, "multiplier">(settings)));
  } else {
    out.groups = static_cast<std::int64_t>(number(option<kTable, "groups">(settings)));
    out.channels = static_cast<std::int64_t>(number(option<kTable, "channels">(settings)));
  }
  return out;
}

void check_groups(std::string_view layer, const Convolution& conv, std::int64_t channels) {
  if (channels % conv.groups == 0 && conv.channels % conv.groups == 0) return;
  throw Error(Code::usage, {std::string(layer), "`groups` does not divide the channels",
                            std::to_string(conv.groups) + " groups of " + std::to_string(channels) +
                                " channels, " + std::to_string(conv.channels) + " made of them",
                            "a number that divides both", ""});
}

template <const auto& kTable>
Shape plan(std::string_view layer, std::size_t axes, const Settings& settings, const Shape& sample,
           std::vector<Weight>& weights) {
  const Convolution conv = convolution<kTable>(layer, axes, settings, sample);
  check_groups(layer, conv, sample.front());
  const std::int64_t in = sample.front() / conv.groups;
  const std::int64_t places = conv.window.kernel[0] * conv.window.kernel[1];
  Shape shape = {conv.window.kernel[1], in, conv.channels};
  if (axes == 2) shape.insert(shape.begin(), conv.window.kernel[0]);
  const std::int64_t fan_in = places * in, fan_out = places * conv.channels;
  const auto init = [&](const Setting& setting) { return read_init(setting, fan_in, fan_out); };
  weights.push_back({"weight", shape, Role::weight, init(option<kTable, "init">(settings))});
  if (std::get<bool>(option<kTable, "bias">(settings)))
    weights.push_back({"bias", {conv.channels}, Role::bias, init(option<kTable, "bias_init">(settings))});
  return moved_over(conv.window, sample, axes, conv.channels);
}

template <const auto& kTable>
Tensor record(std::string_view layer, std::size_t axes, Tape& tape, Tensor x, const Settings& settings,
              std::span<const Tensor> weights, bool rectify) {
  const Shape& shape = tape.shape(x);
  const Convolution conv = convolution<kTable>(layer, axes, settings, {shape.begin() + 1, shape.end()});
  return conv2d(tape, x, weights[0], weights.size() > 1 ? weights[1] : Tensor{}, conv.window, conv.groups,
                rectify);
}

template <const auto& kTable>
std::string describe(std::string_view layer, std::size_t axes, Graph& graph, const GraphPlace& at) {
  const Convolution conv = convolution<kTable>(layer, axes, at.settings, at.input);
  const OrderedWeight weight = torch_order(*at.weights[0]);
  std::vector<std::string> from = {at.x, graph.constant(weight.shape, weight.values, at.weights[0]->name())};
  if (at.weights.size() > 1) from.push_back(graph.parameter(*at.weights[1], at.weights[1]->shape()));
  std::vector<GraphAttribute> attributes = attributes_of(conv.window, axes, true, true);
  attributes.push_back({"group", conv.groups});
  return graph.add("Conv", std::move(from), std::move(attributes));
}

// The functions of a Layer for one of the three.
template <const auto& kTable, Literal name, std::size_t axes>
constexpr Layer layer_of(Spec spec) {
  return {
      .spec = spec,
      .plan =
          [](const Settings& settings, const Shape& sample, std::vector<Weight>& weights) {
            return plan<kTable>(name.view(), axes, settings, sample, weights);
          },
      .record =
          [](Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor> weights) {
            return record<kTable>(name.view(), axes, tape, x, settings, weights, false);
          },
      .record_rectified =
          [](Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor> weights) {
            return record<kTable>(name.view(), axes, tape, x, settings, weights, true);
          },
      .takes_images = true,
      .describe = [](Graph& graph,
                     const GraphPlace& at) { return describe<kTable>(name.view(), axes, graph, at); },
  };
}

constexpr std::string_view kFormula = R"(
y[k,i,j] = b[k] + sum over c, u, v of x[c, i s - p + u d, j s - p + v d] W[u,v,c,k]
dx and dW: each such term passes dy[k,i,j] on, times the other factor; db = the sums of dy
s stride, p padding, d dilation, u and v over the kernel, c over the channels of k's group
W {kernel, channels / groups, outputs} starts uniform in +-sqrt(1 / fan_in), as in torch;
he: in +-sqrt(6 / fan_in); glorot: in +-sqrt(6 / (fan_in + fan_out));
fans = kernel elements x channels of a group; b starts at 0)";
constexpr std::string_view kSource = "LeCun et al. 1989, doi:10.1162/neco.1989.1.4.541";

}  // namespace

extern constinit const Layer conv2d_layer = layer_of<kOptions, "conv2d", 2>(
    {.name = "conv2d",
     .doc = "convolution of {channels, height, width}; pairs are [height, width]",
     .source = kSource,
     .options = kOptions,
     .formula = kFormula});

extern constinit const Layer conv1d_layer =
    layer_of<kOptions, "conv1d", 1>({.name = "conv1d",
                                     .doc = "convolution of {channels, width}",
                                     .source = kSource,
                                     .options = kOptions,
                                     .formula = R"(
y[k,j] = b[k] + sum over c, v of x[c, j s - p + v d] W[v,c,k]
dx and dW: each such term passes dy[k,j] on, times the other factor; db = the sums of dy
s stride, p padding, d dilation, v over the kernel, c over the channels of k's group
W and b start as those of conv2d)"});

extern constinit const Layer depthwise_conv2d_layer = layer_of<kDepthwiseOptions, "depthwise_conv2d", 2>(
    {.name = "depthwise_conv2d",
     .doc = "conv2d in which every channel is a group of its own",
     .source = "Sifre and Mallat 2014; Chollet 2017, arXiv:1610.02357",
     .options = kDepthwiseOptions,
     .formula = R"(
y[k,i,j] = b[k] + sum over u, v of x[c, i s - p + u d, j s - p + v d] W[u,v,0,k]
dx and dW: each such term passes dy[k,i,j] on, times the other factor; db = the sums of dy
c = k / multiplier, rounded down; other letters, and the start of W and b, as in conv2d)"});

}  // namespace thalweg
