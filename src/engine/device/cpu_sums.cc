// CpuMember: sums of blocks and of units, and what is done to gradients apart from phases.
#include <algorithm>
#include <array>
#include <cmath>

#include <hwy/cache_control.h>

#include "device/cpu_member.h"
#include "device/reduce.h"

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

using Tiles = std::array<void*, 3>;  // of scratch

// Of a sum of the updates u of a block, of elements that are multiplied by `scale` once they are mapped.
double scaled_sum(const CpuShared& shared, const Tiles& tiles, const Phase& phase, const Cohort& cohort,
                  const Piece& block, const void* u, std::size_t sum, double scale) {
  const Dtype dtype = cohort.group->dtype;
  const CoreKernels& kernels = shared.core(dtype);
  const void* value = offset(shared.memory.value(block.parameter), block.begin, dtype);
  const void* entered = offset(shared.entered(block.parameter), block.begin, dtype);
  Streams streams;
  streams.n = block.end - block.begin;
  kernels.affine(cohort.end, u, value, tiles[0], streams.n);
  kernels.affine({scale}, tiles[0], nullptr, tiles[0], streams.n);
  kernels.affine({scale}, value, nullptr, tiles[1], streams.n);
  kernels.affine({scale}, entered, nullptr, tiles[2], streams.n);
  streams.grad = tiles[0];
  streams.value = tiles[1];
  streams.entered = tiles[2];
  LaneSums sums;
  shared.kernels(cohort.group->links[phase.end], dtype).gather({}, streams, sums);
  return sums.total(sum);
}

// Leaves the sums of a block of updates u where the step finds them.
void put_sums(const CpuShared& shared, const Tiles& tiles, const Phase& phase, const Cohort& cohort,
              const Piece& block, const void* u, const LaneSums& sums) {
  const std::size_t count = shared.plan.links[cohort.group->links[phase.end]].transform->sum.count;
  const std::size_t at = shared.portion.blocks.first[block.parameter] + block.begin / kBlock;
  for (std::size_t m = 0; m < count; ++m) {
    shared.work->partials[at * kMaxSums + m] = total_of(cohort.group->dtype, [&](double scale) {
      return scale == 1.0 ? sums.total(m) : scaled_sum(shared, tiles, phase, cohort, block, u, m, scale);
    });
  }
}

}  // namespace

// Calls f with the member's share of all parameters, piece by piece.
template <class F>
void CpuMember::for_each_piece(const F& f) const {
  for_each_share(shared_.portion.blocks.first, shared_.portion.held, member_, members_,
                 [&](std::size_t p, std::size_t begin, std::size_t end) {
                   f(Piece{p, begin, std::min(end, shared_.memory.size(p))});
                 });
}

void CpuMember::inspect(bool zero) {
  for_each_piece([&](const Piece& piece) {
    if (shared_.work->takes_part[piece.parameter] != 0) look(piece, zero);
  });
}

void CpuMember::measure() {
  for_each_piece([&](const Piece& piece) { measure(piece); });
}

void CpuMember::zero_grads() {
  for_each_piece([&](const Piece& piece) {
    if (shared_.work->takes_part[piece.parameter] != 0) shared_.zero_grads(piece);
  });
}

void CpuMember::accumulate(std::span<const double> weights, double weight) {
  for_each_piece([&](const Piece& piece) {
    const std::size_t p = piece.parameter;
    if (shared_.work->takes_part[p] == 0) return;
    const Dtype dtype = shared_.memory.dtype(p);
    void* window = offset(shared_.memory.window(p), piece.begin, dtype);
    const bool finite = shared_.core(dtype).accumulate(weights[p] == 0.0 ? 0.0 : 1.0, weight,
                                                       offset(shared_.memory.grad(p), piece.begin, dtype),
                                                       window, piece.end - piece.begin);
    if (!finite) {
      look(piece);
      look_back_at(shared_.memory, window, piece, spoiled_);
    }
    shared_.zero_grads(piece);
  });
}

void CpuMember::measure(const Piece& piece) {
  const std::size_t p = piece.parameter;
  const Dtype dtype = shared_.memory.dtype(p);
  const bool counts = shared_.work->takes_part[p] != 0;
  for (std::size_t begin = piece.begin; begin < piece.end; begin += kBlock) {
    const std::size_t n = std::min(begin + kBlock, piece.end) - begin;
    const void* grad = offset(shared_.entered(p), begin, dtype);
    const auto sum_of = [&](double scale) { return shared_.core(dtype).squares({scale}, grad, nullptr, n); };
    shared_.work->squares[shared_.portion.blocks.first[p] + begin / kBlock] =
        counts ? total_of(dtype, sum_of) : Total{};
  }
}

// Sums of what entered the phase.
void CpuMember::gather(const Phase& phase, const Cohort& cohort, const Piece& piece) {
  if (shared_.plan.cuts[phase.number].over == Over::unit) return;  // when all updates are formed
  const double norm = shared_.work->known_norm;
  if (phase.number == 0 && !std::isnan(norm)) {
    if (!std::isfinite(norm)) look(piece);
    return;
  }
  for (std::size_t begin = piece.begin; begin < piece.end; begin += kBlock) {
    const Piece block{piece.parameter, begin, std::min(begin + kBlock, piece.end)};
    LaneSums sums;
    const void* u = shared_.source(phase, block);
    add_sums(phase, cohort, block, u, sums);
    put_sums(shared_, {tile_, old_, noise_}, phase, cohort, block, u, sums);
    if (!std::isfinite(sums.total(0)) && looks(phase, cohort)) look(block);
  }
}

