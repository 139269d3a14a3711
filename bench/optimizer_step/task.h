// How near is an optimizer step to the speed of memory?
//
// Every competitor makes the same step on memory of its own, which starts with the same numbers and lies as
// the library lays it out: a stream a coloured arena, huge pages, first touched by the thread that works on
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "device/limit.h"

namespace optimizer_step {

struct Rule {
  std::string_view name;
  std::string_view chain;
  int states;   // streams of state
  bool gather;  // a pass over the gradient comes first
};

inline constexpr Rule kRules[] = {
    {"sgd", "lr(0.01)", 0, false},
    {"momentum", "momentum(0.9) | lr(0.01)", 1, false},
    {"adagrad", "adagrad | lr(0.01)", 1, false},
    {"rmsprop", "rmsprop | lr(0.001)", 1, false},
    {"adam", "adam | lr(0.001)", 2, false},
    {"adamw", "adam | decay(0.01) | lr(0.001)", 2, false},
    {"clip_norm+adamw", "clip_norm(1) | adam | decay(0.01) | lr(0.001)", 2, true},
    {"clip_norm+adamw+average", "clip_norm(1) | adam | decay(0.01) | lr(0.001) | average(decay=0.999)", 3,
     true},
};

struct Task {
  Rule rule;
  std::size_t size;
  int threads;

  // Read g; read g p and the states, write p and the states.
  std::vector<thalweg::Pass> passes() const {
    const std::uint64_t bytes = std::uint64_t{size} * sizeof(float);
    std::vector<thalweg::Pass> out;
    if (rule.gather) out.push_back({.reads = 1, .writes = 0, .bytes = bytes});
    out.push_back({.reads = rule.states + 2, .writes = rule.states + 1, .bytes = bytes});
    return out;
  }
};

class Competitor {
 public:
  virtual ~Competitor() = default;
  virtual void step() = 0;
  virtual std::span<const float> values() const { return {}; }  // none: it computes nothing

  // Chooses how far ahead memory is asked for, where that is the competitor's own choice.
  virtual void calibrate() {}
  virtual std::size_t distance() const { return 0; }  // in floats; 0: not at all
};

// Null when the library does not know the rule.
std::unique_ptr<Competitor> make_thalweg(const Task& task);
std::unique_ptr<Competitor> make_limit(const Task& task);
std::unique_ptr<Competitor> make_fused(const Task& task);

// Element i of the initial values and of the gradient: of either sign, between 1 and 2 times `scale`.
inline constexpr float kValueScale = 0.02f;
inline constexpr float kGradScale = 0.01f;
inline float sample(std::uint32_t i, float scale) {
  std::uint32_t x = i * 0x9e3779b9u + 0x7f4a7c15u;
  x ^= x >> 15;
  x *= 0x2c1b3c6du;
  x ^= x >> 12;
  const float size = scale * (1.0f + static_cast<float>(x >> 9) * 0x1p-23f);
  return (x & 1) != 0 ? size : -size;
}

}  // namespace optimizer_step
