// What it takes to plan a chain of six transforms for ten thousand tensors: prints milliseconds, one line a
// part.
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "thalweg/optimizer.h"

namespace {

constexpr const char* kChain =
    "clip_value(1) | clip_norm(1) | adam(beta2=0.95) | decay(0.1, on=matrices) | scale(0.5) | "
    "lr(cosine(3e-4, total=10000, warmup=500))";
constexpr std::size_t kTensors = 10'000, kSize = 64;

template <class F>
auto timed(const char* what, const F& f) {
  const auto start = std::chrono::steady_clock::now();
  auto result = f();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::printf("%s %.4f\n", what, took.count());
  return result;
}

thalweg::Params adopt(std::vector<float>& memory) {
  thalweg::Params params;
  for (std::size_t i = 0; i < kTensors; ++i) {
    float* value = memory.data() + 2 * i * kSize;
    const bool bias = i % 2 != 0;
    const thalweg::Shape shape = bias ? thalweg::Shape{64} : thalweg::Shape{8, 8};
    params.adopt("layer" + std::to_string(i / 2) + (bias ? ".bias" : ".weight"), shape, value, value + kSize,
                 bias ? thalweg::Role::bias : thalweg::Role::weight);
  }
  return params;
}

}  // namespace

int main() {
  std::vector<float> memory(2 * kTensors * kSize, 0.01f);
  thalweg::Params params = timed("adopt", [&] { return adopt(memory); });
  const thalweg::Chain chain = timed("parse", [] { return thalweg::Chain(kChain); });
  thalweg::Optimizer optimizer =
      timed("bind", [&] { return thalweg::Optimizer(params, chain, {.threads = 2}); });
  timed("first_step", [&] { return optimizer.step(); });
  timed("second_step", [&] { return optimizer.step(); });
}
