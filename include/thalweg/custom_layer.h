// Layers of a program's own, named in models like those that are listed:
//
//   register_layer({.card = {.name = "scaled", .doc = "x times a number", .options = {{.name = "factor"}}},
//                   .record = [](Tape& tape, Tensor x, std::span<const double> options, std::span<const
//                   Tensor>) {
//                     return multiply(tape, x, options[0]);
//                   }});
//   Module("dense(64) | scaled(2) | relu | dense(10)", {784});
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "thalweg/custom_card.h"
#include "thalweg/params.h"
#include "thalweg/tensor.h"

namespace thalweg {

// A parameter that a layer asks for; it is called <layer><number>.<name>.
struct LayerWeight {
  std::string name;  // a letter, then letters, digits and _
  Shape shape;       // no size below 1
  Role role = Role::weight;
  std::string init = "zeros";  // as the option `init` of dense: torch, he, normal(0.02), constant(1), ...
  std::int64_t fan_in = 0;  // terms of an output; 0: the product of all sizes but the last, or that one alone
  std::int64_t fan_out = 0;  // 0: the last size
  bool learned = true;       // false: a frozen parameter, which the layer keeps (OpCall::kept)
};

struct CustomLayer {
  CustomCard card = {};

  // The shape of the output for one sample of shape `input`; what the layer learns is added to `weights`. An
  // Error(usage) for a shape that does not fit is the layer's to throw. Empty: the shape stays and nothing is
  // learnt.
  std::function<Shape(const Shape& input, std::span<const double> options, std::vector<LayerWeight>& weights)>
      plan = {};

  // Records it for x {rows, input...}: a tensor {rows, output...}, of the weights in the order of plan().
  // Models are recorded for several numbers of rows: what a layer makes of a sample must not depend on that.
  std::function<Tensor(Tape& tape, Tensor x, std::span<const double> options,
                       std::span<const Tensor> weights)>
      record = {};

  bool takes_images = false;  // samples are {channels, height, width} or {channels, width}
};

// Adds a layer to what models can name, for as long as the program runs. Call it before the first model that
// names it, also before one of a saved run is read. Any thread may call it at any time; lists and help that
// were asked for before do not know it. Its functions may be called by several threads at once, for different
// models.
//
// Throws Error(usage), with nothing added: a name that a layer has already, or that cannot be written;
// options that cannot be or are twice; an empty `record`. What plan() and record() return is checked when a
// model is made and recorded: Error(usage) naming the layer.
void register_layer(CustomLayer layer);

}  // namespace thalweg
