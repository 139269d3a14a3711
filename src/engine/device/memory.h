// The streams that a step works on: what the parameters have, and what the optimizer owns beside it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/arena.h"
#include "plan/plan.h"

namespace thalweg {

// A stream of one parameter, as a step meets it: a Buffer without its shape.
struct Stream {
  void* data = nullptr;  // null where the parameter has none
  std::size_t size = 0;  // elements
  Dtype dtype = Dtype::f32;
};

// Everything is allocated at construction.
class Memory {
 public:
  Memory(Params& params, const Plan& plan);

  // Takes up where the parameters' memory is now.
  void look_up();

  std::size_t parameters() const { return places_.size(); }
  std::size_t size(std::size_t p) const { return places_[p].value.size; }
  Dtype dtype(std::size_t p) const { return places_[p].value.dtype; }

  void* value(std::size_t p) const { return places_[p].value.data; }
  void* grad(std::size_t p) const { return places_[p].grad; }      // as given
  void* window(std::size_t p) const { return places_[p].window; }  // sum of gradients, or null
  void* kept(std::size_t p) const { return places_[p].kept; }      // update between phases, or null
  std::span<const Stream> states(std::size_t p) const {
    return {states_.data() + places_[p].first_state, places_[p].states};
  }

  // The same with their shapes, for whoever meets a stream as a whole.
  Buffer value_buffer(std::size_t p) const { return like_value(p, value(p)); }
  Buffer window_buffer(std::size_t p) const { return like_value(p, window(p)); }
  Buffer kept_buffer(std::size_t p) const { return like_value(p, kept(p)); }
  Buffer state_buffer(std::size_t p, std::size_t stream) const;

  // Whether parameter q begins where p ends in every stream, so that one call may handle both: padding of
  // the library's own memory may be walked over, the caller's may not.
  bool follows(std::size_t p, std::size_t q) const;

  // Elements of p with its padding, where it is the library's.
  std::size_t padded_size(std::size_t p) const;

 private:
  struct Streams {
    Stream value;
    void *grad = nullptr, *window = nullptr, *kept = nullptr;  // of the size and type of the value
    std::size_t first_state = 0, states = 0;
    bool adopted = false;
    bool alike = true;  // every state is of the size and type of the value
  };
  Buffer like_value(std::size_t p, void* data) const;

  Params& params_;
  const Plan& plan_;
  std::vector<Arena> arenas_;  // one a state stream, then one for kept updates and one for windows
  std::vector<Streams> places_;
  std::vector<Stream> states_;
};

}  // namespace thalweg
