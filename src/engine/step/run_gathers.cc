// Runner: sums that the chain needs, and what it measures.
#include <algorithm>
#include <array>
#include <cmath>

#include <hwy/cache_control.h>

#include "device/reduce.h"
#include "step/run.h"

namespace thalweg {
namespace {

// All sums of one gather, added one by one.
struct UnitSums : std::array<double, kMaxSums> {
  UnitSums() : std::array<double, kMaxSums>{} {}
};
UnitSums operator+(UnitSums a, const UnitSums& b) {
  for (std::size_t m = 0; m < kMaxSums; ++m) a[m] += b[m];
  return a;
}

// Whether the chain's first gather is the norm of the gradient of every parameter, as it came.
bool gathers_whole_gradient(const Plan& plan) {
  if (plan.gathers.empty() || plan.gathers[0].over != Over::all) return false;
  const std::size_t gates = plan.gates.size();
  return std::all_of(plan.groups.begin(), plan.groups.end(), [&](const Group& group) {
    return group.links.size() > gates && group.links[gates] == plan.gathers[0].link;
  });
}

}  // namespace

void Runner::allocate_sums(const OptimizerOptions& options) {
  const auto over = [&](Over what) {
    return std::any_of(plan_.gathers.begin(), plan_.gathers.end(),
                       [&](const GatherPlan& gather) { return gather.over == what; });
  };
  const bool gate_measures = std::any_of(plan_.gates.begin(), plan_.gates.end(),
                                         [&](std::size_t gate) { return measures_for(gate); });
  first_gather_is_norm_ = gathers_whole_gradient(plan_);
  wants_norm_ = options.grad_norm && !first_gather_is_norm_;
  if (!plan_.gathers.empty()) partials_.resize(block_begin_.back() * kMaxSums);
  if (wants_norm_ || gate_measures) measured_.resize(block_begin_.back());
  sums_.resize(params_.size());
  all_.resize(plan_.gathers.size() * kMaxSums);
  taking_part_.resize(plan_.gathers.size());
  if (over(Over::tensor)) tensor_.resize(plan_.gathers.size() * params_.size() * kMaxSums);
  for (const GatherPlan& gather : plan_.gathers) {
    for (const Group& group : plan_.groups) {
      gathers_.push_back(std::binary_search(group.links.begin(), group.links.end(), gather.link) ? 1 : 0);
    }
  }
  if (!over(Over::unit)) return;
  unit_begin_.push_back(0);
  for (const Parameter& parameter : params_) {
    const std::size_t each = unit_size(parameter);
    unit_begin_.push_back(unit_begin_.back() + (each == 0 ? 0 : parameter.size() / each));
  }
  units_.resize(unit_begin_.back());
}

Sums Runner::sums() const {
  return {all_.data(), tensor_.data(), sizes_.size(), sizes_.data(), taking_part_.data()};
}

double Runner::norm_of(std::span<double> partials) {
  for (std::size_t p = 0; p < sums_.size(); ++p) {
    sums_[p] = tree_sum(partials.subspan(block_begin_[p], block_begin_[p + 1] - block_begin_[p]));
  }
  return std::sqrt(tree_sum(sums_));
}

void Runner::measure(const Piece& piece) {
  const std::size_t p = piece.parameter;
  const Dtype dtype = memory_.dtype(p);
  const bool counts = takes_part(p);
  for (std::size_t begin = piece.begin; begin < piece.end; begin += kBlock) {
    const std::size_t n = std::min(begin + kBlock, piece.end) - begin;
    measured_[block_begin_[p] + begin / kBlock] =
        counts ? core(dtype).squares({}, offset(entered(p), begin, dtype), nullptr, n) : 0.0;
  }
}

void Runner::measure_entered() {
  on_team([this](int member) { for_each_piece(member, [&](const Piece& piece) { measure(piece); }); });
  entered_norm_ = norm_of(measured_);
}

// Sums of what entered the phase.
void Runner::gather(const PhasePlan& phase, const Class& c, const Piece& piece, int member) {
  if (plan_.gathers[phase.phase].over == Over::unit) return;  // when all updates are formed
  if (phase.phase == 0 && first_gather_is_norm_ && knows_norm()) {
    if (!std::isfinite(entered_norm_)) look(piece, member);
    return;
  }
  for (std::size_t begin = piece.begin; begin < piece.end; begin += kBlock) {
    const Piece block{piece.parameter, begin, std::min(begin + kBlock, piece.end)};
    LaneSums sums;
    add_sums(phase, c, block, source_of(block, phase), sums, member);
    const bool finite = put_sums(phase, c, block, sums);
    if (!finite && looks(phase, c)) look(block, member);
  }
}

// Keeps the updates that the phase forms, and sums them while they are in the nearest cache.
void Runner::run_kept(const PhasePlan& phase, const Class& c, const Piece& piece, int member) {
  const bool sums_now = plan_.gathers[phase.phase].over != Over::unit;
  for (std::size_t begin = piece.begin; begin < piece.end; begin += kBlock) {
    const Piece block{piece.parameter, begin, std::min(begin + kBlock, piece.end)};
    LaneSums sums;
    for (std::size_t at = block.begin; at < block.end; at += tile_) {
      const Piece part{piece.parameter, at, std::min(at + tile_, block.end)};
      if (looks(phase, c)) look(part, member);
      const void* u = form_update(phase, c, part, member);
      if (sums_now) add_sums(phase, c, part, u, sums, member);
      if (past_caches_) {
        core(c.group->dtype)
            .stream(u, offset(memory_.kept(part.parameter), at, c.group->dtype), part.end - at);
      }
    }
    if (sums_now) put_sums(phase, c, block, sums);
  }
  if (past_caches_) hwy::FlushStream();
}

// Of the updates u of a piece.
void Runner::add_sums(const PhasePlan& phase, const Class& c, const Piece& piece, const void* u,
                      LaneSums& sums, int member) {
  Streams streams = streams_of(piece, phase, 0, member);
  streams.grad = u;
  kernels_of(c.group->links[phase.end], c.group->dtype).gather(c.end, streams, sums);
}

// Tells whether the first of them is finite.
bool Runner::put_sums(const PhasePlan& phase, const Class& c, const Piece& block, const LaneSums& sums) {
  const Transform& transform = *plan_.links[c.group->links[phase.end]].transform;
  double* partial = &partials_[(block_begin_[block.parameter] + block.begin / kBlock) * kMaxSums];
  for (std::size_t m = 0; m < transform.sums; ++m) partial[m] = sums.total(m);
  return std::isfinite(partial[0]);
}

// Whether the parameter takes part, and in this gather.
bool Runner::counts_in(std::size_t parameter, std::size_t gather) const {
  return lowering_.takes_part(parameter) &&
         gathers_[gather * plan_.groups.size() + plan_.group_of[parameter]] != 0;
}

void Runner::finish_gather(std::size_t gather) {
  const auto [link, over] = plan_.gathers[gather];
  if (over == Over::unit) return;
  const std::size_t sums = plan_.links[link].transform->sums;
  taking_part_[gather] = 0;
  for (std::size_t p = 0; p < sizes_.size(); ++p) {
    if (counts_in(p, gather)) taking_part_[gather] += static_cast<double>(sizes_[p]);
  }
  for (std::size_t m = 0; m < sums; ++m) {
    for (std::size_t p = 0; p < sizes_.size(); ++p) {
      const std::size_t first = block_begin_[p], blocks = block_begin_[p + 1] - first;
      sums_[p] = !counts_in(p, gather) ? 0.0 : tree_sum(first, blocks, [&](std::size_t block) {
        return partials_[block * kMaxSums + m];
      });
      if (over == Over::tensor) tensor_[(gather * sizes_.size() + p) * kMaxSums + m] = sums_[p];
    }
    if (over == Over::all) all_[gather * kMaxSums + m] = tree_sum(sums_);
  }
  if (gather != 0 || !first_gather_is_norm_) return;
  grad_norm_ = knows_norm() ? entered_norm_ * entered_scale() : std::sqrt(all_[0]);
  all_[0] = grad_norm_ * grad_norm_;  // the same, whoever found the norm
}

// Sums over whole units, each by one member, once every update that they run over has been formed.
void Runner::gather_units(std::size_t gather, int member) {
  const Slice units = slice(unit_begin_.back(), member, team_.size());
  auto next = std::upper_bound(unit_begin_.begin(), unit_begin_.end(), units.begin);
  for (auto p = static_cast<std::size_t>(next - unit_begin_.begin()) - 1;
       p < sizes_.size() && unit_begin_[p] < units.end; ++p) {
    if (!counts_in(p, gather)) continue;
    const Class& c = lowering_.of(p);
    for (const PhasePlan& phase : c.group->phases) {
      if (!phase.gathers || phase.phase != gather) continue;
      const std::size_t end = std::min(unit_begin_[p + 1], units.end);
      for (std::size_t unit = std::max(unit_begin_[p], units.begin); unit < end; ++unit) {
        add_unit(phase, c, p, unit, member);
      }
    }
  }
}

void Runner::add_unit(const PhasePlan& phase, const Class& c, std::size_t p, std::size_t unit, int member) {
  const std::size_t each = unit_size(params_[p]), from = (unit - unit_begin_[p]) * each;
  const Transform& transform = *plan_.links[c.group->links[phase.end]].transform;
  const auto leaf = [&](std::size_t block) {
    const std::size_t begin = from + block * kBlock;
    const Piece part{p, begin, std::min(begin + kBlock, from + each)};
    const void* u = phase.keeps ? offset(memory_.kept(p), begin, c.group->dtype) : source_of(part, phase);
    LaneSums sums;
    add_sums(phase, c, part, u, sums, member);
    UnitSums out;
    for (std::size_t m = 0; m < transform.sums; ++m) out[m] = sums.total(m);
    return out;
  };
  const UnitSums sums = tree_sum(0, (each + kBlock - 1) / kBlock, leaf);
  Moment now;
  lowering_.turn_to(now, c, phase.end);
  now.sums = std::span(sums).first(transform.sums);
  now.size = static_cast<double>(each);
  units_[unit] = transform.unit(now, params_[p].shape().size());
}

void Runner::map_units(const Piece& piece, void* u, Dtype dtype) const {
  const std::size_t p = piece.parameter, each = unit_size(params_[p]);
  for (std::size_t begin = piece.begin; begin < piece.end;) {
    const std::size_t unit = begin / each, end = std::min((unit + 1) * each, piece.end);
    core(dtype).shift(units_[unit_begin_[p] + unit], offset(u, begin - piece.begin, dtype), end - begin);
    begin = end;
  }
}

}  // namespace thalweg
