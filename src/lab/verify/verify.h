// What the kinds of case share beside the reading of one: comparing, and the engine's texts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cases/case.h"
#include "ranks/given_by_one.h"
#include "thalweg/lab/verify.h"
#include "thalweg/optimizer.h"
#include "thalweg/params.h"
#include "thalweg/schedule.h"

namespace thalweg::oracle {

// |got - want| <= atol + rtol * |want|; what is not finite must be equal.
class Comparison {
 public:
  explicit Comparison(const Json& test);  // reads `tolerance`

  void add(std::uint64_t step, const std::string& param, std::uint64_t index, double got, double want);
  void finish(VerifiedCase& result) const;

 private:
  double rtol_ = 0;
  double atol_ = 0;
  std::uint64_t compared_ = 0;
  std::uint64_t wrong_ = 0;
  double distance_ = 0;
  WorstElement worst_;
};

std::string engine_name(std::size_t index);

// The case as it is, or with the last axis of every matrix first where its transforms go by columns.
Json units_first(const Json& test);

// Puts the gradients at the parameters' present values for the update `step` (1-based), and marks the absent.
struct Gradient {
  std::function<void(std::uint64_t step, Params& params)> write;
  double cost = 0;  // numbers that one call reads or writes
  bool may_be_absent = false;
};

Gradient make_gradient(const Json& gradient, const std::vector<Tensor>& tensors);

// The engine's text for a schedule of the case. Throws Skip when none of the engine's shapes is that
// function.
std::string schedule_text(const Json& schedule, const Clock& clock);
Schedule make_schedule(const std::string& text);

// The engine's chain for a case, of which `gradient` and the number of updates are known.
std::string chain_text(const Json& test, const std::vector<Tensor>& tensors, const Gradient& gradient,
                       std::uint64_t updates);

// The optimizer of a case, on the ranks that replay it together.
class Engine {
 public:
  // Throws Skip where the engine refuses the chain. `comm` is null without ranks.
  Engine(Params& params, const std::string& chain, Comm* comm);

  Report step() { return optimizer.step(gradient_.next()); }
  void gather();  // all of the state, on every rank

  Optimizer optimizer;

 private:
  Comm* const comm_;
  GivenByOne gradient_;
};

// The kinds of case.
void replay_trajectory(const Json& test, Comm* comm, Comparison& comparison);
void replay_clipping(const Json& test, Comm* comm, Comparison& comparison);
void replay_schedule(const Json& test, Comm* comm, Comparison& comparison);
void replay_scheduler(const Json& test, Comm* comm, Comparison& comparison);
void replay_loss(const Json& test, Comm* comm, Comparison& comparison);
void replay_problem(const Json& test, Comm* comm, Comparison& comparison);
void replay_layer(const Json& test, Comm* comm, Comparison& comparison);
void replay_training_run(const Json& test, Comm* comm, Comparison& comparison);

}  // namespace thalweg::oracle
