// What an Optimizer is made of.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "step/run.h"
#include "thalweg/optimizer.h"

namespace thalweg {

struct Optimizer::Impl {
  Impl(Params& p, Chain chain, const OptimizerOptions& o)
      : params(p), options(o), plan(std::move(chain), p), clocks(p.size()), runner(p, plan, o) {
    for (const std::size_t gate : plan.gates) gate_looks |= plan.links[gate].transform->looks;
  }

  bool must_skip(Found& found);
  Report report(const Found& found, Verdict verdict, bool ran) const;
  [[noreturn]] void fail_at(const Found& found, const std::string& what) const;
  [[noreturn]] void fail_budget(const Found& found) const;

  Params& params;
  OptimizerOptions options;
  Plan plan;
  std::vector<std::uint64_t> clocks;
  Runner runner;
  bool gate_looks = false;  // a gate of the chain decides about what is not finite
  std::uint64_t skips = 0;  // in a row, by the policy
  std::uint64_t updates = 0;
  std::uint64_t gradients = 0;
};

}  // namespace thalweg
