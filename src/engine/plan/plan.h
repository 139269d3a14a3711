// A chain compiled for given parameters: which parameters share a chain, and the phases in which it runs.
//
// A phase is one pass over memory. It ends where a transform needs sums over elements, or a whole update,
// before it can continue; what follows is the next phase. Parameters of one type whose `on=` select the same
// transforms form a group. A plan is a value: no memory of streams, no thread.
#pragma once

#include <cstddef>
#include <span>
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
struct Phase {
  enum class Kind {
    loop,   // one register-resident loop forms the new values, on which landings then act tile by tile
    tiles,  // the update is formed in tiles that stay in the nearest cache, then the new values
    sums,   // only sums of what enters
    keep,   // the update is formed in tiles and kept for the next phase, with the sums that this one needs
  };
  enum class Source { gradient, kept };  // what it begins with: kept by an earlier phase
  enum class Entry {
    plain,
    units,   // each unit is mapped with its own sums first
    matrix,  // a matrix transform has mapped the kept update of the whole parameter before
  };
  enum class Former { engine, landing };  // who forms the new value: the first landing may

  Kind kind = Kind::loop;
  Source source = Source::gradient;
  Entry entry = Entry::plain;
  Former former = Former::engine;
  std::size_t number = 0;  // of the whole plan
  std::size_t cut = 0;     // of the whole plan, that it begins after; where it is not the first
  std::size_t begin = 0,
              end = 0;  // the group's links [begin, end); it ends for link `end`, if it is not the last
  std::vector<ElementStep> rules;     // those of them that form the update of single elements
  std::size_t first_rule = 0;         // those of earlier phases
  std::vector<ElementStep> landings;  // those of them that act on the new value, in order

  bool updates() const { return kind == Kind::loop || kind == Kind::tiles; }  // the parameter
};

// A state stream of a group's parameters.
struct StateStream {
  std::size_t link;   // of the chain, that owns it
  std::size_t index;  // among the streams of that link
};

struct Group {
  std::vector<std::size_t> links;         // of the chain, in order
  std::vector<std::size_t> numbers_from;  // of each link: its first number among those of the parameter
  std::vector<std::size_t> parameters;    // their numbers, in order
  Dtype dtype = Dtype::f32;               // of value, gradient and kept update
  std::vector<Phase> phases;
  std::vector<StateStream> states;
  std::size_t rules = 0;
  std::size_t landings = 0;
  std::size_t numbers = 0;   // kept a parameter
  std::size_t looks_in = 0;  // its phase that finds gradients that are not finite
  Sees sees = Sees::nothing;

  bool keeps() const;  // an update between phases
};

// Where a phase of some group ends: for the transform that the next one begins with.
struct Cut {
  std::size_t link;  // of the chain
  Over over;
};

struct Plan {
  Chain chain;
  std::span<const Link> links;  // of the chain, which owns them
  std::vector<Group> groups;
  std::vector<std::size_t> group_of;  // parameter -> group; kNoGroup when frozen
  std::size_t phases = 0;             // of a step
  std::vector<Cut> cuts;              // in the order of the chain: phase i ends with cut i
  std::vector<std::size_t> gates;     // links of the chain that decide before a step, in order

  static constexpr std::size_t kNoGroup = static_cast<std::size_t>(-1);

  // Throws Error(usage): a length is unresolved, a parameter has no `lr`, a name pattern matches nothing, a
  // landing stands before something that forms the update, a gate after something or not on all.
  Plan(Chain chain, const Params& params);

  bool accumulates() const;  // a gate keeps the sum of gradients: one more stream a parameter
  bool is_per_tensor(const Group& group) const;  // sums over each parameter alone

  // What a state stream of the group looks like for a parameter of it.
  Form form(const StateStream& stream, const Parameter& parameter) const;
  bool is_like_value(const StateStream& stream) const;  // of the type and shape of the parameter
  std::size_t bytes(const StateStream& stream, const Parameter& parameter) const;

  // Bytes of optimizer state, and of updates kept between phases.
  std::uint64_t state_bytes(const Params& params) const;
  std::uint64_t state_bytes(const Group& group, const Params& params) const;
};

// Elements of one unit of a parameter: of a row, or of the whole where it has no rows.
std::size_t unit_size(const Parameter& parameter);

}  // namespace thalweg
