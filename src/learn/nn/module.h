// What a layer is to module.cc. A layer file defines a `const Layer`; its line in ops.inc is all that lists
// it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/options.h"
#include "nn/graph.h"
#include "nn/init.h"
#include "thalweg/module.h"

namespace thalweg {

// A parameter that a layer asks for; it is called <layer><number>.<name>.
struct Weight {
  std::string name;
  Shape shape;
  Role role = Role::other;
  Init init;
  bool learned = true;  // false: the layer itself keeps it, as a frozen parameter
};

// Of a layer that learns nothing: a shape stays, and an operation takes x alone.
inline Shape keep_shape(const Settings&, const Shape& input, std::vector<Weight>&) { return input; }
template <Tensor (*operation)(Tape& tape, Tensor x)>
Tensor record_alone(Tape& tape, Tensor x, const Settings&, std::span<const Tensor>) {
  return operation(tape, x);
}

class CustomLayerEntry;

// A layer at its place in a graph of operators.
struct GraphPlace {
  std::string x;  // the value that goes in
  const Settings& settings;
  const Shape& input;  // shape of one sample
  std::span<const Parameter* const> weights;
  std::span<const std::string> blocks = {};  // what its blocks make of x
};

// Of a layer that is one operator without options.
template <Literal op>
std::string describe_alone(Graph& graph, const GraphPlace& at) {
  return graph.add(std::string(op.view()), {at.x});
}

struct Layer {
  Spec spec;
  // The shape of its output for one sample of shape `input`; what it learns is added to `weights`. Throws
  // Error(usage) for a shape that does not fit. A layer of blocks - options of that type - is planned once
  // they are: `weights` stays empty, and its output has the shape that join_shapes() says.
  Shape (*plan)(const Settings& settings, const Shape& input, std::vector<Weight>& weights) = keep_shape;
  // Records it for x {rows, input...}, with the weights in the order of plan().
  Tensor (*record)(Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor> weights) = nullptr;
  // The same with a relu after it in one operation; null where there is no such operation.
  Tensor (*record_rectified)(Tape& tape, Tensor x, const Settings& settings,
                             std::span<const Tensor> weights) = nullptr;
  // What a layer makes of x and of the outputs of its blocks, in the order of its options; an option that is
  // not given is x. Null for a layer without blocks.
  Shape (*join_shapes)(const Shape& input, std::span<const Shape> blocks) = nullptr;
  Tensor (*join)(Tape& tape, Tensor x, std::span<const Tensor> blocks) = nullptr;
  bool takes_any = false;     // samples of any shape, although it has a plan of its own: normalisation
  bool takes_images = false;  // samples are {channels, height, width} or {channels, width}
  bool repeats = false;       // its block, as many times as its first option says, in its own place
  // Adds it, as it evaluates, to a graph; the name of its output. Null: it has no form there.
  std::string (*describe)(Graph& graph, const GraphPlace& at) = nullptr;
  const CustomLayerEntry* custom = nullptr;  // of one that the program has added: in place of plan and record
};

// The listed layers in the order of ops.inc.
std::span<const Spec* const> layer_specs();

}  // namespace thalweg
