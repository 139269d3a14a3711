// CpuMember: what a phase does to a piece, as a loop or in tiles.
#include <algorithm>
#include <cstring>

#include "device/cpu_member.h"
#include "device/noise.h"

namespace thalweg {
namespace {

// Elements [begin, end) of a span, the last block of which may be cut short.
Piece part_of(const Piece& span, std::size_t begin, std::size_t end) {
  return {span.parameter, span.begin + begin, std::min(span.begin + end, span.end)};
}

// Maps each unit of a piece of updates with its own sums.
void map_units(const CpuShared& shared, const Piece& piece, void* u, Dtype dtype) {
  const std::size_t p = piece.parameter, each = unit_size(shared.params[p]);
  for (std::size_t begin = piece.begin; begin < piece.end;) {
    const std::size_t unit = begin / each, end = std::min((unit + 1) * each, piece.end);
    shared.core(dtype).shift(shared.units[shared.unit_begin[p] + unit], offset(u, begin - piece.begin, dtype),
                             end - begin);
    begin = end;
  }
}

}  // namespace

void CpuMember::run_phase(std::size_t number) {
  const Work& work = *shared_.work;
  Cohorts& cohorts = shared_.lowering.cohorts();
  const auto run = [&](const Piece& piece, bool crossing) {
    const Cohort& cohort = cohorts.of(piece.parameter);
    for (const Phase& phase : cohort.group->phases) {
      const bool now = phase.number == number && shared_.crosses_parameters(phase, *cohort.group) == crossing;
      if (now) run_piece(phase, cohort, piece);
    }
  };
  const bool measures = number == 0 && !work.squares.empty();  // then all goes parameter by parameter
  if (work.apart) {
    return for_each_share(work.span_begin, member_, members_,
                          [&](std::size_t i, std::size_t begin, std::size_t end) {
                            const Piece piece = part_of(work.spans[i], begin, end);
                            if (measures) measure(piece);
                            run(piece, false);
                            run(piece, true);
                          });
  }
  if (!measures) {
    for_each_share(work.span_begin, member_, members_,
                   [&](std::size_t i, std::size_t begin, std::size_t end) {
                     run(part_of(work.spans[i], begin, end), true);
                   });
  }
  if (shared_.crosses_all(number) && !measures) return;
  for_each_share(shared_.portion.blocks.first, shared_.portion.held, member_, members_,
                 [&](std::size_t p, std::size_t begin, std::size_t end) {
                   const Piece piece{p, begin, std::min(end, shared_.memory.size(p))};
                   if (measures) measure(piece);
                   if (!cohorts.takes_part(p)) return;
                   run(piece, false);
                   if (measures) run(piece, true);
                 });
}

void CpuMember::run_piece(const Phase& phase, const Cohort& cohort, const Piece& piece) {
  switch (phase.kind) {
    case Phase::Kind::keep:
      return run_kept(phase, cohort, piece);
    case Phase::Kind::sums:
      return gather(phase, cohort, piece);
    case Phase::Kind::tiles:
      return run_tiles(phase, cohort, piece);
    case Phase::Kind::loop:
      return shared_.joins() ? run_loop(phase, cohort, piece) : run_tiles(phase, cohort, piece);
  }
}

Streams CpuMember::streams_of(const Phase& phase, const Piece& piece, std::size_t first_state) const {
  const std::size_t p = piece.parameter;
  const Dtype dtype = shared_.memory.dtype(p);
  Streams streams;
  streams.value = stand_in_.value(piece);
  streams.grad = shared_.source(phase, piece);
  streams.entered = offset(shared_.entered(p), piece.begin, dtype);
  streams.noise = noise_;
  streams.n = piece.end - piece.begin;
  streams.ahead = shared_.ahead;
  const std::size_t states = shared_.memory.states(p).size() - first_state;
  for (std::size_t i = 0; i < std::min(kMaxState, states); ++i) {
    streams.state[i] = stand_in_.state(piece, first_state + i);
  }
  return streams;
}

void CpuMember::run_loop(const Phase& phase, const Cohort& cohort, const Piece& piece) {
  // What follows the loop finds values and gradients in the cache.
  const std::size_t each = !phase.landings.empty() ? shared_.tile : shared_.zero_grad ? kBlock : piece.end;
  const Dtype dtype = cohort.group->dtype;
  for (std::size_t begin = piece.begin; begin < piece.end; begin += each) {
    const Piece part{piece.parameter, begin, std::min(begin + each, piece.end)};
    if (cohort.group->sees & Sees::before) keep_old(part);
    Streams streams = streams_of(phase, part, phase.rules.empty() ? 0 : phase.rules[0].state);
    streams.noise = nullptr;  // of a tile, and no loop asks for it: the last lanes would be read far beyond
    const bool finite =
        phase.rules.empty()
            ? shared_.core(dtype).plain(cohort.end, streams)
            : shared_.kernels(phase.rules[0].link, dtype).fused(cohort.rules[phase.first_rule], streams);
    if (!finite && looks(phase, cohort)) look(part);
    finite_ = finite;
    land(phase, cohort, part);
    if (!finite_) look_back(phase, part);
    shared_.zero_grads(part);
  }
}

void CpuMember::run_tiles(const Phase& phase, const Cohort& cohort, const Piece& piece) {
  const std::size_t p = piece.parameter, tile = shared_.work->measurer == nullptr ? shared_.tile : kBlock;
  const Dtype dtype = cohort.group->dtype;
  Measurer* measurer = shared_.work->measurer;
  for (std::size_t begin = piece.begin; begin < piece.end; begin += tile) {
    const Piece part{p, begin, std::min(begin + tile, piece.end)};
    if (looks(phase, cohort)) look(part);
    stand_in_.begin(part);
    finite_ = true;
    if (measurer != nullptr || cohort.group->sees & Sees::before) keep_old(part);
    apply_update(phase, cohort, part, form_update(phase, cohort, part));
    land(phase, cohort, part);
    if (!finite_) look_back(phase, part);
    stand_in_.end();
    if (measurer != nullptr) {
      measurer->add(shared_.core(dtype), member_, p, begin / kBlock, offset(shared_.entered(p), begin, dtype),
                    old_, offset(shared_.memory.value(p), begin, dtype), part.end - part.begin);
    }
    shared_.zero_grads(part);
  }
}

void CpuMember::keep_old(const Piece& piece) {
  std::memcpy(old_, stand_in_.value(piece),
              (piece.end - piece.begin) * size_of(shared_.memory.dtype(piece.parameter)));
}

// Those of a window have been zeroed as they entered it.
void CpuShared::zero_grads(const Piece& piece) const {
  if (!zero_grad || work->from_window || work->rehearses) return;
  const Dtype dtype = memory.dtype(piece.parameter);
  std::memset(offset(memory.grad(piece.parameter), piece.begin, dtype), 0,
              (piece.end - piece.begin) * size_of(dtype));
}

// The update of a tile as the rules of the phase form it, before the linear map that follows the last one.
// What a phase keeps is formed in its place at once where caches hold it.
const void* CpuMember::form_update(const Phase& phase, const Cohort& cohort, const Piece& piece) {
  const Dtype dtype = cohort.group->dtype;
  const CoreKernels& kernels = shared_.core(dtype);
  const std::size_t p = piece.parameter, n = piece.end - piece.begin;
  const bool in_place = phase.kind == Phase::Kind::keep && !shared_.past_caches;
  void* u = in_place ? offset(shared_.memory.kept(p), piece.begin, dtype) : tile_;
  const void* source = shared_.source(phase, piece);
  const void* value = stand_in_.value(piece);
  const auto map = [&](const Affine& affine) {
    if (source != u || affine.a != 1.0 || affine.b != 0.0 || affine.rest != 1.0)
      kernels.affine(affine, source, value, u, n);
    source = u;
  };
  if (phase.entry == Phase::Entry::units) {
    map(cohort.start);
    map_units(shared_, piece, u, dtype);
  }
  for (std::size_t i = 0; i < phase.rules.size(); ++i) {
    const Lowered& lowered = cohort.rules[phase.first_rule + i];
    const std::size_t link = phase.rules[i].link;
    map(lowered.pre);
    if (const auto seed = shared_.plan.links[link].transform->seed; seed != nullptr) {
      Values& values = shared_.lowering.values();
      fill_noise(seed(values.options(link)), shared_.params[p].name(), values.updates(), piece.begin, n,
                 dtype, noise_);
    }
    const Streams streams = streams_of(phase, piece, phase.rules[i].state);
    finite_ &= shared_.apply(link, dtype, lowered.coefs, u, streams);
  }
  return source;
}

// The last linear map, and the new values, where it is not a landing that forms them.
void CpuMember::apply_update(const Phase& phase, const Cohort& cohort, const Piece& piece, const void* u) {
  const CoreKernels& kernels = shared_.core(cohort.group->dtype);
  Streams streams;
  streams.value = stand_in_.value(piece);
  streams.grad = u;
  streams.n = piece.end - piece.begin;
  if (phase.former == Phase::Former::landing) {
    kernels.affine(cohort.end, u, streams.value, tile_, streams.n);
  } else {
    finite_ &= kernels.plain(cohort.end, streams);
  }
}

void CpuMember::land(const Phase& phase, const Cohort& cohort, const Piece& piece) {
  for (std::size_t i = 0; i < phase.landings.size(); ++i) {
    Streams streams = streams_of(phase, piece, phase.landings[i].state);
    streams.grad = cohort.group->sees & Sees::before ? old_ : nullptr;
    const RuleKernels& kernels = shared_.kernels(phase.landings[i].link, cohort.group->dtype);
    finite_ &= kernels.land(cohort.landings[i], tile_, streams);
  }
}

// Counts what is not finite in a piece of the gradient, if anything is.
void CpuMember::look(const Piece& piece, bool zero) {
  const Memory& memory = shared_.memory;
  std::size_t p = piece.parameter;
  for (std::size_t base = 0; base < piece.end; base += memory.padded_size(p++)) {
    const std::size_t begin = std::max(piece.begin, base), end = std::min(piece.end, base + memory.size(p));
    if (begin >= end) continue;
    void* grad = const_cast<void*>(shared_.entered(p));  // written with `zero` only
    const Dtype dtype = memory.dtype(p);
    if (shared_.core(dtype).finite(offset(grad, begin - base, dtype), end - begin)) continue;
    found_.add(find_nonfinite(p, dtype, grad, begin - base, end - base, zero));
  }
}

// Counts what is not finite of what a phase has left in a piece.
void CpuMember::look_back(const Phase& phase, const Piece& piece) {
  if (phase.updates()) look_back_at(shared_.memory, stand_in_.value(piece), piece, spoiled_);
  for (const std::vector<ElementStep>* steps : {&phase.rules, &phase.landings}) {
    for (const ElementStep& step : *steps) {
      const Streams streams = streams_of(phase, piece, step.state);
      const std::size_t states = shared_.plan.links[step.link].state().size();
      for (std::size_t i = 0; i < states; ++i)
        if (streams.state[i] != nullptr) look_back_at(shared_.memory, streams.state[i], piece, spoiled_);
    }
  }
}

// Each parameter is one member's.
void CpuMember::map_matrices(std::size_t phase) {
  for (auto i = static_cast<std::size_t>(member_); i < shared_.matrices.size();
       i += static_cast<std::size_t>(members_)) {
    const MatrixCall& call = shared_.matrices[i];
    const std::size_t p = call.parameter;
    if (call.phase != phase || !shared_.lowering.cohorts().takes_part(p)) continue;
    if (!shared_.portion.holds(shared_.portion.blocks.first[p])) continue;
    const Lowered& lowered = shared_.lowering.cohorts().of(p).rules[call.rule];
    const Buffer& value = shared_.params[p].value_buffer();
    void* u = call.update.data;
    shared_.core(value.dtype).affine(lowered.pre, u, value.data, u, shared_.memory.size(p));
    shared_.plan.links[call.link].transform->whole(lowered.coefs, {call.update, value, call.states});
  }
}

}  // namespace thalweg
