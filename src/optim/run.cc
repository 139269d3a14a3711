#include "optim/run.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "optim/denormals.h"
#include "optim/reduce.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kWorthForking = std::uint64_t{256}
                                        << 10;  // bytes of a step below which one thread does it
constexpr int kFirstStateColour = 2;            // behind values and gradients

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

template <class P>
P* at(P* base, std::size_t elements, Dtype dtype) {
  using Byte = std::conditional_t<std::is_const_v<P>, const std::byte, std::byte>;
  return static_cast<Byte*>(base) + elements * size_of(dtype);
}

void* value_data(const Parameter& parameter) {
  return parameter.dtype() == Dtype::f32 ? static_cast<void*>(parameter.value<float>().data())
                                         : parameter.value<double>().data();
}

void* grad_data(const Parameter& parameter) {
  return parameter.dtype() == Dtype::f32 ? static_cast<void*>(parameter.grad<float>().data())
                                         : parameter.grad<double>().data();
}

std::size_t kernel_set(Dtype dtype) { return static_cast<std::size_t>(dtype); }

bool worth_forking(const Params& params, const Plan& plan) {
  std::uint64_t bytes = plan.state_bytes(params);
  for (const Parameter& parameter : params) bytes += 2 * parameter.size() * size_of(parameter.dtype());
  return bytes >= kWorthForking;
}

// Whether the chain's first gather is the norm of the gradient of every parameter, as it came.
bool gathers_whole_gradient(const Plan& plan) {
  if (plan.gathers.empty()) return false;
  const std::vector<Link>& links = plan.chain.links();
  return std::all_of(plan.groups.begin(), plan.groups.end(), [&](const Group& group) {
    return !group.links.empty() && group.links[0] == plan.gathers[0] &&
           links[group.links[0]].transform->scope == Scope::global;
  });
}

}  // namespace

Runner::Runner(Params& params, const Plan& plan, const OptimizerOptions& options)
    : params_(params),
      plan_(plan),
      simd_(find_simd(options.simd)),
      tile_(options.statistics.any() ? kBlock : checked_tile(options.tile)),
      team_(worth_forking(params, plan) ? options.threads : 1),
      inspector_(team_.size()) {
  allocate(params);
  for (int member = 0; member < team_.size(); ++member) {
    tiles_.push_back(scratch_.allocate(kBlock * sizeof(double)));
    if (options.statistics.any()) old_.push_back(scratch_.allocate(kBlock * sizeof(double)));
  }

  first_gather_is_norm_ = gathers_whole_gradient(plan);
  measures_ = options.grad_norm && !first_gather_is_norm_;
  if (!plan.gathers.empty()) partials_.resize(block_begin_.back());
  if (measures_) measured_.resize(block_begin_.back());
  if (options.statistics.any()) measurer_.emplace(params, block_begin_, options.statistics, team_.size());
  sums_.resize(params.size());
  norms_.resize(plan.gathers.size());

  std::size_t projections = 0;
  for (const Link& link : plan.chain.links()) {
    option_begin_.push_back(options_.size());
    options_.resize(options_.size() + link.numbers.size());
    if (link.transform->scope == Scope::projection) ++projections;
  }
  std::size_t most_rules = 0;
  for (const Group& group : plan.groups) most_rules = std::max(most_rules, group.rules);
  classes_.resize(params.size());
  for (Class& c : classes_) {
    c.rules.resize(most_rules);
    c.scales.resize(most_rules);
    c.projections.resize(projections);
  }
  class_index_.resize(params.size());
  fill_initial();
}

