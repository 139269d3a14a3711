// The library as Python calls it for this comparison: chains over the caller's buffers, and the limits of the
// machine. Not an interface for anyone else; a build of another state of the library is loaded beside this
// one, so peers_bind, peers_step and peers_median_step stay as they are.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "task.h"
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

// The rule of this name, one of kRules; null where there is none.
const optimizer_step::Rule* rule_of(std::string_view name) {
  const auto* found = std::ranges::find(optimizer_step::kRules, name, &optimizer_step::Rule::name);
  return found == std::end(optimizer_step::kRules) ? nullptr : found;
}

using Make = std::unique_ptr<optimizer_step::Competitor> (*)(const optimizer_step::Task&);

// With the distance at which it asks for memory chosen.
std::unique_ptr<optimizer_step::Competitor> limit(Make make, const char* rule, std::size_t elements,
                                                  int threads) {
  const optimizer_step::Rule* known = rule_of(rule);
  if (known == nullptr) return nullptr;
  auto made = make({*known, elements, threads});
  made->step();
  made->calibrate();
  return made;
}

optimizer_step::Competitor& competitor(void* handle) {
  return *static_cast<optimizer_step::Competitor*>(handle);
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

// What no step can beat: the kernel that only moves the streams, and the loop written by hand. Null where
// `rule` is not one of kRules.
void* peers_kernel(const char* rule, std::size_t elements, int threads) {
  return made([&] { return limit(&optimizer_step::make_limit, rule, elements, threads); });
}

void* peers_fused(const char* rule, std::size_t elements, int threads) {
  return made([&] { return limit(&optimizer_step::make_fused, rule, elements, threads); });
}

void peers_limit_run(void* limit) { competitor(limit).step(); }

std::size_t peers_limit_distance(void* limit) { return competitor(limit).distance(); }

}  // extern "C"
