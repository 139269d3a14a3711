// What of a model and its optimizer stands in a checkpoint, and where it is in memory.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "safetensors/element_type.h"
#include "thalweg/optimizer.h"
#include "thalweg/params.h"

namespace thalweg {

// A tensor that the model has: what must stand in a file, and the memory it is saved from and loaded into.
struct Slot {
  enum class Kind { parameter, state, clock, number };
  Kind kind;
  std::size_t parameter;  // whose it is; kOfChain: nobody's
  std::string name;
  ElementType type;
  Shape shape;
  std::span<std::byte> bytes;
};
inline constexpr std::size_t kOfChain = static_cast<std::size_t>(-1);

// The name of a tensor, taken apart: "optimizer/dense1.weight/adam.m".
struct TensorName {
  Slot::Kind kind;
  std::string_view prefix;  // "optimizer/"
  std::string_view owner;   // the parameter; empty: none
  std::string_view rest;    // "/adam.m"
};
TensorName take_apart(std::string_view name);

// Both throw Error(usage) for a parameter whose name would be taken for another one's state.
std::vector<Slot> parameter_slots(Params& params);
// And for an optimizer that is bound to other parameters. Its cached numbers count as changed.
std::vector<Slot> training_slots(Params& params, Optimizer& optimizer);

}  // namespace thalweg
