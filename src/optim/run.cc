#include "optim/run.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "optim/noise.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kWorthForking = 256 << 10;  // bytes of a step below which one thread does it
constexpr std::uint64_t kPastCaches = 64 << 20;  // bytes of a step that no cache keeps until the next phase

const SimdTable& find_simd(std::string_view name) {
  std::vector<std::string_view> names;
  for (const SimdTable& table : simd_tables()) {
    if (name.empty() || table.target == name) return table;
    names.push_back(table.target);
  }
  std::string known;
  for (const std::string_view target : names) known += (known.empty() ? "" : ", ") + std::string(target);
  throw Error(Code::usage, {"simd", "unknown target, or one that this machine cannot run",
                            "`" + std::string(name) + "`", known, did_you_mean(name, names)});
}

std::size_t checked_tile(std::size_t tile) {
  if (tile > 0 && tile <= kBlock && tile % kLanes == 0) return tile;
  throw Error(Code::usage,
              {"tile", "impossible size", std::to_string(tile),
               "a multiple of " + std::to_string(kLanes) + " up to " + std::to_string(kBlock), ""});
}

// That a step reads and writes.
std::uint64_t bytes_of_step(const Params& params, const Plan& plan) {
  std::uint64_t bytes = plan.state_bytes(params);
  for (const Parameter& parameter : params) bytes += 2 * parameter.size() * size_of(parameter.dtype());
  return bytes;
}

std::size_t blocks_of(std::size_t elements) { return (elements + kBlock - 1) / kBlock; }

}  // namespace

Runner::Runner(Params& params, const Plan& plan, const OptimizerOptions& options)
    : params_(params),
      plan_(plan),
      simd_(find_simd(options.simd)),
      tile_(options.statistics.any() ? kBlock : checked_tile(options.tile)),
      zero_grad_(options.zero_grad),
      past_caches_(bytes_of_step(params, plan) >= kPastCaches),
      team_(bytes_of_step(params, plan) >= kWorthForking ? options.threads : 1),
      memory_(params, plan),
      lowering_(params, plan),
      takes_part_(params.size()),
      weights_(plan.accumulates ? params.size() : 0),
      inspector_(team_.size()) {
  block_begin_.push_back(0);
  for (const Parameter& parameter : params) {
    block_begin_.push_back(block_begin_.back() + blocks_of(parameter.size()));
    sizes_.push_back(parameter.size());
  }
  allocate_scratch(options);
  allocate_sums(options);
  runs_.reserve(params.size());
  run_begin_.reserve(params.size() + 1);
  for (std::size_t phase = 0; phase < plan.phases; ++phase) splits_.push_back(splits(phase) ? 1 : 0);
  fill_initial();
}

void Runner::allocate_scratch(const OptimizerOptions& options) {
  const auto any = [&](bool Group::*what) {
    return std::any_of(plan_.groups.begin(), plan_.groups.end(), [&](const Group& g) { return g.*what; });
  };
  for (int member = 0; member < team_.size(); ++member) {
    const auto tile = [&] { return scratch_.allocate(kBlock * sizeof(double)); };
    tiles_.push_back(tile());
    if (options.statistics.any() || any(&Group::sees_before)) old_.push_back(tile());
    if (any(&Group::sees_noise)) noise_.push_back(tile());
  }
  if (options.statistics.any()) measurer_.emplace(params_, block_begin_, options.statistics, team_.size());
}

// Fresh memory is zero; what begins with another number is written here.
void Runner::fill_initial() {
  for (const Group& group : plan_.groups) {
    std::size_t stream = 0;
    for (const std::size_t link : group.links) {
      const Transform& transform = *plan_.links[link].transform;
      for (std::size_t i = 0; i < plan_.links[link].state().size(); ++i, ++stream) {
        const double initial =
            transform.initial != nullptr ? transform.initial(lowering_.options_of(link), i) : 0.0;
        if (initial == 0.0) continue;
        for (const std::size_t p : group.parameters) {
          if (group.dtype == Dtype::f32)
            std::fill_n(static_cast<float*>(memory_.state(p, stream)), sizes_[p],
                        static_cast<float>(initial));
          if (group.dtype == Dtype::f64)
            std::fill_n(static_cast<double*>(memory_.state(p, stream)), sizes_[p], initial);
        }
      }
    }
  }
}

Verdict Runner::step(std::uint64_t k, const StepInput& input, std::span<std::uint64_t> clocks) {
  const FlushDenormals flush;
  grad_norm_ = entered_norm_ = std::numeric_limits<double>::quiet_NaN();
  if (std::isfinite(input.grad_norm)) entered_norm_ = input.grad_norm;
  inspector_.clear();
  lowering_.evaluate(k);
  if (params_.changes() != seen_changes_) {
    memory_.look_up();
    seen_changes_ = params_.changes();
    classified_ = false;
  }
  from_window_ = false;
  if (!plan_.gates.empty()) {
    if (const Verdict verdict = ask_gates(k, input); verdict != Verdict::pass) {
      drop_grads();
      return verdict;
    }
    inspector_.clear();  // what a gate let pass is found again
  }
  measures_ = wants_norm_ && !knows_norm();
  refresh(clocks);
  if (measurer_) measurer_->clear(entered_scale());
  lowering_.lower(0, sums());
  on_team([this](int member) { run_member(member); });
  if (lowering_.keeps_numbers()) lowering_.keep_numbers();
  if (measures_) entered_norm_ = norm_of(measured_);
  if (!first_gather_is_norm_) grad_norm_ = entered_norm_ * entered_scale();
  if (!plan_.gates.empty()) tell_gates();
  if (measurer_) measurer_->finish();
  return Verdict::pass;
}

