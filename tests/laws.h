// Parameters, gradients and chains for laws: what every listed transform does in a step.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "params/test_params.h"
#include "sample_chains.h"
#include "thalweg/optimizer.h"

namespace thalweg {

constexpr int kSteps = 4;

inline OptimizerOptions with_threads(int threads) {
  OptimizerOptions options;
  options.threads = threads;
  return options;
}

inline OptimizerOptions with_tile(std::size_t tile) {
  OptimizerOptions options;
  options.tile = tile;
  return options;
}

inline OptimizerOptions with_simd(std::string_view target) {
  OptimizerOptions options;
  options.simd = target;
  return options;
}

struct Entry {
  const char* name;
  Shape shape;
  Role role;
};

inline const std::vector<Entry> kSmall = {{"dense.weight", {13, 11}, Role::weight},
                                          {"dense.bias", {11}, Role::bias},
                                          {"norm.scale", {5}, Role::norm},
                                          {"table", {17, 3}, Role::embedding},
                                          {"scalar", {}, Role::other},
                                          {"empty", {0, 4}, Role::weight}};
// Above the size at which a step forks, in pieces that no thread count divides.
inline const std::vector<Entry> kLarge = {{"dense.weight", {301, 127}, Role::weight},
                                          {"dense.bias", {2049}, Role::bias},
                                          {"norm.scale", {7}, Role::norm},
                                          {"empty", {0}, Role::other},
                                          {"table", {5, 4099}, Role::embedding}};

inline void fill(Parameter& p, bool grad, std::uint64_t seed) {
  if (p.dtype() == Dtype::f32) fill_numbers(grad ? p.grad<float>() : p.value<float>(), seed);
  if (p.dtype() == Dtype::f64) fill_numbers(grad ? p.grad<double>() : p.value<double>(), seed);
}

inline void fill_values(Params& params) {
  for (std::size_t i = 0; i < params.size(); ++i) fill(params[i], false, 1000 + i);
}

inline void fill_gradient(Parameter& p, double number) {
  if (p.dtype() == Dtype::f32) std::ranges::fill(p.grad<float>(), static_cast<float>(number));
  if (p.dtype() == Dtype::f64) std::ranges::fill(p.grad<double>(), number);
}

// The gradients of update k: of the same numbers for both types.
inline void fill_grads(Params& params, int k) {
  for (std::size_t i = 0; i < params.size(); ++i) fill(params[i], true, 100 * static_cast<unsigned>(k) + i);
}

inline Params make_params(const std::vector<Entry>& entries, Dtype dtype) {
  Params params;
  for (const Entry& entry : entries) params.add(entry.name, entry.shape, entry.role, dtype);
  fill_values(params);
  return params;
}

inline std::string state_bits(Optimizer& optimizer) {
  std::string out;
  for (const StateTensor& s : optimizer.state()) {
    out += s.name + "=" + bits_of(s.buffer.data, s.buffer.bytes());
  }
  return out;
}

// Everything that a step may change.
inline std::string all_bits(const Params& params, Optimizer& optimizer) {
  std::string out = std::to_string(optimizer.updates()) + state_bits(optimizer);
  for (const Parameter& p : params) out += p.name() + "=" + value_bits(p);
  for (const StateNumber& number : optimizer.numbers()) {
    out += number.name + "=" + bits_of(number.value, sizeof(double));
  }
  return out + bits_of(optimizer.clocks().data(), optimizer.clocks().size_bytes());
}

inline void run_steps(Params& params, Optimizer& optimizer, int first, int steps) {
  for (int k = first; k < first + steps; ++k) {
    fill_grads(params, k);
    optimizer.step();
  }
}

inline std::string run(const std::vector<Entry>& entries, Dtype dtype, const std::string& chain,
                       const OptimizerOptions& options = {}) {
  Params params = make_params(entries, dtype);
  Optimizer optimizer(params, Chain(chain), options);
  run_steps(params, optimizer, 0, kSteps);
  return all_bits(params, optimizer);
}

inline std::string values_after(const std::vector<Entry>& entries, Dtype dtype, const std::string& chain) {
  Params params = make_params(entries, dtype);
  Optimizer optimizer(params, Chain(chain));
  run_steps(params, optimizer, 0, kSteps);
  std::string out;
  for (const Parameter& p : params) out += value_bits(p);
  return out;
}

// A law is tested for each transform, in all its chains, for both types.
class Laws : public testing::TestWithParam<const Transform*> {
 protected:
  template <class F>
  void for_each_chain(const F& f) const {
    for (const std::string& chain : chains_with(*GetParam())) {
      for (const Dtype dtype : {Dtype::f32, Dtype::f64}) {
        SCOPED_TRACE(std::string(dtype_name(dtype)) + ": " + chain);
        f(chain, dtype);
      }
    }
  }
};

inline std::vector<const Transform*> all_transforms() {
  std::vector<const Transform*> out;
  for (const Transform& transform : transforms()) out.push_back(&transform);
  return out;
}

inline OptimizerOptions with_statistics(int threads) {
  OptimizerOptions options = with_threads(threads);
  options.statistics = {.update_ratio = true, .norms = true, .histograms = true};
  return options;
}

}  // namespace thalweg