// Streams of one kind lie in one arena, so that a step walks through few places of memory.
void Runner::allocate(const Params& params) {
  std::size_t most_states = 0;
  for (const Group& group : plan_.groups) most_states = std::max(most_states, group.states);
  for (std::size_t i = 0; i <= most_states; ++i) {
    arenas_.emplace_back(kFirstStateColour + static_cast<int>(i));
  }
  block_begin_.push_back(0);
  for (std::size_t p = 0; p < params.size(); ++p) {
    const Parameter& parameter = params[p];
    const std::size_t size = parameter.size() * size_of(parameter.dtype());
    block_begin_.push_back(block_begin_.back() + (parameter.size() + kBlock - 1) / kBlock);
    state_begin_.push_back(states_.size());
    kept_.push_back(nullptr);
    if (plan_.group_of[p] == Plan::kNoGroup) continue;
    const Group& group = plan_.groups[plan_.group_of[p]];
    for (std::size_t i = 0; i < group.states; ++i) states_.push_back(arenas_[i].allocate(size));
    if (group.keeps) kept_[p] = arenas_.back().allocate(size);
  }
}

// Fresh memory is zero; what begins with another number is written here.
void Runner::fill_initial() {
  evaluate_options(0);
  for (const Group& group : plan_.groups) {
    std::size_t stream = 0;
    for (const std::size_t link : group.links) {
      const Transform& transform = *plan_.chain.links()[link].transform;
      for (std::size_t i = 0; i < plan_.chain.links()[link].state().size(); ++i, ++stream) {
        const double initial = transform.initial != nullptr ? transform.initial(options_of(link), i) : 0.0;
        if (initial == 0.0) continue;
        for (const std::size_t p : group.parameters) {
          if (group.dtype == Dtype::f32)
            std::fill_n(static_cast<float*>(state(p, stream)), params_[p].size(),
                        static_cast<float>(initial));
          if (group.dtype == Dtype::f64)
            std::fill_n(static_cast<double*>(state(p, stream)), params_[p].size(), initial);
        }
      }
    }
  }
}

void* Runner::state(std::size_t parameter, std::size_t stream) const {
  return states_[state_begin_[parameter] + stream];
}

void Runner::step(std::uint64_t k, std::span<std::uint64_t> clocks) {
  const FlushDenormals flush;
  evaluate_options(k);
  assign_classes(clocks);
  grad_norm_ = std::numeric_limits<double>::quiet_NaN();
  inspector_.clear();
  if (measurer_) measurer_->clear();
  lower_all(0);
  team_.run([this](int member) {
    const FlushDenormals flush_member;
    run_member(member);
  });
  if (measures_) grad_norm_ = norm_of(measured_);
  if (measurer_) measurer_->finish();
}

bool Runner::takes_part(std::size_t parameter) const {
  return plan_.group_of[parameter] != Plan::kNoGroup && !params_[parameter].absent();
}

Found Runner::inspect(bool zero) {
  inspector_.clear();
  team_.run([this, zero](int member) {
    for_each_piece(member, [&](const Piece& piece) {
      if (!takes_part(piece.parameter)) return;
      for (std::size_t begin = piece.begin; begin < piece.end; begin += kBlock) {
        look({piece.parameter, begin, std::min(begin + kBlock, piece.end)}, member, zero);
      }
    });
  });
  return inspector_.found();
}

// Counts what is not finite in a piece of the gradient, if anything is.
void Runner::look(const Piece& piece, int member, bool zero) {
  const Parameter& parameter = params_[piece.parameter];
  const void* grad = at(grad_data(parameter), piece.begin, parameter.dtype());
  if (simd_.core[kernel_set(parameter.dtype())].finite(grad, piece.end - piece.begin)) return;
  inspector_.look(member, parameter, piece.parameter, piece.begin, piece.end, zero);
}

std::span<const double> Runner::options_of(std::size_t link) const {
  return {options_.data() + option_begin_[link], plan_.chain.links()[link].numbers.size()};
}

void Runner::evaluate_options(std::uint64_t k) {
  const std::vector<Link>& links = plan_.chain.links();
  for (std::size_t i = 0; i < links.size(); ++i) {
    for (std::size_t j = 0; j < links[i].numbers.size(); ++j)
      options_[option_begin_[i] + j] = links[i].numbers[j](k);
  }
  lr_ = 1.0;
  if (plan_.groups.empty()) return;
  for (const std::size_t link : plan_.groups[0].links) {
    if (links[link].transform->is_rate) lr_ *= options_[option_begin_[link]];
  }
}

