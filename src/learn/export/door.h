// What stands around a model in its graph: from the units of the source to the numbers that the model meets,
// and from what it says to what people read.
#pragma once

#include <string>

#include "nn/graph.h"
#include "thalweg/dataset.h"
#include "train/outputs.h"

namespace thalweg {

// Adds the inputs and what encodes them; the name of {rows, data.sample...}, or of images {rows,
// data.image...}. Numbers go in as `type`, float or double.
std::string add_inputs(Graph& graph, const Dataset& data, GraphType type);

// Adds what makes the outputs of y {rows, numbers}.
void add_outputs(Graph& graph, const std::string& y, const Dataset& data, const Outputs& outputs,
                 GraphType type);

}  // namespace thalweg
