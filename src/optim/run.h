// Runs a plan: one step of every parameter, phase after phase.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/arena.h"
#include "base/threads.h"
#include "optim/inspect.h"
#include "optim/plan.h"
#include "optim/statistics.h"
#include "thalweg/optimizer.h"
#include "thalweg/params.h"

namespace thalweg {

// Everything is allocated at construction; step() only computes.
class Runner {
 public:
  Runner(Params& params, const Plan& plan, const OptimizerOptions& options);

  // The update after k updates. `clocks` are the parameters' own, raised here.
  void step(std::uint64_t k, std::span<std::uint64_t> clocks);

  // Looks for what is not finite in the gradients of the next step, before it; with `zero` sets it to 0.
  Found inspect(bool zero);

  double lr() const { return lr_; }                // of the last step
  double grad_norm() const { return grad_norm_; }  // of the last step; NaN when not measured

  Found nonfinite() const { return inspector_.found(); }  // of the last step
  const std::optional<Measurer>& measurer() const { return measurer_; }

  void* state(std::size_t parameter, std::size_t stream) const;

 private:
  // Parameters of one group at the same clock: they share all numbers of a step.
  struct Class {
    const Group* group = nullptr;
    std::uint64_t t = 0;
    std::vector<Lowered> rules;  // of all phases
    std::vector<double> scales;  // factors of the rules' updates
    std::vector<Coefs> projections;
    Affine end;  // at the end of the current phase
  };

  // The part of a parameter that one call handles: elements [begin, end), which are whole blocks or the last
  // one.
  struct Piece {
    std::size_t parameter;
    std::size_t begin, end;
  };

  void allocate(const Params& params);
  void fill_initial();
  void evaluate_options(std::uint64_t k);
  void assign_classes(std::span<std::uint64_t> clocks);
  Class& class_of(const Group& group, std::uint64_t t);
  double behind(const Group& group, std::size_t i, bool rates_only) const;
  void lower(Class& c, std::size_t phase);
  void lower_all(std::size_t phase);
  void run_member(int member);
  void run_phase(std::size_t phase, int member);
  static bool is_first(const PhasePlan& phase, const Class& c);
  void run_piece(const PhasePlan& phase, const Class& c, const Piece& piece, int member);
  void run_tiles(const PhasePlan& phase, const Class& c, const Piece& piece, int member);
  void run_tile(const PhasePlan& phase, const Class& c, const Piece& piece, void* kept, void* u);
  void project(const PhasePlan& phase, const Class& c, void* value, std::size_t n) const;
  void gather(const PhasePlan& phase, const Class& c, const Piece& piece, int member);
  template <class F>
  void for_each_piece(int member, const F& f);
  void look(const Piece& piece, int member, bool zero = false);
  void measure(const Piece& piece);
  double norm_of(std::span<double> partials);
  void finish_gather(std::size_t phase);

  std::span<const double> options_of(std::size_t link) const;
  Streams streams_of(const Piece& piece, const PhasePlan& phase, std::size_t first_state) const;
  const void* source_of(const Piece& piece, const PhasePlan& phase) const;
  const RuleKernels& kernels_of(std::size_t link, std::size_t set) const;
  bool takes_part(std::size_t parameter) const;

  Params& params_;
  const Plan& plan_;
  const SimdTable& simd_;
  const std::size_t tile_;
  Team team_;

  std::vector<Arena> arenas_;             // one a state stream, and one for kept updates
  std::vector<std::size_t> state_begin_;  // parameter -> its first entry of states_
  std::vector<void*> states_;
  std::vector<void*> kept_;  // parameter -> update between phases, or null
  Arena scratch_;
  std::vector<void*> tiles_;  // member -> a tile of scratch
  std::vector<void*> old_;    // member -> the values of a tile before the update, where they are measured

  std::vector<std::size_t> block_begin_;  // parameter -> its first block; one more entry for the end
  std::vector<double> partials_;          // block -> sum of squares that the chain needs
  std::vector<double> measured_;          // block -> sum of squares of the gradient, when measured apart
  std::vector<double> sums_;              // parameter -> sum of its blocks
  bool measures_ = false;                 // a pass of its own for grad_norm
  bool first_gather_is_norm_ = false;     // the chain's first gather is the norm of the whole gradient

  std::vector<std::size_t> option_begin_;  // link -> its first entry of options_
  std::vector<double> options_;            // of all links, for this step
  std::vector<double> norms_;              // gather -> norm, for this step
  std::vector<Class> classes_;
  std::size_t class_count_ = 0;
  std::vector<std::size_t> class_index_;  // parameter -> class; Plan::kNoGroup when it takes no part
  Inspector inspector_;
  std::optional<Measurer> measurer_;
  double lr_ = 0;
  double grad_norm_ = 0;
};

}  // namespace thalweg