void Runner::assign_classes(std::span<std::uint64_t> clocks) {
  class_count_ = 0;
  for (std::size_t p = 0; p < class_index_.size(); ++p) {  // parameters added since have no state
    class_index_[p] = Plan::kNoGroup;
    if (!takes_part(p)) continue;
    Class& c = class_of(plan_.groups[plan_.group_of[p]], ++clocks[p]);
    class_index_[p] = static_cast<std::size_t>(&c - classes_.data());
  }
}

Runner::Class& Runner::class_of(const Group& group, std::uint64_t t) {
  // The newest first: neighbours mostly share their class.
  for (std::size_t i = class_count_; i-- > 0;) {
    if (classes_[i].group == &group && classes_[i].t == t) return classes_[i];
  }
  Class& fresh = classes_[class_count_++];
  fresh.group = &group;
  fresh.t = t;
  return fresh;
}

// The product of the factors that stand behind link `i` of the group: of the rates, or of everything linear.
double Runner::behind(const Group& group, std::size_t i, bool rates_only) const {
  double product = 1.0;
  for (std::size_t j = i + 1; j < group.links.size(); ++j) {
    const Transform& transform = *plan_.chain.links()[group.links[j]].transform;
    const bool counts = rates_only ? transform.is_rate : transform.scope == Scope::affine;
    if (counts) product *= transform.affine(options_of(group.links[j])).a;
  }
  return product;
}

// Folds everything that is linear into the maps around the rules of this phase. A rule is prepared in its own
// phase; later phases only need the factor of its update. Behind a rule that has taken the rates inside they
// scale what was added since, not the update.
void Runner::lower(Class& c, std::size_t phase) {
  const std::vector<Link>& links = plan_.chain.links();
  Affine map;
  bool rates_taken = false;
  std::size_t rule = 0, projection = 0;
  for (const PhasePlan& part : c.group->phases) {
    if (part.phase > phase) break;
    for (std::size_t i = part.begin; i < part.end; ++i) {
      const std::size_t link = c.group->links[i];
      const Transform& transform = *links[link].transform;
      const Numbers o = options_of(link);
      if (transform.scope == Scope::affine) {
        const Affine next = transform.affine(o);
        map = transform.is_rate && rates_taken ? Affine{map.a, map.b * next.a} : map.then(next);
      } else if (transform.scope == Scope::global) {
        const auto gather =
            std::find(plan_.gathers.begin(), plan_.gathers.end(), link) - plan_.gathers.begin();
        map = map.then({transform.factor(o, norms_[static_cast<std::size_t>(gather)]), 0.0});
      } else if (transform.scope == Scope::projection) {
        transform.project(o, behind(*c.group, i, false), c.projections[projection++]);
      } else {
        rates_taken = links[link].rate_inside || (rates_taken && !transform.is_rule);
        if (part.phase == phase) {
          const double rate = links[link].rate_inside ? behind(*c.group, i, true) : 1.0;
          c.rules[rule].pre = map;
          c.scales[rule] = transform.prepare({o, c.t, rate}, c.rules[rule].coefs);
        }
        map = {c.scales[rule++], 0.0};
      }
    }
  }
  c.end = map;
  if (rule > 0) c.rules[rule - 1].post = map;
}

void Runner::lower_all(std::size_t phase) {
  for (std::size_t i = 0; i < class_count_; ++i) lower(classes_[i], phase);
}

void Runner::run_member(int member) {
  run_phase(0, member);
  for (std::size_t phase = 1; phase < plan_.phases; ++phase) {
    team_.barrier();
    if (member == 0) {
      finish_gather(phase - 1);
      lower_all(phase);
    }
    team_.barrier();
    run_phase(phase, member);
  }
}

// The member's share of all blocks, parameter by parameter.
template <class F>
void Runner::for_each_piece(int member, const F& f) {
  const Slice blocks = slice(block_begin_.back(), member, team_.size());
  auto next = std::upper_bound(block_begin_.begin(), block_begin_.end(), blocks.begin);
  for (std::size_t p = static_cast<std::size_t>(next - block_begin_.begin()) - 1;
       p < class_index_.size() && block_begin_[p] < blocks.end; ++p) {
    const std::size_t first = std::max(block_begin_[p], blocks.begin) - block_begin_[p];
    const std::size_t last = std::min(block_begin_[p + 1], blocks.end) - block_begin_[p];
    const Piece piece{p, first * kBlock, std::min(last * kBlock, params_[p].size())};
    if (piece.begin < piece.end) f(piece);
  }
}

