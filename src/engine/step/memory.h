// The memory that a step works on: what the parameters have, and what the optimizer owns beside it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/arena.h"
#include "device/partition.h"
#include "plan/plan.h"
#include "transforms/transform.h"

namespace thalweg {

// Everything is allocated at construction.
class Memory {
 public:
  Memory(const Params& params, const Plan& plan);

  // Takes up where the parameters' memory is now.
  void look_up();

  std::size_t parameters() const { return places_.size(); }
  std::size_t size(std::size_t p) const { return places_[p].size; }
  Dtype dtype(std::size_t p) const { return places_[p].dtype; }

  void* value(std::size_t p) const { return places_[p].value; }
  void* grad(std::size_t p) const { return places_[p].grad; }      // as it came
  void* window(std::size_t p) const { return places_[p].window; }  // sum of gradients, or null
  void* kept(std::size_t p) const { return places_[p].kept; }      // update between phases, or null
  std::span<void* const> states(std::size_t p) const {
    return {states_.data() + places_[p].first_state, places_[p].states};
  }
  void* state(std::size_t p, std::size_t stream) const { return states(p)[stream]; }

  // Whether parameter q begins where p ends in every stream, so that one call may handle both: padding of
  // the library's own memory may be walked over, the caller's may not.
  bool follows(std::size_t p, std::size_t q) const;

  // Elements of p with its padding, where it is the library's.
  std::size_t padded_size(std::size_t p) const;

 private:
  struct Place {
    void *value = nullptr, *grad = nullptr, *window = nullptr, *kept = nullptr;
    std::size_t size = 0, first_state = 0, states = 0;
    Dtype dtype = Dtype::f32;
    bool adopted = false;
  };

  const Params& params_;
  std::vector<Arena> arenas_;  // one a state stream, then one for kept updates and one for windows
  std::vector<Place> places_;
  std::vector<void*> states_;
};

}  // namespace thalweg
