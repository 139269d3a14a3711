// Runs a plan: one step of every parameter, phase after phase.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/arena.h"
#include "base/threads.h"
#include "device/denormals.h"
#include "device/inspect.h"
#include "device/partition.h"
#include "plan/lower.h"
#include "plan/plan.h"
#include "step/memory.h"
#include "step/statistics.h"
#include "thalweg/optimizer.h"
#include "thalweg/params.h"

namespace thalweg {

// Everything is allocated at construction; step() only computes.
class Runner {
 public:
  Runner(Params& params, const Plan& plan, const OptimizerOptions& options);

  // The update after k updates, if the gates of the chain let it pass. `clocks` are the parameters' own,
  // raised here where it does.
  Verdict step(std::uint64_t k, const StepInput& input, std::span<std::uint64_t> clocks);

  // Looks for what is not finite in the gradients that have come; with `zero` sets it to 0.
  Found inspect(bool zero);

  // What is not used is zeroed too, where gradients are.
  void drop_grads();

  // Whoever changed clocks or kept numbers by hand says so.
  void forget_classes() { classified_ = false; }

  // Weight of the open window of each parameter; empty where nothing accumulates.
  std::span<double> window_weights() { return weights_; }

  double lr() const { return lowering_.rate(); }   // of the last step
  double grad_norm() const { return grad_norm_; }  // of the last step; NaN when not measured

  Found nonfinite() const { return inspector_.found(); }  // of the last step, or what a gate found
  const std::optional<Measurer>& measurer() const { return measurer_; }

  Memory& memory() { return memory_; }
  Lowering& lowering() { return lowering_; }

 private:
  // Elements [begin, end) that one call handles, counted from the first element of a parameter: of that one
  // alone, or of it and those that follow it in memory. `begin` is a whole number of blocks.
  struct Piece {
    std::size_t parameter;
    std::size_t begin, end;
  };

  void allocate_scratch(const OptimizerOptions& options);
  void allocate_sums(const OptimizerOptions& options);
  void fill_initial();
  void refresh(std::span<std::uint64_t> clocks);
  void join_runs();
  Verdict ask_gates(std::uint64_t k, const StepInput& input);
  Arrival arrival(std::size_t at, std::uint64_t k, const StepInput& input);
  void accumulate(const Arrival& arrival);
  bool measures_for(std::size_t gate) const;
  void tell_gates();
  void measure_entered();
  bool knows_norm() const { return !std::isnan(entered_norm_); }
  double scale_of_gates(std::size_t gates) const;
  double entered_scale() const { return plan_.gates.empty() ? 1.0 : scale_of_gates(plan_.gates.size()); }
  Found inspect_entered(bool zero);

  template <class F>
  void on_team(const F& f);
  void run_member(int member);
  void run_phase(std::size_t phase, int member);
  void run_piece(const PhasePlan& phase, const Class& c, const Piece& piece, int member);
  void run_fused(const PhasePlan& phase, const Class& c, const Piece& piece, int member);
  void run_kept(const PhasePlan& phase, const Class& c, const Piece& piece, int member);
  void run_tiles(const PhasePlan& phase, const Class& c, const Piece& piece, int member);
  void keep_old(const Piece& piece, int member);
  void* forms_in(const PhasePlan& phase, const Piece& piece, int member) const;
  const void* form_update(const PhasePlan& phase, const Class& c, const Piece& piece, int member);
  void apply_update(const PhasePlan& phase, const Class& c, const Piece& piece, const void* u, int member);
  void land(const PhasePlan& phase, const Class& c, const Piece& piece, int member);
  void map_units(const Piece& piece, void* u, Dtype dtype) const;
  void zero_grads(const Piece& piece);
  void gather(const PhasePlan& phase, const Class& c, const Piece& piece, int member);
  void add_sums(const PhasePlan& phase, const Class& c, const Piece& piece, const void* u, LaneSums& sums,
                int member);
  bool put_sums(const PhasePlan& phase, const Class& c, const Piece& block, const LaneSums& sums);
  void gather_units(std::size_t gather, int member);
  void add_unit(const PhasePlan& phase, const Class& c, std::size_t parameter, std::size_t unit, int member);
  void finish_gather(std::size_t gather);
  template <class F>
  void for_each_piece(int member, const F& f);
  template <class F>
  void for_each_run(int member, const F& f);
  void look(const Piece& piece, int member, bool zero = false);
  void measure(const Piece& piece);
  double norm_of(std::span<double> partials);
  bool counts_in(std::size_t parameter, std::size_t gather) const;
  Sums sums() const;
  bool splits(std::size_t phase) const;
  bool crosses_parameters(const PhasePlan& phase, const Group& group) const;
  static bool looks(const PhasePlan& phase, const Class& c);

