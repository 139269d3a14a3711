// Runner: what a phase does to one piece, as a loop or in tiles.
#include <algorithm>
#include <cstring>

#include "device/noise.h"
#include "step/run.h"

namespace thalweg {

const void* Runner::entered(std::size_t p) const {
  return from_window_ ? memory_.window(p) : memory_.grad(p);
}

const void* Runner::source_of(const Piece& piece, const PhasePlan& phase) const {
  const std::size_t p = piece.parameter;
  return offset(phase.reads_kept ? memory_.kept(p) : entered(p), piece.begin, memory_.dtype(p));
}

Streams Runner::streams_of(const Piece& piece, const PhasePlan& phase, std::size_t first_state,
                           int member) const {
  const std::size_t p = piece.parameter;
  const Dtype dtype = memory_.dtype(p);
  Streams streams;
  streams.value = offset(memory_.value(p), piece.begin, dtype);
  streams.grad = source_of(piece, phase);
  streams.entered = offset(entered(p), piece.begin, dtype);
  if (!noise_.empty()) streams.noise = noise_[static_cast<std::size_t>(member)];
  streams.n = piece.end - piece.begin;
  const std::span<void* const> states = memory_.states(p).subspan(first_state);
  for (std::size_t i = 0; i < std::min(kMaxState, states.size()); ++i) {
    streams.state[i] = offset(states[i], piece.begin, dtype);
  }
  return streams;
}

const RuleKernels& Runner::kernels_of(std::size_t link, Dtype dtype) const {
  const Link& l = plan_.links[link];
  return simd_.rules[l.transform->first_kernel + l.variant][static_cast<std::size_t>(dtype)];
}

// Whether the phase finds gradients that are not finite.
bool Runner::looks(const PhasePlan& phase, const Class& c) {
  return &phase == &c.group->phases[c.group->looks_in];
}

void Runner::run_piece(const PhasePlan& phase, const Class& c, const Piece& piece, int member) {
  if (phase.keeps) {
    run_kept(phase, c, piece, member);
  } else if (phase.gathers) {
    gather(phase, c, piece, member);
  } else if (phase.fused() && !measurer_) {
    run_fused(phase, c, piece, member);
  } else {
    run_tiles(phase, c, piece, member);
  }
}

void Runner::run_fused(const PhasePlan& phase, const Class& c, const Piece& piece, int member) {
  // What follows the loop finds values and gradients in the cache.
  const std::size_t each = !phase.landings.empty() ? tile_ : zero_grad_ ? kBlock : piece.end;
  for (std::size_t begin = piece.begin; begin < piece.end; begin += each) {
    const Piece part{piece.parameter, begin, std::min(begin + each, piece.end)};
    if (c.group->sees_before) keep_old(part, member);
    const Streams streams = streams_of(part, phase, phase.rules.empty() ? 0 : phase.rules[0].state, member);
    const bool finite =
        phase.rules.empty()
            ? core(c.group->dtype).plain(c.end, streams)
            : kernels_of(phase.rules[0].link, c.group->dtype).fused(c.rules[phase.first_rule], streams);
    if (!finite && looks(phase, c)) look(part, member);
    land(phase, c, part, member);
    zero_grads(part);
  }
}

void Runner::keep_old(const Piece& piece, int member) {
  const Dtype dtype = memory_.dtype(piece.parameter);
  std::memcpy(old_[static_cast<std::size_t>(member)],
              offset(memory_.value(piece.parameter), piece.begin, dtype),
              (piece.end - piece.begin) * size_of(dtype));
}

// Those of a window have been zeroed as they entered it.
void Runner::zero_grads(const Piece& piece) {
  if (!zero_grad_ || from_window_) return;
  const Dtype dtype = memory_.dtype(piece.parameter);
  std::memset(offset(memory_.grad(piece.parameter), piece.begin, dtype), 0,
              (piece.end - piece.begin) * size_of(dtype));
}

void Runner::run_tiles(const PhasePlan& phase, const Class& c, const Piece& piece, int member) {
  const auto m = static_cast<std::size_t>(member);
  const std::size_t p = piece.parameter;
  const Dtype dtype = c.group->dtype;
  const bool reads_old = measurer_ || c.group->sees_before;
  for (std::size_t begin = piece.begin; begin < piece.end; begin += tile_) {
    const Piece part{p, begin, std::min(begin + tile_, piece.end)};
    if (looks(phase, c)) look(part, member);
    if (reads_old) keep_old(part, member);
    apply_update(phase, c, part, form_update(phase, c, part, member), member);
    land(phase, c, part, member);
    if (measurer_) {
      measurer_->add(core(dtype), member, p, begin / kBlock, offset(entered(p), begin, dtype), old_[m],
                     offset(memory_.value(p), begin, dtype), part.end - part.begin);
    }
    zero_grads(part);
  }
}

// Where a tile of updates is formed: what a phase keeps goes there at once where caches hold it.
void* Runner::forms_in(const PhasePlan& phase, const Piece& piece, int member) const {
  if (!phase.keeps || past_caches_) return tiles_[static_cast<std::size_t>(member)];
  return offset(memory_.kept(piece.parameter), piece.begin, memory_.dtype(piece.parameter));
}

// Every rule of the phase on one tile of updates, which stays in the nearest cache. Tells where the update
// is: what is linear behind the last rule is still to come.
const void* Runner::form_update(const PhasePlan& phase, const Class& c, const Piece& piece, int member) {
  const Dtype dtype = c.group->dtype;
  const CoreKernels& kernels = core(dtype);
  const std::size_t n = piece.end - piece.begin;
  const void* source = source_of(piece, phase);
  const void* value = offset(memory_.value(piece.parameter), piece.begin, dtype);
  void* u = forms_in(phase, piece, member);
  const auto map = [&](const Affine& affine) {
    if (source != u || affine.a != 1.0 || affine.b != 0.0) kernels.affine(affine, source, value, u, n);
    source = u;
  };
  if (phase.maps_units) {
    map(c.start);
    map_units(piece, u, dtype);
  }
  for (std::size_t i = 0; i < phase.rules.size(); ++i) {
    const Lowered& lowered = c.rules[phase.first_rule + i];
    const std::size_t link = phase.rules[i].link;
    map(lowered.pre);
    if (const auto seed = plan_.links[link].transform->seed; seed != nullptr) {
      fill_noise(seed(lowering_.options_of(link)), params_[piece.parameter].name(), lowering_.updates(),
                 piece.begin, n, dtype, noise_[static_cast<std::size_t>(member)]);
    }
    kernels_of(link, dtype).tile(lowered.coefs, u, streams_of(piece, phase, phase.rules[i].state, member));
  }
  return source;
}

// The last linear map, and the new values, where it is not a landing that forms them.
void Runner::apply_update(const PhasePlan& phase, const Class& c, const Piece& piece, const void* u,
                          int member) {
  const CoreKernels& kernels = core(c.group->dtype);
  Streams streams;
  streams.value = offset(memory_.value(piece.parameter), piece.begin, c.group->dtype);
  streams.grad = u;
  streams.n = piece.end - piece.begin;
  if (phase.lands_update) {
    kernels.affine(c.end, u, streams.value, tiles_[static_cast<std::size_t>(member)], streams.n);
  } else {
    kernels.plain(c.end, streams);
  }
}

void Runner::land(const PhasePlan& phase, const Class& c, const Piece& piece, int member) {
  const auto m = static_cast<std::size_t>(member);
  for (std::size_t i = 0; i < phase.landings.size(); ++i) {
    Streams streams = streams_of(piece, phase, phase.landings[i].state, member);
    streams.grad = c.group->sees_before ? old_[m] : nullptr;
    kernels_of(phase.landings[i].link, c.group->dtype).land(c.landings[i], tiles_[m], streams);
  }
}

}  // namespace thalweg
