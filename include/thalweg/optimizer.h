// A chain bound to parameters: the state, and the step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thalweg/chain.h"
#include "thalweg/params.h"
#include "thalweg/report.h"

namespace thalweg {

class Comm;
class GradientSum;  // of a trainer

// What a step does about gradients that are NaN or infinite, and about weights or state that would become so
// from finite ones. All but `report` look at every gradient before they change anything, and rehearse the
// step: that costs one more read of the gradient and one of all that the step reads, and its arithmetic
// twice; with `accumulate` also a copy of its window. Where a gate of the chain looks - `skip`, `loss_scale`
// - it decides about the gradient, and the policy only counts.
enum class Nonfinite {
  report,  // continues and counts them
  error,   // throws Error(diverged) that names the first one; nothing is changed
  skip,    // changes nothing, not even clocks, and counts the step as skipped
  zero,    // sets those of the gradient to 0, in the caller's memory; else as `skip`
};
std::string_view nonfinite_name(Nonfinite policy);  // "report", ...
Nonfinite parse_nonfinite(std::string_view name);   // throws Error(usage) with the nearest name

// What ranks do while their messages are on the way, with the same bits. A Trainer's options say it of the
// first and the last, an Optimizer's of the second; with `whole_state` only the first is done.
struct Overlap {
  bool gradients = true;  // backpropagation goes on while gradients leave
  bool steps = true;      // a piece is stepped as soon as its gradient is there, where no other one matters
  bool values = true;     // the next batch is read while values arrive
  bool operator==(const Overlap&) const = default;
};
// "all", "none", or some of those names: "gradients,steps". Throws Error(usage).
Overlap parse_overlap(std::string_view text);

struct OptimizerOptions {
  int threads = 1;  // threads that a step may use
  bool grad_norm =
      false;  // measure the norm of the gradient: one more read of it, unless the chain does so anyway
  bool seconds = false;  // measure the time of a step, which takes as long as a small one
  Nonfinite nonfinite = Nonfinite::report;
  int most_skips = 10;         // steps in a row that may be skipped; one more is Error(diverged)
  Statistics statistics = {};  // that every step measures
  bool zero_grad = false;      // set gradients to 0 as they are used, in the same pass, or dropped
  std::string simd = {};       // a name of simd_targets(); empty: the best
  // Elements that a phase with several parts handles at a time: a multiple of 16, at most 2,048. Small ones
  // keep all streams of memory moving, large ones mean fewer calls.
  std::size_t tile = 256;
  // Of ranks that step together, each with gradients of its own: a step takes the mean of these. Every rank
  // has all values - binding gives it those of rank 0 -, and state of its range of 2,048-element blocks alone
  // unless `whole_state`; the bits are the same. Binding, step(), averaged(), replan(), gather_state()
  // and spread_state() are for all ranks at the same time, with the same chain, parameters, options and
  // input: Error(usage) otherwise, on all of them. So are set_option() and observe(), which are not looked
  // at. A step allocates then. Must outlive it.
  Comm* comm = nullptr;
  bool whole_state = false;
  Overlap overlap = {};
};

// What the caller says about the gradient.
struct StepInput {
  double weight = 1;  // that it has in a window of `accumulate`: samples or tokens that it is the mean of
  bool last = false;  // it closes its window, though that is not full
  // Its norm over all parameters, with ranks that of the mean, where that is known: clip_norm need not read
  // the gradient for it.
  double grad_norm = std::numeric_limits<double>::quiet_NaN();
  // What this step measures, in addition to what OptimizerOptions::statistics asks of every step. The first
  // step that asks for more than those before it allocates.
  Statistics statistics = {};
  // Where steps_apart(optimizer): forms the gradients inside the step, and calls ready(p) once that of p is
  // final and its value is read no more; p is updated before ready() returns, while its gradient is in the
  // cache. What it does not name is updated at the end. The same bits as by a step after it. With ranks, for
  // any chain: the gradient of p, in the memory that it had when the step began, leaves for those who hold
  // it. Where it throws, or any step of ranks does in the middle, they cannot go on: Comm::abort().
  std::function<void(const std::function<void(const Parameter& parameter)>& ready)> backward = {};
  // With ranks: their gradients are sums over parts of a batch, to be added in an order of their own.
  GradientSum* sum = nullptr;
  // Called once, if at all, while a step waits for values of other ranks. Must not throw, nor use the
  // parameters, the optimizer or the Comm.
  std::function<void()> meanwhile = {};
};

// The parameters hold what is to be evaluated while it lives: the average of `average`, the slow weights of
// `lookahead`, x of `schedule_free`. They are bit for bit as before when it goes. No step in between.
class Averaged {
 public:
  Averaged() = default;
  Averaged(Averaged&& other) noexcept : saved_(std::exchange(other.saved_, {})) {}
  Averaged& operator=(Averaged&&) = delete;
  ~Averaged();

  // Whether there is anything to give back: else the parameters are those that are trained.
  bool any() const { return !saved_.empty(); }
  // Gives `parameter` back as well, as it is now: what a network keeps, and is to be found anew for the
  // weights that it has meanwhile.
  void also(const Parameter& parameter);