void Runner::run_phase(std::size_t phase, int member) {
  for_each_piece(member, [&](const Piece& piece) {
    if (phase == 0 && measures_) measure(piece);
    if (class_index_[piece.parameter] == Plan::kNoGroup) return;
    const Class& c = classes_[class_index_[piece.parameter]];
    for (const PhasePlan& part : c.group->phases) {
      if (part.phase == phase) run_piece(part, c, piece, member);
    }
  });
}

const void* Runner::source_of(const Piece& piece, const PhasePlan& phase) const {
  const Parameter& parameter = params_[piece.parameter];
  const void* source = phase.reads_kept ? kept_[piece.parameter] : grad_data(parameter);
  return at(source, piece.begin, parameter.dtype());
}

Streams Runner::streams_of(const Piece& piece, const PhasePlan& phase, std::size_t first_state) const {
  const Parameter& parameter = params_[piece.parameter];
  Streams streams;
  streams.value = at(value_data(parameter), piece.begin, parameter.dtype());
  streams.grad = source_of(piece, phase);
  streams.n = piece.end - piece.begin;
  const std::size_t states = plan_.groups[plan_.group_of[piece.parameter]].states;
  for (std::size_t i = 0; i < kMaxState && first_state + i < states; ++i) {
    streams.state[i] = at(state(piece.parameter, first_state + i), piece.begin, parameter.dtype());
  }
  return streams;
}

// Whether the phase meets the gradient as it came, and is the first to do so.
bool Runner::is_first(const PhasePlan& phase, const Class& c) { return &phase == &c.group->phases.front(); }

void Runner::run_piece(const PhasePlan& phase, const Class& c, const Piece& piece, int member) {
  const std::size_t set = kernel_set(c.group->dtype);
  if (!phase.fused() || measurer_) {
    if (!phase.rules.empty() || !phase.gathers) run_tiles(phase, c, piece, member);
    if (phase.gathers) gather(phase, c, piece, member);
    return;
  }
  const bool finite = phase.rules.empty() ? simd_.core[set].plain(c.end, streams_of(piece, phase, 0))
                                          : kernels_of(phase.rules[0].link, set)
                                                .fused(c.rules[phase.first_rule],
                                                       streams_of(piece, phase, phase.rules[0].state));
  if (!finite && is_first(phase, c)) look(piece, member);
}

void Runner::run_tiles(const PhasePlan& phase, const Class& c, const Piece& piece, int member) {
  const std::size_t set = kernel_set(c.group->dtype);
  const bool measured = measurer_ && !phase.gathers;
  for (std::size_t begin = piece.begin; begin < piece.end; begin += tile_) {
    const Piece part{piece.parameter, begin, std::min(begin + tile_, piece.end)};
    if (is_first(phase, c)) look(part, member);
    const std::size_t n = part.end - part.begin;
    void* value = at(value_data(params_[piece.parameter]), begin, c.group->dtype);
    if (measured) std::memcpy(old_[static_cast<std::size_t>(member)], value, n * size_of(c.group->dtype));
    void* kept = phase.keeps ? at(kept_[piece.parameter], begin, c.group->dtype) : nullptr;
    run_tile(phase, c, part, kept, tiles_[static_cast<std::size_t>(member)]);
    if (!measured) continue;
    const void* grad = at(grad_data(params_[piece.parameter]), begin, c.group->dtype);
    measurer_->add(simd_.core[set], member, piece.parameter, begin / kBlock, grad,
                   old_[static_cast<std::size_t>(member)], value, n);
  }
}

