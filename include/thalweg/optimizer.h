// A chain bound to parameters: the state, and the step.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/chain.h"
#include "thalweg/params.h"
#include "thalweg/report.h"

namespace thalweg {

struct OptimizerOptions {
  int threads = 1;  // threads that a step may use
  bool grad_norm =
      false;  // measure the norm of the gradient: one more read of it, unless the chain does so anyway
  std::string simd = {};  // a name of simd_targets(); empty: the best
  std::size_t tile =
      2048;  // elements that an interpreted phase handles at a time: a multiple of 16, at most 2,048
};

// One stream of state of one parameter, as checkpoints keep it.
struct StateTensor {
  std::string name;            // "dense1.weight/adam.m"; a second adam in the chain is "adam2"
  const Parameter* parameter;  // of its shape and type
  void* data;                  // its elements, row-major
};

// Not thread-safe: one step at a time. `params` must outlive it, and its parameters must stay where they are.
class Optimizer {
 public:
  // Allocates all state, zero. Throws Error(usage) when the chain cannot run on these parameters: a length
  // without a number, a parameter without `lr`, a name pattern that matches nothing, an unknown simd target.
  Optimizer(Params& params, Chain chain, OptimizerOptions options = {});
  ~Optimizer();
  Optimizer(Optimizer&&) noexcept;
  Optimizer& operator=(Optimizer&&) noexcept;

  // One update of every parameter that is neither absent nor frozen, from the gradients as they stand. Does
  // not allocate, lock, log or throw. The bits do not depend on threads, tile or SIMD target.
  Report step();

  const Chain& chain() const;
  std::uint64_t updates() const;  // steps done: the clock of schedules
  std::uint64_t state_bytes() const;

  // For checkpoints. The clock of a parameter counts the updates it took part in.
  void set_updates(std::uint64_t updates);
  std::span<std::uint64_t> clocks();  // one a parameter, in the order of Params
  std::vector<StateTensor> state();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// SIMD targets that this machine can run, best first: "AVX2", ..., "SCALAR".
std::vector<std::string_view> simd_targets();

}  // namespace thalweg