// Keeps the updates that the phase forms, and sums them while they are in the nearest cache.
void CpuMember::run_kept(const Phase& phase, const Cohort& cohort, const Piece& piece) {
  const Over over = shared_.plan.cuts[phase.number].over;
  const bool sums_now = over == Over::all || over == Over::tensor;
  const Dtype dtype = cohort.group->dtype;
  for (std::size_t begin = piece.begin; begin < piece.end; begin += kBlock) {
    const Piece block{piece.parameter, begin, std::min(begin + kBlock, piece.end)};
    LaneSums sums;
    for (std::size_t at = block.begin; at < block.end; at += shared_.tile) {
      const Piece part{piece.parameter, at, std::min(at + shared_.tile, block.end)};
      if (looks(phase, cohort)) look(part);
      stand_in_.begin(part);
      finite_ = true;
      const void* u = form_update(phase, cohort, part);
      if (!finite_) look_back(phase, part);
      stand_in_.end();
      if (sums_now) add_sums(phase, cohort, part, u, sums);
      void* kept = offset(shared_.memory.kept(part.parameter), at, dtype);
      if (shared_.past_caches) {
        shared_.core(dtype).stream(u, kept, part.end - at);
      } else if (u != kept) {  // no rule has formed anything
        shared_.core(dtype).affine({}, u, nullptr, kept, part.end - at);
      }
    }
    if (!sums_now) continue;
    put_sums(shared_, {tile_, old_, noise_}, phase, cohort, block,
             offset(shared_.memory.kept(block.parameter), block.begin, dtype), sums);
  }
  if (shared_.past_caches) hwy::FlushStream();
}

// Of the updates u of a piece.
void CpuMember::add_sums(const Phase& phase, const Cohort& cohort, const Piece& piece, const void* u,
                         LaneSums& sums) {
  Streams streams = streams_of(phase, piece, 0);
  streams.grad = u;
  shared_.kernels(cohort.group->links[phase.end], cohort.group->dtype).gather(cohort.end, streams, sums);
}

// Sums over whole units, each by one member, once every update that they run over has been formed.
void CpuMember::gather_units(std::size_t cut) {
  Cohorts& cohorts = shared_.lowering.cohorts();
  const std::span<const std::size_t> first = shared_.unit_begin;
  const Slice units = slice(first.back(), member_, members_);
  const auto next = std::upper_bound(first.begin(), first.end(), units.begin);
  for (auto p = static_cast<std::size_t>(next - first.begin()) - 1;
       p + 1 < first.size() && first[p] < units.end; ++p) {
    if (!cohorts.takes_part(p) || !shared_.portion.holds(shared_.portion.blocks.first[p])) continue;
    const Cohort& cohort = cohorts.of(p);
    for (const Phase& phase : cohort.group->phases) {
      if (phase.updates() || phase.number != cut) continue;
      const std::size_t end = std::min(first[p + 1], units.end);
      for (std::size_t unit = std::max(first[p], units.begin); unit < end; ++unit) {
        shared_.units[unit] = unit_map(phase, cohort, p, unit - first[p]);
      }
    }
  }
}

UnitMap CpuMember::unit_map(const Phase& phase, const Cohort& cohort, std::size_t p, std::size_t unit) {
  const std::size_t each = unit_size(shared_.params[p]), from = unit * each;
  const Transform& transform = *shared_.plan.links[cohort.group->links[phase.end]].transform;
  const Dtype dtype = cohort.group->dtype;
  const auto with_block = [&](std::size_t block, const auto& f) {
    const std::size_t begin = from + block * kBlock;
    const Piece part{p, begin, std::min(begin + kBlock, from + each)};
    return f(part, phase.kind == Phase::Kind::keep ? offset(shared_.memory.kept(p), begin, dtype)
                                                   : shared_.source(phase, part));
  };
  const UnitSums sums = tree_sum(0, blocks_of(each), [&](std::size_t block) {
    LaneSums lanes;
    with_block(block, [&](const Piece& part, const void* u) { add_sums(phase, cohort, part, u, lanes); });
    UnitSums out;
    for (std::size_t m = 0; m < transform.sum.count; ++m) out[m] = lanes.total(m);
    return out;
  });
  std::array<Total, kMaxSums> totals;
  for (std::size_t m = 0; m < transform.sum.count; ++m) {
    totals[m] = total_of(dtype, [&](double scale) {
      if (scale == 1.0) return sums[m];
      return tree_sum(0, blocks_of(each), [&](std::size_t block) {
        return with_block(block, [&](const Piece& part, const void* u) {
          return scaled_sum(shared_, {tile_, old_, noise_}, phase, cohort, part, u, m, scale);
        });
      });
    });
  }
  Moment now = shared_.lowering.moment(cohort, phase.end);
  now.sums = std::span(totals).first(transform.sum.count);
  now.size = static_cast<double>(each);
  return transform.sum.unit(now, shared_.params[p].shape().size());
}

}  // namespace thalweg