// Every transform of the phase on one tile of updates `u`, which stays in the nearest cache.
void Runner::run_tile(const PhasePlan& phase, const Class& c, const Piece& piece, void* kept, void* u) {
  const std::size_t set = kernel_set(c.group->dtype);
  const CoreKernels& core = simd_.core[set];
  const std::size_t n = piece.end - piece.begin;
  const void* source = source_of(piece, phase);
  void* value = at(value_data(params_[piece.parameter]), piece.begin, c.group->dtype);
  for (std::size_t i = 0; i < phase.rules.size(); ++i) {
    const Lowered& lowered = c.rules[phase.first_rule + i];
    core.affine(lowered.pre, source, value, u, n);
    kernels_of(phase.rules[i].link, set)
        .tile(lowered.coefs, u, streams_of(piece, phase, phase.rules[i].state));
    source = u;
  }
  if (kept != nullptr) {
    std::memcpy(kept, u, n * size_of(c.group->dtype));
  } else {
    core.update(c.end, source, value, n);
    project(phase, c, value, n);
  }
}

void Runner::project(const PhasePlan& phase, const Class& c, void* value, std::size_t n) const {
  for (std::size_t i = 0; i < phase.projections.size(); ++i) {
    kernels_of(phase.projections[i], kernel_set(c.group->dtype)).project(c.projections[i], value, n);
  }
}

const RuleKernels& Runner::kernels_of(std::size_t link, std::size_t set) const {
  const Link& l = plan_.chain.links()[link];
  return simd_.rules[l.transform->first_kernel + l.variant][set];
}

void Runner::gather(const PhasePlan& phase, const Class& c, const Piece& piece, int member) {
  const Parameter& parameter = params_[piece.parameter];
  const void* kept = phase.keeps ? kept_[piece.parameter] : nullptr;
  for (std::size_t begin = piece.begin; begin < piece.end; begin += kBlock) {
    const Piece part{piece.parameter, begin, std::min(begin + kBlock, piece.end)};
    const void* source = kept != nullptr ? at(kept, begin, parameter.dtype()) : source_of(part, phase);
    double& partial = partials_[block_begin_[piece.parameter] + begin / kBlock];
    partial = simd_.core[kernel_set(parameter.dtype())].squares(
        c.end, source, at(value_data(parameter), begin, parameter.dtype()), part.end - part.begin);
    if (!std::isfinite(partial) && phase.rules.empty() && is_first(phase, c)) look(part, member);
  }
}

void Runner::measure(const Piece& piece) {
  const Parameter& parameter = params_[piece.parameter];
  const bool counts = !parameter.absent() && plan_.group_of[piece.parameter] != Plan::kNoGroup;
  for (std::size_t begin = piece.begin; begin < piece.end; begin += kBlock) {
    const std::size_t n = std::min(begin + kBlock, piece.end) - begin;
    measured_[block_begin_[piece.parameter] + begin / kBlock] =
        counts ? simd_.core[kernel_set(parameter.dtype())].squares(
                     {}, at(grad_data(parameter), begin, parameter.dtype()), nullptr, n)
               : 0.0;
  }
}

double Runner::norm_of(std::span<double> partials) {
  for (std::size_t p = 0; p < sums_.size(); ++p) {
    sums_[p] = tree_sum(partials.subspan(block_begin_[p], block_begin_[p + 1] - block_begin_[p]));
  }
  return std::sqrt(tree_sum(sums_));
}

void Runner::finish_gather(std::size_t phase) {
  const std::size_t link = plan_.gathers[phase];
  for (std::size_t p = 0; p < class_index_.size(); ++p) {
    const bool takes_part = class_index_[p] != Plan::kNoGroup &&
                            std::binary_search(plan_.groups[plan_.group_of[p]].links.begin(),
                                               plan_.groups[plan_.group_of[p]].links.end(), link);
    if (takes_part) continue;
    std::fill(partials_.begin() + static_cast<std::ptrdiff_t>(block_begin_[p]),
              partials_.begin() + static_cast<std::ptrdiff_t>(block_begin_[p + 1]), 0.0);
  }
  norms_[phase] = norm_of(partials_);
  if (phase == 0 && first_gather_is_norm_) grad_norm_ = norms_[0];
}

}  // namespace thalweg
