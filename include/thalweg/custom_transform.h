// Transforms of a program's own, named in chains like those that are listed:
//
//   register_transform({.card = {.name = "halved", .doc = "halves the update"}},
//                      [](const auto& block) { for (auto& u : block.update) u /= 2; });
//   Chain("adam | halved | lr(1e-3)")
//
// They are one phase with what stands around them, take `on=`, and their state is saved, loaded, explained
// and bounded by non-finite policies as that of listed ones.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "thalweg/custom_card.h"

namespace thalweg {

// Elements of one parameter, at most 2,048, that one call handles; T is float or double, as the parameter.
template <class T>
struct TransformBlock {
  static constexpr std::size_t kMostState = 4, kMostOptions = 8;

  std::span<T> update;       // what comes from the left; to be made what goes on to the right
  std::span<const T> value;  // of the parameter, before this step
  std::array<std::span<T>, kMostState> state;  // in the order of their names, 0 before the first update
  std::span<const double> options;             // in the order of the card, schedules at this update
  std::uint64_t t = 1;                         // updates of the parameter, this one included
  std::uint64_t k = 0;                         // updates done before this one: the clock of schedules
};

struct CustomTransform {
  CustomCard card = {};  // with at most 8 options; `on` is added
  // Names of its state, at most 4; each is of the parameter's type and shape.
  std::vector<std::string> state = {};
  // A core rule, as adam: also takes `lr=` and `decay=`, and is of the one kind that `on=rest` compares.
  bool rule = false;
};

template <class T>
using TransformFunction = std::function<void(const TransformBlock<T>& block)>;

// Adds a transform to what chains can name, for as long as the program runs. Call it before the first text
// that names it: a state file is loaded into an optimizer of the same chain, so also before that. Any thread
// may call it at any time; lists and help that were asked for before do not know it.
//
// What the functions make of an element must depend on that element, its state and the numbers of the block
// alone: then bits do not depend on threads or on how a parameter is cut into blocks. Several threads call
// them at once, for blocks that do not overlap. They must not throw: the program ends.
//
// Throws Error(usage), with nothing added: a name that a transform or recipe has already, or that cannot be
// written; options or names of state that cannot be, are twice or too many; an empty function.
void register_transform(CustomTransform transform, TransformFunction<float> f32,
                        TransformFunction<double> f64);

// The same function for both types.
template <class Function>
void register_transform(CustomTransform transform, const Function& function) {
  register_transform(std::move(transform), TransformFunction<float>(function),
                     TransformFunction<double>(function));
}

}  // namespace thalweg
