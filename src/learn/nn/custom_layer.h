// Layers that the program has added, as module.cc sees them.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "nn/module.h"

namespace thalweg {

const Layer* find_custom_layer(std::string_view name);  // null: there is none
std::vector<const Spec*> custom_layer_specs();          // in the order of registration

// Layer::plan and Layer::record of any layer.
Shape plan_layer(const Layer& layer, const Settings& settings, const Shape& input,
                 std::vector<Weight>& weights);
Tensor record_layer(const Layer& layer, Tape& tape, Tensor x, const Settings& settings,
                    std::span<const Tensor> weights);

}  // namespace thalweg
