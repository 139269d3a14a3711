// What a layer is to module.cc. A layer file defines a `const Layer`; its line in ops.inc is all that lists
// it.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/options.h"
#include "nn/init.h"
#include "thalweg/module.h"

namespace thalweg {

// A parameter that a layer asks for; it is called <layer><number>.<name>.
struct Weight {
  std::string_view name;
  Shape shape;
  Role role = Role::other;
  Init init;
};

// Of a layer that learns nothing: a shape stays, and an operation takes x alone.
inline Shape keep_shape(const Settings&, const Shape& input, std::vector<Weight>&) { return input; }
template <Tensor (*operation)(Tape& tape, Tensor x)>
Tensor record_alone(Tape& tape, Tensor x, const Settings&, std::span<const Tensor>) {
  return operation(tape, x);
}

struct Layer {
  Spec spec;
  // The shape of its output for one sample of shape `input`; what it learns is added to `weights`. Throws
  // Error(usage) for a shape that does not fit.
  Shape (*plan)(const Settings& settings, const Shape& input, std::vector<Weight>& weights) = keep_shape;
  // Records it for x {rows, input...}, with the weights in the order of plan().
  Tensor (*record)(Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor> weights);
  bool rectifies = false;  // negative values become 0 or nearly so: the layer before it starts by He's rule
};

// The layers in the order of ops.inc.
std::span<const Spec* const> layer_specs();

}  // namespace thalweg
