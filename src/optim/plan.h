// A chain compiled for given parameters: which parameters share a chain, and the phases in which it runs.
//
// A phase is one pass over memory. It ends where a global transform needs a sum over all parameters; what
// follows is the next phase. Parameters of one type whose `on=` select the same transforms form a group.
#pragma once

#include <cstddef>
#include <vector>

#include "optim/link.h"
#include "thalweg/chain.h"
#include "thalweg/params.h"

namespace thalweg {

// A core rule of a group's chain.
struct RuleStep {
  std::size_t link;   // of the chain
  std::size_t state;  // its first state stream among those of the parameter
};

// What one phase does to the parameters of one group.
struct PhasePlan {
  std::size_t phase;                     // of the whole plan
  std::size_t begin, end;                // the group's links [begin, end)
  std::vector<RuleStep> rules;           // those of them that act on single elements
  std::size_t first_rule;                // those of earlier phases
  std::vector<std::size_t> projections;  // links of the chain that act on the new value, in order
  bool gathers = false;  // ends with the sum that link `end` of the group needs; else updates the parameter
  bool reads_kept = false;  // begins with what an earlier phase kept, not with the gradient
  bool keeps = false;       // stores the update for the next phase

  // Whether one register-resident loop does it; tiles are interpreted otherwise.
  bool fused() const { return !gathers && rules.size() <= 1 && projections.empty(); }
};

struct Group {
  std::vector<std::size_t> links;       // of the chain, in order
  std::vector<std::size_t> parameters;  // their numbers, in order
  Dtype dtype = Dtype::f32;
  std::vector<PhasePlan> phases;
  std::size_t rules = 0;
  std::size_t states = 0;  // state streams a parameter
  bool keeps = false;      // needs memory for one more stream between phases

  std::size_t streams() const { return states + (keeps ? 1 : 0); }  // owned, a parameter
};

struct Plan {
  Chain chain;
  std::vector<Group> groups;
  std::vector<std::size_t> group_of;  // parameter -> group; kNoGroup when frozen
  std::size_t phases = 0;             // passes of a step
  std::vector<std::size_t> gathers;   // the global links of the chain that some group runs, in order

  static constexpr std::size_t kNoGroup = static_cast<std::size_t>(-1);

  // Throws Error(usage): a length is unresolved, a parameter has no `lr`, a name pattern matches nothing, a
  // projection stands before something that forms the update.
  Plan(Chain chain, const Params& params);

  // Bytes of optimizer state, and of updates kept between phases.
  std::uint64_t state_bytes(const Params& params) const;
};

}  // namespace thalweg
