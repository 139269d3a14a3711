// What an Optimizer is made of.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "device/cpu.h"
#include "step/step.h"
#include "thalweg/optimizer.h"

namespace thalweg {

struct Optimizer::Impl {
  Impl(Params& p, Chain chain, const OptimizerOptions& o, DeviceMaker maker = make_cpu)
      : params(p),
        options(o),
        make_device(maker),
        plan(std::move(chain), p),
        clocks(p.size()),
        step(p, plan, o, maker) {
    for (const std::size_t gate : plan.gates) guarded |= plan.links[gate].transform->part == Part::guard;
  }

  bool must_skip(Found& found);
  void leave_out(const Found& found, const std::string& what);
  Report report(const Found& found, Verdict verdict, bool ran) const;
  [[noreturn]] void fail_at(const Found& found, const std::string& what) const;
  [[noreturn]] void fail_budget(const Found& found) const;

  Params& params;
  OptimizerOptions options;
  DeviceMaker make_device;
  Plan plan;
  std::vector<std::uint64_t> clocks;
  Step step;
  bool guarded = false;     // a gate of the chain decides about what is not finite
  std::uint64_t skips = 0;  // in a row, by the policy
  std::uint64_t updates = 0;
  std::uint64_t gradients = 0;
};

// Binds as the constructor of Optimizer does, on a device of the caller's choice.
Optimizer make_optimizer(Params& params, Chain chain, const OptimizerOptions& options, DeviceMaker maker);

}  // namespace thalweg