 private:
  friend class Optimizer;
  struct Saved {
    const Parameter* parameter;
    std::vector<std::byte> bytes;
  };
  std::vector<Saved> saved_;
};

// A number that the optimizer keeps from step to step, as checkpoints keep it.
struct StateNumber {
  std::string name;  // "plateau.rate", "dense1.weight/nadam.mu_product"
  double* value;
};

// One stream of state of one parameter, as checkpoints keep it.
struct StateTensor {
  std::string name;  // "dense1.weight/adam.m"; a second adam in the chain is "adam2"
  const Parameter* parameter;
  Buffer buffer;  // with its own type and shape: those of the parameter, unless its rule says otherwise
  // What its rule divides it by where it uses it, as of the last update: 1 - beta^t. None where the rule has
  // no such correction, and before the first update.
  std::optional<double> correction = {};
};

// Not thread-safe: one step at a time. `params` must outlive it, and its parameters must stay where they are.
class Optimizer {
 public:
  // Allocates all state, with what the rules begin with: mostly zero. Throws Error(usage) when the chain
  // cannot run on these parameters: a length without a number, a parameter without `lr`, a name pattern that
  // matches nothing, a projection before a rule, an unknown simd target.
  Optimizer(Params& params, Chain chain, OptimizerOptions options = {});
  ~Optimizer();
  Optimizer(Optimizer&&) noexcept;
  Optimizer& operator=(Optimizer&&) noexcept;

  // One update of every parameter that is neither absent nor frozen, from the present gradients. Does
  // not allocate, lock or log. Throws by the policies `error` and `skip`, by gates of the chain whose budget
  // is used up, and Error(usage), with nothing changed, for a weight or norm that no gradient has. The bits
  // do not depend on threads, tile or SIMD target.
  Report step(const StepInput& input = {});

  // From the next step on an option of the chain is `value`, whatever its schedule says, until it is set
  // again; NaN gives it back to the text. For rates and betas that the caller's own loop decides on. `name`
  // is that of the transform and the option, "lr.value", "adam.beta1", in a second adam of the chain
  // "adam2.beta1"; or a transform alone, for its first option. A checkpoint holds the chain as it was
  // written, without `value`. Throws Error(usage), with nothing changed, for an unknown name, a value out of
  // range, and a number that decides how the chain runs (a flag, a choice, a momentum of 0).
  void set_option(std::string_view name, double value);

  // Gives `plateau` a metric of the model. Throws Error(usage) when the chain has none.
  void observe(double metric);

  bool observes() const;  // whether the chain has one

  // Whether a gradient that is not finite may be dropped, rather than end the training or spoil it.
  bool may_skip() const;

  // What the loss must be multiplied by, so that `loss_scale` finds the gradient that it divides; else 1.
  double loss_scale() const;

  // Puts into the parameters what is to be evaluated. Does nothing where the chain averages nothing.
  [[nodiscard]] Averaged averaged();
  bool averages() const;

  // Takes up parameters that were added or thawed since: they start at the present update. State of
  // the others stays, but for those that are frozen now: they are forgotten. What set_option() gave stays
  // given. Returns what it was before, which holds the memory that state() told of. Throws Error(usage) as
  // the constructor does, with nothing changed.
  Optimizer replan();

  const Chain& chain() const;
  std::uint64_t updates() const;      // done: the clock of schedules
  std::uint64_t gradients() const;    // received, those that waited or were dropped included
  std::uint64_t skips() const;        // in a row until now, by the policy
  std::uint64_t state_bytes() const;  // held by this process: state, and updates kept between phases

  // For checkpoints, and for state that comes from elsewhere: it may be set before the first step. The clock
  // of a parameter counts the updates it took part in.
  void set_updates(std::uint64_t updates);  // and gradients as many
  void set_gradients(std::uint64_t gradients);
  void set_skips(std::uint64_t skips);
  std::span<std::uint64_t> clocks();  // one per parameter, in the order of Params
  std::vector<StateTensor> state();
  std::vector<StateNumber> numbers();

 private:
  friend struct OptimizerOnDevice;
  struct Impl;
  explicit Optimizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;

  friend bool steps_apart(const Optimizer& optimizer);
  friend struct StateAccess;
};

// With ranks, on all of them: puts into the memory of Optimizer::state() on rank `root` what the others hold,
// until the next step; for a checkpoint, which is an Error(usage) without it. Does nothing without ranks.
void gather_state(Optimizer& optimizer, int root = 0);

// The way back, after rank `root` alone has loaded a checkpoint: values, clocks, numbers and counts on all
// ranks, state on those who hold it.
void spread_state(Optimizer& optimizer, Params& params, int root = 0);

// Whether a step may form the gradients inside it (StepInput::backward): what happens to a parameter depends
// on its own gradient's elements alone, and what is not finite is only reported.
bool steps_apart(const Optimizer& optimizer);

// SIMD targets that this machine can run, best first: "AVX2", ..., "SCALAR".
std::vector<std::string_view> simd_targets();

}  // namespace thalweg
