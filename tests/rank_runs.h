// What ranks step together, and one process that has the mean of their gradients.
#pragma once

#include "device/reduce.h"
#include "laws.h"
#include "thalweg/comm.h"

namespace thalweg {

// The gradients of one rank for update k.
inline void fill_grads_of(int rank, Params& params, int k) {
  for (std::size_t i = 0; i < params.size(); ++i)
    fill(params[i], true, 1000 * static_cast<unsigned>(rank) + 100 * static_cast<unsigned>(k) + i);
}

template <class T>
void average(std::vector<Params>& of_ranks, std::size_t p, Params& to) {
  const double share = 1.0 / static_cast<double>(of_ranks.size());
  for (std::size_t i = 0; i < to[p].size(); ++i) {
    const auto leaf = [&](std::size_t rank) { return of_ranks[rank][p].grad<T>()[i]; };
    to[p].grad<T>()[i] = static_cast<T>(tree_sum(0, of_ranks.size(), leaf) * share);
  }
}

inline void average_grads(int ranks, const std::vector<Entry>& entries, Dtype dtype, int k, Params& to) {
  std::vector<Params> of_ranks;
  for (int rank = 0; rank < ranks; ++rank) {
    of_ranks.push_back(make_params(entries, dtype));
    fill_grads_of(rank, of_ranks.back(), k);
  }
  for (std::size_t p = 0; p < to.size(); ++p)
    dtype == Dtype::f64 ? average<double>(of_ranks, p, to) : average<float>(of_ranks, p, to);
}

// What a step tells and leaves, the state apart.
inline std::string told(const Report& report, Params& params) {
  std::string out = bits_of(&report.grad_norm, sizeof(double)) + std::to_string(report.nonfinite);
  for (const ParameterReport& p : report.parameters)
    out += bits_of(&p.update_norm, sizeof(double)) + bits_of(p.grads.data(), sizeof(p.grads));
  for (const Parameter& p : params) out += value_bits(p);
  return out;
}

// Gradients that a step has set to 0.
inline std::string left(const OptimizerOptions& options, Params& params) {
  std::string out;
  for (const Parameter& p : params) {
    if (options.zero_grad && !p.absent()) out += bits_of(p.grad_buffer().data, p.grad_buffer().bytes());
  }
  return out;
}

struct RankRun {
  std::vector<Entry> entries;
  Dtype dtype = Dtype::f32;
  std::string chain;
  OptimizerOptions options;
  int steps = kSteps;
};

inline std::string alone(const RankRun& run, int ranks) {
  Params params = make_params(run.entries, run.dtype);
  Optimizer optimizer(params, Chain(run.chain), run.options);
  std::string out;
  for (int k = 0; k < run.steps; ++k) {
    average_grads(ranks, run.entries, run.dtype, k, params);
    params[1].set_absent(k == 2);
    out += told(optimizer.step(), params);
    out += left(run.options, params);
    const Averaged lent = optimizer.averaged();
    for (const Parameter& p : params) out += value_bits(p);
  }
  return out + all_bits(params, optimizer);
}

// What one of the ranks sees, with all of the state on the last one.
inline std::string together(const RankRun& run, Comm& comm) {
  Params params = make_params(run.entries, run.dtype);
  OptimizerOptions options = run.options;
  options.comm = &comm;
  Optimizer optimizer(params, Chain(run.chain), options);
  std::string out;
  for (int k = 0; k < run.steps; ++k) {
    fill_grads_of(comm.rank(), params, k);
    params[1].set_absent(k == 2);
    out += told(optimizer.step(), params);
    out += left(run.options, params);
    const Averaged lent = optimizer.averaged();
    for (const Parameter& p : params) out += value_bits(p);
  }
  gather_state(optimizer, comm.size() - 1);
  return comm.rank() + 1 == comm.size() ? out + all_bits(params, optimizer) : out;
}

}  // namespace thalweg
