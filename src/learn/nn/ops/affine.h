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

inline Tensor weight_of(std::span<const Tensor> weights) { return weights.empty() ? Tensor{} : weights[0]; }
inline Tensor bias_of(std::span<const Tensor> weights) { return weights.size() < 2 ? Tensor{} : weights[1]; }

}  // namespace thalweg
