#include "thalweg/optimizer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <limits>
#include <map>
#include <utility>

#include "base/spec.h"
#include "base/text.h"
#include "step/optimizer_impl.h"
#include "thalweg/error.h"

namespace thalweg {

namespace {

constexpr std::array<std::string_view, 4> kPolicies = {"report", "error", "skip", "zero"};

[[noreturn]] void fail(const std::string& what, const std::string& got, const std::string& want,
                       std::uint64_t update) {
  throw Error(Code::diverged, {"update " + std::to_string(update), what, got, want,
                               "try a smaller learning rate, a warm-up or clip_norm(1)"});
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
  fail(what, "a gradient of norm " + print_number(runner.grad_norm()), "one like those that passed", updates);
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
  if (policy == Nonfinite::report || gate_looks) return false;
  found = runner.inspect(policy == Nonfinite::zero);
  if (found.count == 0 || policy == Nonfinite::zero) {
    skips = 0;
    return false;
  }
  if (policy == Nonfinite::error) fail_at(found, "the gradient is not finite");
  if (std::cmp_greater(++skips, options.most_skips)) {
    fail_at(found, "the gradient is not finite, " + std::to_string(skips) + " steps in a row");
  }
  runner.drop_grads();
  return true;
}

Optimizer::Optimizer(Params& params, Chain chain, OptimizerOptions options)
    : impl_(std::make_unique<Impl>(params, std::move(chain), options)) {}
Optimizer::~Optimizer() = default;
Optimizer::Optimizer(Optimizer&&) noexcept = default;
Optimizer& Optimizer::operator=(Optimizer&&) noexcept = default;

Report Optimizer::step(const StepInput& input) {
  using Clock = std::chrono::steady_clock;
  Impl& o = *impl_;
  const Clock::time_point start = o.options.seconds ? Clock::now() : Clock::time_point();
  ++o.gradients;
  Found found;
  const bool held = o.must_skip(found);
  const Verdict verdict = held ? Verdict::hold : o.runner.step(o.updates, input, o.clocks);
  if (verdict == Verdict::pass) ++o.updates;
  if (o.options.nonfinite == Nonfinite::report || o.gate_looks) found = o.runner.nonfinite();
  if (verdict == Verdict::fail) o.fail_budget(found);
  Report report = o.report(found, verdict, !held);
  if (o.options.seconds) report.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return report;
}

// What came of a gradient: of one that the policy held back nothing was measured.
Report Optimizer::Impl::report(const Found& found, Verdict verdict, bool ran) const {
  Report report{
      .update = updates,
      .lr = ran ? runner.lr() : 0.0,
      .grad_norm = ran ? runner.grad_norm() : std::numeric_limits<double>::quiet_NaN(),
      .nonfinite = found.count,
      .nonfinite_parameter = found.count > 0 ? &params[found.parameter] : nullptr,
      .nonfinite_index = found.count > 0 ? found.index : 0,
      .skipped = verdict == Verdict::hold || verdict == Verdict::fail,
      .waits = verdict == Verdict::wait,
  };
  if (const auto& measurer = runner.measurer(); measurer && verdict == Verdict::pass) {
    report.parameters = measurer->reports();
    report.update_ratio = measurer->update_ratio();
  }
  return report;
}

bool Optimizer::observes() const {
  return std::ranges::any_of(links_of(chain()),
                             [](const Link& l) { return l.transform->observe != nullptr; });
}

bool Optimizer::may_skip() const {
  const Nonfinite policy = impl_->options.nonfinite;
  return policy == Nonfinite::skip || policy == Nonfinite::zero || impl_->gate_looks;
}

bool Optimizer::scales_loss() const {
  return std::ranges::any_of(impl_->plan.gates, [this](std::size_t gate) {
    const Transform& transform = *links_of(chain())[gate].transform;
    return transform.affine != nullptr && !transform.accumulates;
  });
}

void Optimizer::observe(double metric) {
  for (std::size_t i = 0; i < links_of(chain()).size(); ++i) {
    const auto observe = links_of(chain())[i].transform->observe;
    if (observe == nullptr) continue;
    observe(impl_->runner.lowering().options_of(i), impl_->runner.lowering().chain_numbers(i), metric);
  }
  if (observes()) return;
  throw Error(Code::usage, {"observe", "nothing in the chain is told how good the model is", chain().text(),
                            "a chain with `plateau`", "add it behind the rate: lr(0.1) | plateau"});
}

double Optimizer::loss_scale() const {
  double scale = 1.0;
  for (const std::size_t gate : impl_->plan.gates) {
    const Transform& transform = *links_of(chain())[gate].transform;
    if (transform.affine == nullptr || transform.accumulates) continue;
    scale *= impl_->runner.lowering().chain_numbers(gate)[0];
  }
  return scale;
}

// The same chain on the parameters as they are now; what there was is carried over by name.
void Optimizer::replan() {
  Optimizer next(impl_->params, impl_->plan.chain, impl_->options);
  std::map<std::string, const void*> tensors;
  std::map<std::string, double> kept;
  for (const StateTensor& tensor : state()) tensors.emplace(tensor.name, tensor.data);
  for (const StateNumber& number : numbers()) kept.emplace(number.name, *number.value);
  for (const StateTensor& tensor : next.state()) {
    const auto old = tensors.find(tensor.name);
    if (old == tensors.end() || tensor.parameter->size() == 0) continue;
    std::memcpy(tensor.data, old->second, tensor.parameter->size() * size_of(tensor.parameter->dtype()));
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
  *this = std::move(next);
}

const Chain& Optimizer::chain() const { return impl_->plan.chain; }

std::uint64_t Optimizer::updates() const { return impl_->updates; }

std::uint64_t Optimizer::state_bytes() const { return impl_->plan.state_bytes(impl_->params); }

std::uint64_t Optimizer::gradients() const { return impl_->gradients; }

std::uint64_t Optimizer::skips() const { return impl_->skips; }

void Optimizer::set_updates(std::uint64_t updates) { impl_->updates = impl_->gradients = updates; }

void Optimizer::set_gradients(std::uint64_t gradients) { impl_->gradients = gradients; }

void Optimizer::set_skips(std::uint64_t skips) { impl_->skips = skips; }

std::span<std::uint64_t> Optimizer::clocks() {
  impl_->runner.forget_classes();
  return impl_->clocks;
}

namespace {

// "adam", and "adam2" for the second one of a chain.
class OwnerNames {
 public:
  std::string next(const Link& link) {
    const std::string name(link.transform->spec.name);
    const int times = ++times_[name];
    return times > 1 ? name + std::to_string(times) : name;
  }

 private:
  std::map<std::string, int> times_;
};

}  // namespace

std::vector<StateTensor> Optimizer::state() {
  std::vector<StateTensor> tensors;
  const Memory& memory = impl_->runner.memory();
  for (const Group& group : impl_->plan.groups) {
    for (const std::size_t p : group.parameters) {
      const Parameter& parameter = impl_->params[p];
      OwnerNames owners;
      std::size_t stream = 0;
      for (const std::size_t i : group.links) {
        const Link& link = links_of(chain())[i];
        const std::string prefix = parameter.name() + "/" + owners.next(link) + ".";
        for (const std::string_view slot : link.state()) {
          tensors.push_back({prefix + std::string(slot), &parameter, memory.state(p, stream++)});
        }
        if (link.transform->accumulates) tensors.push_back({prefix + "sum", &parameter, memory.window(p)});
      }
    }
  }
  return tensors;
}

std::vector<StateNumber> Optimizer::numbers() {
  std::vector<StateNumber> numbers;
  Runner& runner = impl_->runner;
  runner.forget_classes();
  const std::vector<Link>& links = links_of(chain());
  OwnerNames owners;
  for (std::size_t i = 0; i < links.size(); ++i) {
    const std::string prefix = owners.next(links[i]) + ".";
    double* next = runner.lowering().chain_numbers(i).data();
    for (const std::string_view slot : links[i].transform->chain_numbers) {
      numbers.push_back({prefix + std::string(slot), next++});
    }
  }
  for (const Group& group : impl_->plan.groups) {
    for (const std::size_t p : group.parameters) {
      OwnerNames owners_here;
      double* next = runner.lowering().numbers(p).data();
      for (const std::size_t i : group.links) {
        const std::string prefix = impl_->params[p].name() + "/" + owners_here.next(links[i]) + ".";
        for (const std::string_view slot : links[i].transform->numbers) {
          numbers.push_back({prefix + std::string(slot), next++});
        }
        if (links[i].transform->accumulates) {
          numbers.push_back({prefix + "weight", &runner.window_weights()[p]});
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
