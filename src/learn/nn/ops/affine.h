// What the layers of normalise.h have in common: which dimensions, and what they learn.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/options.h"
#include "nn/module.h"
#include "thalweg/error.h"

namespace thalweg {

inline constexpr Option kLastDimensions =
    count_option("axes", "1", {1, 64}, "how many of the last dimensions are taken together");
inline constexpr Option kAffine = flag_option("affine", "true", "whether each element's scale is learned");

template <const auto& kOptions>
int last_dimensions_of(const Settings& settings) {
  return static_cast<int>(std::get<double>(option<kOptions, "axes">(settings)));
}

// The last `axes` dimensions.
inline Shape last_dimensions(const char* where, const Shape& shape, int axes) {
  if (axes >= 1 && static_cast<std::size_t>(axes) <= shape.size()) return {shape.end() - axes, shape.end()};
  throw Error(Code::usage, {where, "there are not so many dimensions to normalise",
                            std::to_string(axes) + " of " + print_shape(shape), "1 or more of them", ""});
}

inline void add_affine(const Shape& shape, bool bias, std::vector<Weight>& weights) {
  weights.push_back({"weight", shape, Role::norm, constant_init(1)});
  if (bias) weights.push_back({"bias", shape, Role::norm, {}});
}

// {channels, 1, ...}: what meets each channel of a sample.
inline Shape channels_of(const Shape& sample) {
  Shape shape(sample.size(), 1);
  shape.front() = sample.front();
  return shape;
}

// What is normalised, with what it learned; each has the shape `as`.
inline std::string describe_affine(Graph& graph, std::string y, std::span<const Parameter* const> weights,
                                   const Shape& as) {
  for (std::size_t i = 0; i < weights.size() && i < 2; ++i)
    y = graph.add(i == 0 ? "Mul" : "Add", {y, graph.parameter(*weights[i], as)});
  return y;
}
// Over the last `axes` dimensions.
inline std::string describe_last(Graph& graph, const GraphPlace& at, int axes, bool center, double eps) {
  std::vector<std::int64_t> over;
  for (int i = axes; i > 0; --i) over.push_back(-i);
  return describe_affine(graph, graph.normalise(at.x, over, center, eps), at.weights,
                         {at.input.end() - axes, at.input.end()});
}

inline Tensor weight_of(std::span<const Tensor> weights) { return weights.empty() ? Tensor{} : weights[0]; }
inline Tensor bias_of(std::span<const Tensor> weights) { return weights.size() < 2 ? Tensor{} : weights[1]; }

}  // namespace thalweg
