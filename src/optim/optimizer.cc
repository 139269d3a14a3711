#include "thalweg/optimizer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "base/text.h"
#include "optim/run.h"
#include "thalweg/error.h"

namespace thalweg {

struct Optimizer::Impl {
  Impl(Params& p, Chain chain, const OptimizerOptions& options)
      : params(p),
        plan(std::move(chain), p),
        clocks(p.size()),
        runner(p, plan, options),
        nonfinite(options.nonfinite),
        most_skips(options.most_skips) {}

  bool must_skip(Report& report);

  Params& params;
  Plan plan;
  std::vector<std::uint64_t> clocks;
  Runner runner;
  Nonfinite nonfinite;
  int most_skips;
  int skips = 0;  // in a row
  std::uint64_t updates = 0;
};

namespace {

constexpr std::array<std::string_view, 4> kPolicies = {"report", "error", "skip", "zero"};

void tell(Report& report, const Found& found, const Params& params) {
  report.nonfinite = found.count;
  if (found.count == 0) return;
  report.nonfinite_parameter = &params[found.parameter];
  report.nonfinite_index = found.index;
}

[[noreturn]] void fail(const Report& report, const std::string& what, std::uint64_t update) {
  throw Error(Code::diverged,
              {"update " + std::to_string(update), what,
               "`" + report.nonfinite_parameter->name() + "` at " + std::to_string(report.nonfinite_index) +
                   ", one of " + std::to_string(report.nonfinite),
               "numbers", "try a smaller learning rate, a warm-up or clip_norm(1)"});
}

}  // namespace

std::string_view nonfinite_name(Nonfinite policy) { return kPolicies[static_cast<std::size_t>(policy)]; }

Nonfinite parse_nonfinite(std::string_view name) {
  const auto found = std::find(kPolicies.begin(), kPolicies.end(), name);
  if (found != kPolicies.end()) return static_cast<Nonfinite>(found - kPolicies.begin());
  throw Error(Code::usage,
              {"nonfinite", "unknown policy", "`" + std::string(name) + "`", "report, error, skip or zero",
               did_you_mean(name, {kPolicies.begin(), kPolicies.end()})});
}

// Looks before anything is changed, by every policy but `report`.
bool Optimizer::Impl::must_skip(Report& report) {
  if (nonfinite == Nonfinite::report) return false;
  tell(report, runner.inspect(nonfinite == Nonfinite::zero), params);
  if (report.nonfinite == 0 || nonfinite == Nonfinite::zero) {
    skips = 0;
    return false;
  }
  if (nonfinite == Nonfinite::error) fail(report, "the gradient is not finite", updates);
  if (++skips > most_skips) {
    fail(report, "the gradient is not finite, " + std::to_string(skips) + " steps in a row", updates);
  }
  report.skipped = true;
  return true;
}

Optimizer::Optimizer(Params& params, Chain chain, OptimizerOptions options)
    : impl_(std::make_unique<Impl>(params, std::move(chain), options)) {}
Optimizer::~Optimizer() = default;
Optimizer::Optimizer(Optimizer&&) noexcept = default;
Optimizer& Optimizer::operator=(Optimizer&&) noexcept = default;

Report Optimizer::step() {
  const auto start = std::chrono::steady_clock::now();
  Impl& o = *impl_;
  Report report;
  report.grad_norm = std::numeric_limits<double>::quiet_NaN();
  if (!o.must_skip(report)) {
    o.runner.step(o.updates++, o.clocks);
    report.lr = o.runner.lr();
    report.grad_norm = o.runner.grad_norm();
    if (o.nonfinite == Nonfinite::report) tell(report, o.runner.nonfinite(), o.params);
    if (const auto& measurer = o.runner.measurer()) {
      report.parameters = measurer->reports();
      report.update_ratio = measurer->update_ratio();
    }
  }
  report.update = o.updates;
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

const Chain& Optimizer::chain() const { return impl_->plan.chain; }

std::uint64_t Optimizer::updates() const { return impl_->updates; }

std::uint64_t Optimizer::state_bytes() const { return impl_->plan.state_bytes(impl_->params); }

void Optimizer::set_updates(std::uint64_t updates) { impl_->updates = updates; }

std::span<std::uint64_t> Optimizer::clocks() { return impl_->clocks; }

std::vector<StateTensor> Optimizer::state() {
  std::vector<StateTensor> tensors;
  for (const Group& group : impl_->plan.groups) {
    for (const std::size_t p : group.parameters) {
      const Parameter& parameter = impl_->params[p];
      std::vector<std::string_view> seen;
      std::size_t stream = 0;
      for (const std::size_t link : group.links) {
        const Link& owner_link = impl_->plan.chain.links()[link];
        const std::string_view name = owner_link.transform->spec.name;
        seen.push_back(name);
        const auto times = std::count(seen.begin(), seen.end(), name);
        const std::string owner = std::string(name) + (times > 1 ? std::to_string(times) : "");
        for (const std::string_view slot : owner_link.state()) {
          tensors.push_back({parameter.name() + "/" + owner + "." + std::string(slot), &parameter,
                             impl_->runner.state(p, stream++)});
        }
      }
    }
  }
  return tensors;
}

std::vector<std::string_view> simd_targets() {
  std::vector<std::string_view> names;
  for (const SimdTable& table : simd_tables()) names.push_back(table.target);
  return names;
}

}  // namespace thalweg
