// One thread of the processor: what the phases of a step do to its share.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "device/device.h"
#include "device/partition.h"
#include "plan/lower.h"
#include "transforms/transform.h"

namespace thalweg {

// A matrix transform and a parameter that it acts on.
struct MatrixCall {
  std::size_t parameter;
  std::size_t phase;  // that begins with it
  std::size_t link;   // of the chain
  std::size_t rule;   // its numbers in the cohort
  Buffer update;
  std::vector<Buffer> states;
};

// What the threads of a step share. While they run, they write the units alone, each of them by one thread.
struct CpuShared {
  CpuShared(const Bound& bound, const DeviceOptions& options);

  const CoreKernels& core(Dtype dtype) const { return simd.core[static_cast<std::size_t>(dtype)]; }
  const RuleKernels& kernels(std::size_t link, Dtype dtype) const;
  // A rule on a tile `u`; whether what it has left in its state is finite.
  bool apply(std::size_t link, Dtype dtype, const Coefs& coefs, void* u, const Streams& streams) const;
  // The gradient of a parameter as it entered the chain, and what a phase begins with.
  const void* entered(std::size_t p) const { return work->from_window ? memory.window(p) : memory.grad(p); }
  const void* source(const Phase& phase, const Piece& piece) const;
  // Whether a phase does the same to every element, wherever its parameter begins; and whether none of that
  // number does otherwise.
  bool crosses_parameters(const Phase& phase, const Group& group) const {
    return phase.updates() && phase.entry != Phase::Entry::units && (work == nullptr || joins()) &&
           !(group.sees & (Sees::noise | Sees::tiles));
  }
  bool crosses_all(std::size_t phase) const { return joins() && splits[phase] == 0; }
  // Whether a call may handle several parameters at once.
  bool joins() const { return work->measurer == nullptr && !work->rehearses; }

  void add_phase(const Phase& phase, const Group& group);  // while it is made
  void zero_grads(const Piece& piece) const;               // where they are, as a step uses them

  const Plan& plan;
  Params& params;
  const Memory& memory;
  Lowering& lowering;
  const SimdTable& simd;
  const Portion& portion;
  const std::size_t tile;
  const bool zero_grad;
  const bool past_caches;               // a phase writes what it keeps past them
  const std::size_t ahead;              // elements at which loops fetch; 0: they do not
  std::vector<char> splits;             // phase -> whether some group's part goes parameter by parameter
  std::vector<std::size_t> unit_begin;  // parameter -> its first unit, where a gather runs over units
  std::unique_ptr<UnitMap[]> units;     // of the gather that was last run over units
  std::vector<MatrixCall> matrices;
  const Work* work = nullptr;  // of the present call
};

// Whether the phase finds gradients that are not finite.
inline bool looks(const Phase& phase, const Cohort& cohort) {
  return &phase == &cohort.group->phases[cohort.group->looks_in];
}

// What the passes over a tile act on: its streams, or copies of them where the step is only rehearsed.
class StandIn {
 public:
  explicit StandIn(const CpuShared& shared);

  void begin(const Piece& piece);  // of one parameter, where the present call rehearses
  void end() { stands_ = false; }

  void* value(const Piece& piece) const;
  void* state(const Piece& piece, std::size_t stream) const;  // null where it is not like the value

 private:
  const CpuShared& shared_;
  Arena memory_;
  std::vector<void*> tiles_;  // of the value and of each state
  bool stands_ = false;
};

// Adds what is not finite in a stream of a piece, which begins at `stream`.
void look_back_at(const Memory& memory, const void* stream, const Piece& piece, Found& spoiled);

class alignas(64) CpuMember {
 public:
  CpuMember(const CpuShared& shared, int member, int members);

  // Adds what it has found since it was last asked.
  void hand_over(Found& found, Found& spoiled);

  // Its share of a phase; of the sums over units, and of the matrices, that the phase begins with.
  void run_phase(std::size_t phase);
  void gather_units(std::size_t cut);
  void map_matrices(std::size_t phase);

  // Its share of what a Device does apart from phases.
  void inspect(bool zero);
  void measure();
  void accumulate(std::span<const double> weights, double weight);
  void zero_grads();

 private:
  template <class F>
  void for_each_piece(const F& f) const;
  void run_piece(const Phase& phase, const Cohort& cohort, const Piece& piece);
  void run_loop(const Phase& phase, const Cohort& cohort, const Piece& piece);
  void run_tiles(const Phase& phase, const Cohort& cohort, const Piece& piece);
  void run_kept(const Phase& phase, const Cohort& cohort, const Piece& piece);
  void gather(const Phase& phase, const Cohort& cohort, const Piece& piece);

  // Passes over a tile.
  void keep_old(const Piece& piece);
  const void* form_update(const Phase& phase, const Cohort& cohort, const Piece& piece);
  void apply_update(const Phase& phase, const Cohort& cohort, const Piece& piece, const void* u);
  void land(const Phase& phase, const Cohort& cohort, const Piece& piece);
  void look(const Piece& piece, bool zero = false);
  void look_back(const Phase& phase, const Piece& piece);

  // Sums of blocks and units.
  void measure(const Piece& piece);
  void add_sums(const Phase& phase, const Cohort& cohort, const Piece& piece, const void* u, LaneSums& sums);
  UnitMap unit_map(const Phase& phase, const Cohort& cohort, std::size_t parameter, std::size_t unit);

  Streams streams_of(const Phase& phase, const Piece& piece, std::size_t first_state) const;

  const CpuShared& shared_;
  const int member_, members_;
  Arena scratch_;
  void* tile_;             // of updates
  void* old_ = nullptr;    // the values of a tile before the update, where they are read
  void* noise_ = nullptr;  // a tile of random numbers
  StandIn stand_in_;
  bool finite_ = true;  // what the kernels of a tile have left
  Found found_, spoiled_;
};

}  // namespace thalweg
