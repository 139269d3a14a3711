// For tests: a model with its optimizer, and all that a checkpoint holds of it.
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "thalweg/optimizer.h"

namespace thalweg {

struct TestItem {
  std::string name;
  Shape shape;
  Dtype dtype = Dtype::f32;
};
using TestItems = std::vector<TestItem>;

inline const TestItems kItems = {
    {"w", {3, 2}}, {"b", {2}}, {"temperature", {}}, {"none", {0, 4}}, {"precise", {5}, Dtype::f64}};

// A model with its optimizer, filled with numbers that depend on `seed`.
struct TestModel {
  TestModel(const TestItems& items, const std::string& chain, std::uint64_t seed)
      : random(seed, Purpose::init, 0) {
    for (const TestItem& item : items) {
      fill(params.add(item.name, item.shape, Role::weight, item.dtype), true);
    }
    optimizer = std::make_unique<Optimizer>(params, Chain(chain));
  }

  template <class T>
  void fill(std::span<T> numbers) {
    for (T& number : numbers) number = static_cast<T>(random.uniform(index++) - 0.5);
  }

  void fill(Parameter& parameter, bool value) {
    if (parameter.dtype() == Dtype::f32) fill(value ? parameter.value<float>() : parameter.grad<float>());
    if (parameter.dtype() == Dtype::f64) fill(value ? parameter.value<double>() : parameter.grad<double>());
  }

  // `b` sits out every other step, so that clocks differ. Gradients depend on step and name alone.
  void train(int steps) {
    for (int i = 0; i < steps; ++i) {
      const std::uint64_t k = optimizer->updates();
      for (Parameter& parameter : params) {
        random = Random(7, Purpose::init, k * 100 + parameter.name().size());
        index = 0;
        fill(parameter, false);
        if (parameter.name() == "b") parameter.set_absent(k % 2 == 1);
      }
      optimizer->step();
    }
  }

  // Everything a checkpoint holds, as bytes by name.
  std::map<std::string, std::string> contents() {
    std::map<std::string, std::string> out{{"updates", std::to_string(optimizer->updates())}};
    const auto add = [&](const std::string& name, const Parameter& parameter, const void* data) {
      std::string bytes(parameter.size() * size_of(parameter.dtype()), '\0');
      if (!bytes.empty()) std::memcpy(bytes.data(), data, bytes.size());
      out[name] = bytes;
    };
    for (std::size_t i = 0; i < params.size(); ++i) {
      Parameter& p = params[i];

      add(p.name(), p, p.value_buffer().data);
      out["clock/" + p.name()] = std::to_string(optimizer->clocks()[i]);
    }
    for (const StateTensor& state : optimizer->state())
      add("optimizer/" + state.name, *state.parameter, state.buffer.data);
    return out;
  }

  Params params;
  std::unique_ptr<Optimizer> optimizer;
  Random random;
  std::uint64_t index = 0;
};

inline const std::string kAdam = "clip_norm(1) | adam | decay(0.01) | lr(cosine(3e-3, total=50, warmup=5))";
inline const std::string kMomentum = "momentum(0.9) | lr(0.1)";

}  // namespace thalweg
