#include "thalweg/optimizer.h"

#include <algorithm>
#include <chrono>

#include "optim/run.h"

namespace thalweg {

struct Optimizer::Impl {
  Impl(Params& p, Chain chain, const OptimizerOptions& options)
      : params(p), plan(std::move(chain), p), clocks(p.size()), runner(p, plan, options) {}

  Params& params;
  Plan plan;
  std::vector<std::uint64_t> clocks;
  Runner runner;
  std::uint64_t updates = 0;
};

Optimizer::Optimizer(Params& params, Chain chain, OptimizerOptions options)
    : impl_(std::make_unique<Impl>(params, std::move(chain), options)) {}
Optimizer::~Optimizer() = default;
Optimizer::Optimizer(Optimizer&&) noexcept = default;
Optimizer& Optimizer::operator=(Optimizer&&) noexcept = default;

Report Optimizer::step() {
  const auto start = std::chrono::steady_clock::now();
  impl_->runner.step(impl_->updates, impl_->clocks);
  Report report;
  report.update = ++impl_->updates;
  report.lr = impl_->runner.lr();
  report.grad_norm = impl_->runner.grad_norm();
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
        const Transform& transform = *impl_->plan.chain.links()[link].transform;
        seen.push_back(transform.spec.name);
        const auto times = std::count(seen.begin(), seen.end(), transform.spec.name);
        const std::string owner = std::string(transform.spec.name) + (times > 1 ? std::to_string(times) : "");
        for (const std::string_view slot : transform.state) {
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
