#include "step/run.h"

#include <algorithm>
#include <cmath>
#include <limits>

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
      step_bytes_(bytes_of_step(params, plan)),
      past_caches_(step_bytes_ >= kPastCaches),
      team_(step_bytes_ >= kWorthForking ? options.threads : 1),
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

void Runner::drop_grads() {
  if (!zero_grad_) return;
  from_window_ = false;
  on_team([this](int member) {
    for_each_piece(member, [&](const Piece& piece) {
      if (takes_part(piece.parameter)) zero_grads(piece);
    });
  });
}

}  // namespace thalweg
