// Single elements of parameters, update by update: what came in, what the rules keep and make of it, and
// where the element went. For looking at a step and checking it by hand.
//
//   Tracer tracer(params, optimizer, elements_of(params, "dense1.*", 4));
//   const TracedUpdate seen = tracer.after(optimizer.step());
//
// Costs a look at every name of the optimizer's state, and changes no bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/optimizer.h"
#include "thalweg/params.h"
#include "thalweg/report.h"

namespace thalweg {

struct TracedNumber {
  std::string name;  // "m"; "mars.l" where two parts of the chain keep an `l`; "m_hat"
  double value = 0;
};

// One element in one update.
struct TracedElement {
  std::string name;     // "dense1.weight[0,3]": along its axes, from 0; of a dense layer {input, output}
  double gradient = 0;  // as the step was given it: before clipping and decay
  // What the rules keep of it, as the update has left it: streams of its parameter's type and shape, and
  // numbers of its parameter.
  std::vector<TracedNumber> state = {};
  // Averages as their rule uses them, m / (1 - beta1^t) as m_hat, where its card has such a correction.
  std::vector<TracedNumber> corrected = {};
  double step = 0;   // what was subtracted: the value before, less the value after
  double value = 0;  // after the update
};

struct TracedUpdate {
  std::uint64_t update = 0;                                // from 1
  double lr = 0;                                           // Report::lr
  double loss = std::numeric_limits<double>::quiet_NaN();  // before the update, where the caller knows it
  std::vector<TracedNumber> numbers = {};                  // that the whole chain keeps: "plateau.rate"
  std::vector<TracedElement> elements = {};
  std::vector<std::uint32_t> samples = {};  // of its batches, from 0, where the caller knows them; none: all
};

// An element of a parameter by its place in row-major order.
struct ElementPlace {
  const Parameter* parameter;
  std::size_t index;
  std::string name;
};

// The first `most` elements of every parameter that `of` selects: a text as `on=` takes it, "all",
// "dense1.weight", "*.bias" or "[weight, bias]". Throws Error(usage) for a text that is none, and a pattern
// that matches no parameter.
std::vector<ElementPlace> elements_of(const Params& params, std::string_view of, std::size_t most);

class Tracer {
 public:
  // `params` and `optimizer` belong together and must outlive it, as the parameters of the elements.
  Tracer(Optimizer& optimizer, std::vector<ElementPlace> elements);

  // What the update that has just been made did, where it was one: neither skipped nor waiting. Gradients
  // must lie as the step left them: OptimizerOptions::zero_grad hides them.
  TracedUpdate after(const Report& report);

  std::size_t elements() const { return places_.size(); }

 private:
  Optimizer& optimizer_;
  std::vector<ElementPlace> places_;
  std::vector<double> values_;  // before the next update
};

}  // namespace thalweg