bool Runner::takes_part(std::size_t p) const {  // parameters added since have no state
  if (p >= plan_.group_of.size() || plan_.group_of[p] == Plan::kNoGroup) return false;
  const Parameter& parameter = params_[p];
  return !parameter.frozen() && (from_window_ ? weights_[p] > 0 : !parameter.absent());
}

// Raises the clocks and sorts the parameters into classes, if anything is different from the step before.
void Runner::refresh(std::span<std::uint64_t> clocks) {
  if (!classified_ || plan_.accumulates) {
    for (std::size_t p = 0; p < takes_part_.size(); ++p) {
      const char now = takes_part(p) ? 1 : 0;
      classified_ = classified_ && now == takes_part_[p];
      takes_part_[p] = now;
    }
  }
  for (std::size_t p = 0; p < takes_part_.size(); ++p)
    clocks[p] += static_cast<std::uint64_t>(takes_part_[p]);
  if (classified_) return lowering_.advance();
  lowering_.classify(clocks, takes_part_);
  join_runs();
  classified_ = true;
}

void Runner::join_runs() {
  runs_.clear();
  run_begin_.assign(1, 0);
  for (std::size_t p = 0, last = 0; p < takes_part_.size(); ++p) {
    if (takes_part_[p] == 0 || sizes_[p] == 0) continue;
    const bool joins = !runs_.empty() && last + 1 == p &&
                       lowering_.class_index(last) == lowering_.class_index(p) && memory_.follows(last, p);
    if (joins) {
      Piece& run = runs_.back();
      run.end += memory_.padded_size(last) - sizes_[last] + sizes_[p];
    } else {
      runs_.push_back({p, 0, sizes_[p]});
    }
    last = p;
  }
  for (const Piece& run : runs_) run_begin_.push_back(run_begin_.back() + blocks_of(run.end));
}

Found Runner::inspect(bool zero) {
  from_window_ = false;
  return inspect_entered(zero);
}

Found Runner::inspect_entered(bool zero) {
  memory_.look_up();
  inspector_.clear();
  on_team([this, zero](int member) {
    for_each_piece(member, [&](const Piece& piece) {
      if (takes_part(piece.parameter)) look(piece, member, zero);
    });
  });
  return inspector_.found();
}

// Counts what is not finite in a piece of the gradient, if anything is.
void Runner::look(const Piece& piece, int member, bool zero) {
  std::size_t p = piece.parameter;
  for (std::size_t base = 0; base < piece.end; base += memory_.padded_size(p++)) {
    const std::size_t begin = std::max(piece.begin, base), end = std::min(piece.end, base + sizes_[p]);
    if (begin >= end) continue;
    void* grad = const_cast<void*>(entered(p));  // written with `zero` only
    if (core(memory_.dtype(p)).finite(offset(grad, begin - base, memory_.dtype(p)), end - begin)) continue;
    inspector_.look(member, memory_.dtype(p), grad, p, begin - base, end - base, zero);
  }
}

void Runner::run_member(int member) {
  run_phase(0, member);
  for (std::size_t phase = 1; phase < plan_.phases; ++phase) {
    team_.barrier();
    if (plan_.gathers[phase - 1].over == Over::unit) {
      gather_units(phase - 1, member);
      team_.barrier();
    }
    if (member == 0) {
      finish_gather(phase - 1);
      lowering_.lower(phase, sums());
    }
    team_.barrier();
    run_phase(phase, member);
  }
}

// Whether some group's part of the phase goes parameter by parameter.
bool Runner::splits(std::size_t phase) const {
  return std::any_of(plan_.groups.begin(), plan_.groups.end(), [&](const Group& group) {
    return std::any_of(group.phases.begin(), group.phases.end(), [&](const PhasePlan& part) {
      return part.phase == phase && !crosses_parameters(part, group);
    });
  });
}

// Whether the phase does the same to every element, wherever its parameter begins.
bool Runner::crosses_parameters(const PhasePlan& phase, const Group& group) const {
  return !phase.gathers && !phase.maps_units && !measurer_ && !group.sees_noise;
}

void Runner::run_phase(std::size_t phase, int member) {
  const auto run = [&](const Piece& piece, bool crosses) {
    const Class& c = lowering_.of(piece.parameter);
    for (const PhasePlan& part : c.group->phases) {
      if (part.phase == phase && crosses_parameters(part, *c.group) == crosses)
        run_piece(part, c, piece, member);
    }
  };
  const bool measures = phase == 0 && measures_;  // then all goes parameter by parameter
  if (!measures) for_each_run(member, [&](const Piece& piece) { run(piece, true); });
  if (splits_[phase] == 0 && !measures) return;
  for_each_piece(member, [&](const Piece& piece) {
    if (measures) measure(piece);
    if (!lowering_.takes_part(piece.parameter)) return;
    run(piece, false);
    if (measures) run(piece, true);
  });
}

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

void Runner::drop_grads() {
  if (!zero_grad_) return;
  from_window_ = false;
  on_team([this](int member) {
    for_each_piece(member, [&](const Piece& piece) {
      if (takes_part(piece.parameter)) zero_grads(piece);
    });
  });
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
