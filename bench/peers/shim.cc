// The library as Python calls it for this comparison: chains over the caller's buffers, and the limit of
// memory. No interface for anyone else.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "device/limit.h"
#include "thalweg/optimizer.h"

namespace {

struct Bound {
  thalweg::Params params;
  std::unique_ptr<thalweg::Optimizer> optimizer;
};

// Null, with the reason on stderr, instead of an exception.
template <class F>
void* made(const F& make) {
  try {
    return make().release();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return nullptr;
  }
}

std::unique_ptr<Bound> bind(const char* chain, int threads, std::size_t count, float** values, float** grads,
                            const std::size_t* sizes) {
  auto bound = std::make_unique<Bound>();
  for (std::size_t i = 0; i < count; ++i) {
    bound->params.adopt("p" + std::to_string(i), {static_cast<std::int64_t>(sizes[i])}, values[i], grads[i]);
  }
  bound->optimizer = std::make_unique<thalweg::Optimizer>(bound->params, thalweg::Chain(chain),
                                                          thalweg::OptimizerOptions{.threads = threads});
  return bound;
}

// Reads g first where the chain needs its norm; then reads g, p and the states, and writes p and the states.
std::unique_ptr<thalweg::MemoryLimit> limit(std::size_t elements, int states, int gathers, int threads) {
  const std::uint64_t bytes = std::uint64_t{elements} * sizeof(float);
  std::vector<thalweg::Pass> passes(static_cast<std::size_t>(gathers),
                                    {.reads = 1, .writes = 0, .bytes = bytes});
  passes.push_back({.reads = states + 2, .writes = states + 1, .bytes = bytes});
  return std::make_unique<thalweg::MemoryLimit>(passes, threads);
}

double median_seconds(std::size_t times, const std::function<void()>& f) {
  std::vector<double> seconds(times);
  for (double& one : seconds) {
    const auto start = std::chrono::steady_clock::now();
    f();
    one = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(times / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  return *middle;
}

}  // namespace

extern "C" {

void* peers_bind(const char* chain, int threads, std::size_t count, float** values, float** grads,
                 const std::size_t* sizes) {
  return made([&] { return bind(chain, threads, count, values, grads, sizes); });
}

void peers_step(void* bound) { static_cast<Bound*>(bound)->optimizer->step(); }

// The median time of a step that C++ calls, less what reading the clock takes.
double peers_median_step(void* bound, std::size_t steps) {
  const double clock = median_seconds(steps, [] {});
  return median_seconds(steps, [&] { peers_step(bound); }) - clock;
}

void* peers_limit(std::size_t elements, int states, int gathers, int threads) {
  return made([&] { return limit(elements, states, gathers, threads); });
}

void peers_limit_run(void* limit) { static_cast<thalweg::MemoryLimit*>(limit)->run(); }

}  // extern "C"
