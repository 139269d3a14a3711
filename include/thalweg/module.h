// A model from a text: layers from left to right, each a name of `thalweg list layers`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/params.h"
#include "thalweg/tensor.h"

namespace thalweg {

struct Graph;  // of operators, for other programs: nn/graph.h

// A layer of a model: what it makes of one sample.
struct LayerSummary {
  std::string text;                 // of a block: the whole text
  int depth = 0;                    // blocks around it
  Shape output;                     // of one sample
  std::uint64_t parameters = 0;     // elements that it learns, blocks included
  std::uint64_t multiply_adds = 0;  // of its weights, for one sample going forward
};

// "dense(128) | relu | dense(10)". The model owns its parameters, named by layer kind and number, blocks
// included: dense1.weight {in, out}, dense1.bias {out}, dense2.weight, ... What a layer keeps and does not
// learn (batch_norm's running mean) is a frozen parameter.
class Module {
 public:
  // `inputs` is the shape of one sample. Throws Error(usage) for a text that is not a model, with a caret, or
  // for shapes that do not fit. Parameters are zero until initialise().
  Module(std::string_view text, Shape inputs, Dtype dtype = Dtype::f32);
  ~Module();
  Module(Module&&) noexcept;
  Module& operator=(Module&&) noexcept;

  // Whether samples of that model are images, {channels, height, width} or {channels, width}, for the first
  // layer that minds. Throws Error(usage) for a text that is not a model.
  static bool takes_images(std::string_view text);

  // Canonical text; with `every`, also the options at their default.
  std::string text(bool every = false) const;
  const Shape& inputs() const;
  const Shape& outputs() const;  // shape of one output
  Dtype dtype() const;
  Params& params();
  const Params& params() const;

  // The parameters that layers keep and do not learn, in the order of params(): they belong to the weights
  // that the network had while it was trained.
  std::vector<Parameter*> statistics();

  // Every layer in the order in which it runs, each block before the layers that it is made of.
  std::vector<LayerSummary> summary() const;

  // Writes the initial weights. They depend on (seed, number of the parameter, index of the element) alone.
  // The weights of dense layers and convolutions are uniform in +-1 / sqrt(fan_in), as torch's; biases are 0,
  // and what normalises begins with scales of 1. The options `init` (he, glorot, orthogonal, ...) and
  // `bias_init` of a layer choose; `thalweg help dense` has each formula.
  void initialise(std::uint64_t seed);

  // Records the model on a tape for input x {rows, inputs...}; the result is {rows, outputs...}.
  Tensor record(Tape& tape, Tensor x);

  // Adds the model, as it evaluates, to a graph, from the value `x` {rows, inputs...} on; the name of its
  // output. Throws Error(usage) for a layer that has no form there, naming it.
  std::string describe(Graph& graph, const std::string& x) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thalweg
