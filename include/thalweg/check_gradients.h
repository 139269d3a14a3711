// Whether the gradients of a network are those of its values: they are compared with central differences, in
// f64, which tell most slips of a hand-written derivative.
//
//   const GradientCheck check = check_gradients({{4, 3}}, [](Tape& tape, std::span<const Tensor> x) {
//     return cube(tape, x[0]);
//   });
//   std::cout << check.text() << "\n";
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "thalweg/module.h"
#include "thalweg/tensor.h"

namespace thalweg {

struct GradientCheckOptions {
  double step = 1e-4;  // of the differences, above 0; differences of 1 and 2 steps are extrapolated to 0
  double tolerance =
      1e-6;  // largest distance that passes, relative to the difference, or to `floor` if larger
  double floor = 1e-2;
  double low = -2, high = 2;  // inputs are drawn uniformly from low .. high, except that
  double gap = 0.1;           // none is closer to 0, where many operations have a kink
  std::uint64_t seed = 1;     // of the inputs, of the weights of the loss, and of random operations
  std::uint64_t most = 0;     // elements of each tensor that are compared, spread evenly; 0: all of them
  bool training = true;       // as Tape::train(); what is random is the same in every replay
};

struct GradientCheck {
  bool passed = false;         // every element did, of 1 or more; one that is not finite does not
  std::uint64_t elements = 0;  // compared
  // The worst of them: "input 0 [1, 2]", "dense1.weight [0, 3]".
  std::string worst = {};
  double gradient = 0;    // there, as backward() says
  double difference = 0;  // and as the values say
  double error = 0;       // their distance as the tolerance counts it

  std::string text() const;  // one line
};

// Records `network` once on a tape, for inputs of these shapes. The loss is a random weighted sum of what it
// returns; its gradients for the inputs and for every parameter that the network records and that is learnt
// are compared. Parameters keep their values; their gradients are overwritten. Costs four forward passes an
// element. Throws Error(usage) for parameters that are not f64, options out of range, and what the network
// throws.
GradientCheck check_gradients(
    const std::vector<Shape>& inputs,
    const std::function<Tensor(Tape& tape, std::span<const Tensor> inputs)>& network,
    const GradientCheckOptions& options = {});

// The same of a model of type f64 on so many rows.
GradientCheck check_gradients(Module& module, std::int64_t rows, const GradientCheckOptions& options = {});

}  // namespace thalweg