  const void* entered(std::size_t parameter) const;
  const void* source_of(const Piece& piece, const PhasePlan& phase) const;
  Streams streams_of(const Piece& piece, const PhasePlan& phase, std::size_t first_state, int member) const;
  const RuleKernels& kernels_of(std::size_t link, Dtype dtype) const;
  const CoreKernels& core(Dtype dtype) const { return simd_.core[static_cast<std::size_t>(dtype)]; }
  bool takes_part(std::size_t parameter) const;

  Params& params_;
  const Plan& plan_;
  const SimdTable& simd_;
  const std::size_t tile_;
  const bool zero_grad_;
  const std::uint64_t step_bytes_;  // that a step reads and writes
  const bool past_caches_;          // a phase writes what it keeps past them
  Team team_;
  Memory memory_;
  Lowering lowering_;

  bool classified_ = false;
  std::uint64_t seen_changes_ = 0;
  std::vector<char> splits_;            // phase -> splits()
  std::vector<char> takes_part_;        // parameter -> whether the next step touches it
  std::vector<Piece> runs_;             // parameters of one class that lie behind each other
  std::vector<std::size_t> run_begin_;  // run -> its first block in the count of all runs
  bool from_window_ = false;            // the gradient that entered is the sum of a window
  std::vector<double> weights_;         // parameter -> weight that its window has

  Arena scratch_;
  std::vector<void*> tiles_;  // member -> a tile of updates
  std::vector<void*> old_;    // member -> the values of a tile before the update, where they are read
  std::vector<void*> noise_;  // member -> a tile of random numbers

  std::vector<std::size_t> block_begin_;  // parameter -> its first block; one more entry for the end
  std::vector<std::size_t> unit_begin_;   // parameter -> its first unit, where a gather runs over units
  std::vector<double> partials_;          // block -> sums that the chain needs
  std::vector<double> measured_;          // block -> sum of squares of the gradient, when measured apart
  std::vector<double> sums_;              // parameter -> sum of its blocks
  std::vector<double> all_, tensor_;      // of the gathers, as in Sums
  std::vector<double> taking_part_;       // gather -> elements
  std::vector<char> gathers_;             // gather * groups + group -> whether that group takes part in it
  std::vector<std::size_t> sizes_;
  std::vector<UnitMap> units_;         // of the gather that was last run over units
  bool wants_norm_ = false;            // whether or not the chain gathers it
  bool measures_ = false;              // this step has a pass of its own for it
  bool first_gather_is_norm_ = false;  // the chain's first gather is the norm of the whole gradient
  double entered_norm_;                // of the gradient that entered, before its scale; NaN where unknown

  Inspector inspector_;
  std::optional<Measurer> measurer_;
  double grad_norm_ = 0;
};

// f(member) on every thread of the team, each of which takes denormal numbers as zero.
template <class F>
void Runner::on_team(const F& f) {
  if (team_.size() == 1) return f(0);
  team_.run([&f](int member) {
    if (member == 0) return f(member);  // the caller's thread flushes already
    const FlushDenormals flush;
    f(member);
  });
}

// The member's share of all blocks, parameter by parameter.
template <class F>
void Runner::for_each_piece(int member, const F& f) {
  for_each_share(block_begin_, member, team_.size(), [&](std::size_t p, std::size_t begin, std::size_t end) {
    f(Piece{p, begin, std::min(end, sizes_[p])});
  });
}

template <class F>
void Runner::for_each_run(int member, const F& f) {
  for_each_share(run_begin_, member, team_.size(), [&](std::size_t i, std::size_t begin, std::size_t end) {
    f(Piece{runs_[i].parameter, begin, std::min(end, runs_[i].end)});
  });
}

}  // namespace thalweg
