// A chain compiled for given parameters: which parameters share a chain, and the phases in which it runs.
//
// A phase is one pass over memory. It ends where a gather needs sums over elements; what follows is the next
// phase. Parameters of one type whose `on=` select the same transforms form a group.
#pragma once

#include <cstddef>
#include <vector>

#include "chain/link.h"
#include "thalweg/chain.h"
#include "thalweg/params.h"

namespace thalweg {

// A transform of a group's chain that acts on single elements.
struct ElementStep {
  std::size_t link;   // of the chain
  std::size_t state;  // its first state stream among those of the parameter
};

// What one phase does to the parameters of one group.
struct PhasePlan {
  std::size_t phase = 0;              // of the whole plan
  std::size_t gather = 0;             // of the whole plan, that it begins with; where it is not the first
  std::size_t begin = 0, end = 0;     // the group's links [begin, end)
  std::vector<ElementStep> rules;     // those of them that form the update of single elements
  std::size_t first_rule = 0;         // those of earlier phases
  std::vector<ElementStep> landings;  // those of them that act on the new value, in order
  bool gathers = false;  // ends with the sums that link `end` of the group needs; else updates the parameter
  bool reads_kept = false;    // begins with what an earlier phase kept, not with the gradient
  bool keeps = false;         // stores the update for the next phase
  bool maps_units = false;    // begins by mapping each unit with its own sums
  bool tiled = false;         // has a rule that a register-resident loop cannot run
  bool lands_update = false;  // its first landing forms the new value

  // Whether one register-resident loop forms the new values, on which landings then act tile by tile; the
  // update is formed in tiles otherwise.
  bool fused() const { return !gathers && !maps_units && !tiled && !lands_update && rules.size() <= 1; }
};

struct Group {
  std::vector<std::size_t> links;         // of the chain, in order
  std::vector<std::size_t> numbers_from;  // of each link: its first number among those of the parameter
  std::vector<std::size_t> parameters;    // their numbers, in order
  Dtype dtype = Dtype::f32;
  std::vector<PhasePlan> phases;
  std::size_t rules = 0;
  std::size_t landings = 0;
  std::size_t states = 0;    // state streams a parameter
  std::size_t numbers = 0;   // kept a parameter
  std::size_t looks_in = 0;  // its phase that finds gradients that are not finite
  bool keeps = false;        // needs memory for one more stream between phases
  bool per_tensor = false;   // gathers over each parameter alone
  bool sees_before = false;  // a landing reads the value before the step
  bool sees_noise = false;

  std::size_t streams() const { return states + (keeps ? 1 : 0); }  // owned, a parameter
};

// A gather that some group runs: it ends the phase of its number.
struct GatherPlan {
  std::size_t link;  // of the chain
  Over over;
};

struct Plan {
  Chain chain;
  const std::vector<Link>& links;  // of the chain
  std::vector<Group> groups;
  std::vector<std::size_t> group_of;  // parameter -> group; kNoGroup when frozen
  std::size_t phases = 0;             // passes of a step
  std::vector<GatherPlan> gathers;    // in the order of the chain
  std::vector<std::size_t> gates;     // links of the chain that decide before a step, in order
  bool accumulates = false;           // a gate keeps the sum of gradients: one more stream a parameter

  static constexpr std::size_t kNoGroup = static_cast<std::size_t>(-1);

  // Throws Error(usage): a length is unresolved, a parameter has no `lr`, a name pattern matches nothing, a
  // landing stands before something that forms the update, a gate behind something or not on all.
  Plan(Chain chain, const Params& params);

  // Bytes of optimizer state, and of updates kept between phases.
  std::uint64_t state_bytes(const Params& params) const;
};

// Elements of one unit of a parameter: of a row, or of the whole where it has no rows.
std::size_t unit_size(const Parameter& parameter);

}  // namespace thalweg
