#include "thalweg/optimizer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "base/did_you_mean.h"
#include "base/spec.h"
#include "base/text.h"
#include "step/optimizer_impl.h"
#include "step/owner_names.h"
#include "step/state_access.h"
#include "thalweg/error.h"
#include "transforms/numbers.h"

namespace thalweg {

namespace {

constexpr std::array<std::string_view, 4> kPolicies = {"report", "error", "skip", "zero"};

[[noreturn]] void fail(const std::string& what, const std::string& got, const std::string& want,
                       std::uint64_t update) {
  throw Error(Code::diverged, {"update " + std::to_string(update), what, got, want,
                               "try a smaller learning rate, a warm-up or clip_norm(1)"});
}

[[noreturn]] void refuse(const StepInput& input) {
  const bool weight = !(input.weight >= 0 && std::isfinite(input.weight));
  throw Error(Code::usage,
              {weight ? "weight" : "grad_norm", "not what a gradient can have",
               print_number(weight ? input.weight : input.grad_norm),
               weight ? "a finite number, at least 0" : "at least 0, or NaN where it is not known", ""});
}

[[noreturn]] void refuse_apart(const Chain& chain) {
  throw Error(Code::usage,
              {"step", "every gradient is needed before anything is updated", chain.text(),
               "a chain without norms over parameters and gates, that reports what is not finite",
               "form the gradients before the step"});
}

// 1 - beta^t of a state that the transform corrects with these options.
std::optional<double> correction_of(const Link& link, Numbers o, std::string_view state, std::uint64_t t) {
  const KeptState& kept = link.transform->kept;
  const auto found = std::ranges::find(kept.corrected, state, &Correction::state);
  if (t == 0 || found == kept.corrected.end()) return std::nullopt;
  if (kept.corrects != nullptr && !kept.corrects(o, state)) return std::nullopt;
  return one_minus_power(o[link.transform->spec.find(found->option).value()], t);
}

}  // namespace

// Of elements that are not finite.
void Optimizer::Impl::fail_at(const Found& found, const std::string& what) const {
  fail(what,
       "`" + params[found.parameter].name() + "` at " + std::to_string(found.index) + ", one of " +
           std::to_string(found.count),
       "numbers", updates);
}

// The gates allow no more steps to be skipped.
void Optimizer::Impl::fail_budget(const Found& found) const {
  const std::string what = "too many steps in a row had to be skipped";
  if (found.count > 0) fail_at(found, what);
  fail(what, "a gradient of norm " + print_number(step.last().grad_norm), "a norm close to those before",
       updates);
}

std::string_view nonfinite_name(Nonfinite policy) { return kPolicies[static_cast<std::size_t>(policy)]; }

Nonfinite parse_nonfinite(std::string_view name) {
  const auto found = std::find(kPolicies.begin(), kPolicies.end(), name);
  if (found != kPolicies.end()) return static_cast<Nonfinite>(found - kPolicies.begin());
  throw Error(Code::usage,
              {"nonfinite", "unknown policy", "`" + std::string(name) + "`", "report, error, skip or zero",
               did_you_mean(name, {kPolicies.begin(), kPolicies.end()})});
}

// Looks before anything is changed, by every policy but `report`. Whether the step is to be left out.
bool Optimizer::Impl::must_skip(Found& found) {
  const Nonfinite policy = options.nonfinite;
  if (policy == Nonfinite::report || guarded) return false;
  found = step.inspect(policy == Nonfinite::zero);
  if (found.count == 0 || policy == Nonfinite::zero) return false;
  leave_out(found, "the gradient is not finite");
  return true;
}

// Counts a step that the policy leaves out, or ends the training.
void Optimizer::Impl::leave_out(const Found& found, const std::string& what) {
  if (options.nonfinite == Nonfinite::error) fail_at(found, what);
  if (std::cmp_greater(++skips, options.most_skips)) {
    fail_at(found, what + ", " + std::to_string(skips) + " steps in a row");
  }
  step.drop_grads();
}

Optimizer::Optimizer(Params& params, Chain chain, OptimizerOptions options)
    : impl_(std::make_unique<Impl>(params, std::move(chain), options)) {}
Optimizer::Optimizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Optimizer::~Optimizer() = default;
Optimizer::Optimizer(Optimizer&&) noexcept = default;
Optimizer& Optimizer::operator=(Optimizer&&) noexcept = default;

struct OptimizerOnDevice {
  static Optimizer make(Params& params, Chain chain, const OptimizerOptions& options, DeviceMaker maker) {
    return Optimizer(std::make_unique<Optimizer::Impl>(params, std::move(chain), options, maker));
  }
};

Optimizer make_optimizer(Params& params, Chain chain, const OptimizerOptions& options, DeviceMaker maker) {
  return OptimizerOnDevice::make(params, std::move(chain), options, maker);
}

Report Optimizer::step(const StepInput& input) {
  using Clock = std::chrono::steady_clock;
  Impl& o = *impl_;
  if (!(input.weight >= 0 && std::isfinite(input.weight)) || input.grad_norm < 0) refuse(input);
  if (input.backward && o.options.comm == nullptr && !steps_apart(*this)) refuse_apart(chain());
  const Clock::time_point start = o.options.seconds ? Clock::now() : Clock::time_point();
  o.step.receive(o.gradients + 1, input);
  ++o.gradients;
  Found found;
  const bool held = o.must_skip(found);
  const Verdict verdict = held ? Verdict::hold : o.step.run(o.updates, input, o.clocks);
  if (verdict == Verdict::pass) ++o.updates;
  const bool looked_before = o.options.nonfinite != Nonfinite::report && !o.guarded;
  if (!looked_before && o.step.last().found.count > 0) found = o.step.last().found;
  if (verdict == Verdict::fail) o.fail_budget(found);
  const bool spoils = !held && o.step.last().spoils();
  if (spoils) found = o.step.last().spoiled;
  if (o.options.nonfinite != Nonfinite::report && !held) {
    if (spoils) o.leave_out(found, "the update would leave weights or state that are not finite");
    if (!spoils) o.skips = 0;
  }
  Report report = o.report(found, verdict, !held);
  if (o.options.seconds) report.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (o.options.seconds && !report.parameters.empty()) report.seconds -= o.step.last().measured->seconds();
  return report;
}

// What came of a gradient: of one that the policy held back nothing was measured.
Report Optimizer::Impl::report(const Found& found, Verdict verdict, bool ran) const {
  Report report{
      .update = updates,
      .lr = ran ? step.lr() : 0.0,
      .grad_norm = ran ? step.last().grad_norm : std::numeric_limits<double>::quiet_NaN(),
      .nonfinite = found.count,
      .nonfinite_parameter = found.count > 0 ? &params[found.parameter] : nullptr,
      .nonfinite_index = found.count > 0 ? found.index : 0,
      .overflows = ran && step.last().spoils(),
      .skipped = verdict == Verdict::hold || verdict == Verdict::fail,
      .waits = verdict == Verdict::wait,
  };
  if (const Measurer* measurer = step.last().measured; measurer != nullptr && verdict == Verdict::pass) {
    report.parameters = measurer->reports();
    report.update_ratio = measurer->update_ratio();
  }
  return report;
}

bool steps_apart(const Optimizer& optimizer) { return optimizer.impl_->step.goes_apart(); }

bool Optimizer::observes() const {
  return std::ranges::any_of(links_of(chain()),
                             [](const Link& l) { return l.transform->observe != nullptr; });
}

bool Optimizer::may_skip() const {
  const Nonfinite policy = impl_->options.nonfinite;
  return policy == Nonfinite::skip || policy == Nonfinite::zero || impl_->guarded;
}

void Optimizer::observe(double metric) {
  for (std::size_t i = 0; i < links_of(chain()).size(); ++i) {
    const auto observe = links_of(chain())[i].transform->observe;
    if (observe == nullptr) continue;
    observe(impl_->step.values().options(i), impl_->step.values().of_chain(i), metric);
  }
  if (observes()) return;
  throw Error(Code::usage, {"observe", "nothing in the chain takes a metric", chain().text(),
                            "a chain with `plateau`", "add it to the right of the rate: lr(0.1) | plateau"});
}

double Optimizer::loss_scale() const {
  double scale = 1.0;
  for (const std::size_t gate : impl_->plan.gates) {
    const Transform& transform = *links_of(chain())[gate].transform;
    if (transform.affine == nullptr || transform.part == Part::window) continue;
    scale *= impl_->step.values().of_chain(gate)[0];
  }
  return scale;
}

bool StateAccess::has_other_holders(Optimizer& optimizer) {
  return !optimizer.impl_->step.state().portion().whole();
}
HeldState& StateAccess::held(Optimizer& optimizer) { return optimizer.impl_->step.state(); }
void StateAccess::loaded(Optimizer& optimizer) { optimizer.impl_->step.state().has_all(); }
bool StateAccess::is_whole(Optimizer& optimizer) { return optimizer.impl_->step.state().is_whole(); }
void StateAccess::check_whole(Optimizer& optimizer) {
  if (is_whole(optimizer)) return;
  throw Error(Code::usage, {"state", "other ranks hold a part of it", "", "all of it",
                            "call gather_state(optimizer) on all ranks before"});
}

// The same chain on the parameters as they are now; what there was is carried over by name.
Optimizer Optimizer::replan() {
  Optimizer next = make_optimizer(impl_->params, impl_->plan.chain, impl_->options, impl_->make_device);
  for (int rank = 0; impl_->options.comm != nullptr && rank < impl_->options.comm->size(); ++rank)
    gather_state(*this, rank);  // ranks may hold other blocks now
  std::map<std::string, Buffer> tensors;
  std::map<std::string, double> kept;
  for (const StateTensor& tensor : state()) tensors.emplace(tensor.name, tensor.buffer);
  for (const StateNumber& number : numbers()) kept.emplace(number.name, *number.value);
  for (const StateTensor& tensor : next.state()) {
    const auto old = tensors.find(tensor.name);
    if (old == tensors.end()) continue;
    const auto p = static_cast<std::size_t>(
        std::ranges::find_if(impl_->params, [&](const Parameter& q) { return &q == tensor.parameter; }) -
        impl_->params.begin());
    Step& step = next.impl_->step;
    step.device().copy(step.state().of(p, old->second), step.state().of(p, tensor.buffer));
  }
  for (const StateNumber& number : next.numbers()) {
    if (const auto old = kept.find(number.name); old != kept.end()) *number.value = old->second;
  }
  for (std::size_t p = 0; p < impl_->clocks.size(); ++p) {  // without state a clock has nothing to count
    if (impl_->plan.group_of[p] != Plan::kNoGroup) next.impl_->clocks[p] = impl_->clocks[p];
  }
  next.impl_->updates = impl_->updates;
  next.impl_->gradients = impl_->gradients;
  next.impl_->skips = impl_->skips;
  next.impl_->step.values().take_given(impl_->step.values());
  std::swap(impl_, next.impl_);
  return next;
}

const Chain& Optimizer::chain() const { return impl_->plan.chain; }

std::uint64_t Optimizer::updates() const { return impl_->updates; }

std::uint64_t Optimizer::state_bytes() const { return impl_->step.state().bytes(); }

std::uint64_t Optimizer::gradients() const { return impl_->gradients; }

std::uint64_t Optimizer::skips() const { return impl_->skips; }

void Optimizer::set_updates(std::uint64_t updates) { impl_->updates = impl_->gradients = updates; }

void Optimizer::set_gradients(std::uint64_t gradients) { impl_->gradients = gradients; }

void Optimizer::set_skips(std::uint64_t skips) { impl_->skips = skips; }

std::span<std::uint64_t> Optimizer::clocks() {
  impl_->step.forget_cohorts();
  return impl_->clocks;
}

std::vector<StateTensor> Optimizer::state() {
  std::vector<StateTensor> tensors;
  const Memory& memory = impl_->step.state().memory();
  for (const Group& group : impl_->plan.groups) {
    for (const std::size_t p : group.parameters) {
      const Parameter& parameter = impl_->params[p];
      OwnerNames owners;
      std::size_t stream = 0;
      for (const std::size_t i : group.links) {
        const Link& link = impl_->plan.links[i];
        const std::string prefix = parameter.name() + "/" + owners.next(link) + ".";
        for (const std::string_view slot : link.state()) {
          tensors.push_back({prefix + std::string(slot), &parameter, memory.state_buffer(p, stream++)});
          tensors.back().correction =
              correction_of(link, impl_->step.values().options(i), slot, impl_->clocks[p]);
        }
        if (link.transform->part == Part::window) {
          tensors.push_back({prefix + "sum", &parameter, memory.window_buffer(p)});
        }
      }
    }
  }
  return tensors;
}

std::vector<StateNumber> Optimizer::numbers() {
  std::vector<StateNumber> numbers;
  Step& step = impl_->step;
  step.forget_cohorts();
  const std::span<const Link> links = impl_->plan.links;
  const auto add = [&](const std::string& prefix, Names slots, double*& next) {
    for (const std::string_view slot : slots) numbers.push_back({prefix + std::string(slot), next++});
  };
  OwnerNames owners;
  for (std::size_t i = 0; i < links.size(); ++i) {
    double* next = step.values().of_chain(i).data();
    add(owners.next(links[i]) + ".", links[i].transform->kept.chain_numbers, next);
  }
  for (const Group& group : impl_->plan.groups) {
    for (const std::size_t p : group.parameters) {
      OwnerNames owners_here;
      double* next = step.values().of_parameter(p).data();
      for (const std::size_t i : group.links) {
        const std::string prefix = impl_->params[p].name() + "/" + owners_here.next(links[i]) + ".";
        add(prefix, links[i].transform->kept.numbers, next);
        if (links[i].transform->part == Part::window) {
          numbers.push_back({prefix + "weight", &step.window_weights()[p]});
        }
      }
    }
  }
  return numbers;
}

std::vector<std::string_view> simd_targets() {
  std::vector<std::string_view> names;
  for (const SimdTable& table : simd_tables()) names.push_back(table.target);
  return names;
}

}  // namespace thalweg
