// A model on a tape, replayed once with random numbers.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "thalweg/module.h"

namespace thalweg {

template <class T>
void fill(std::span<T> values, std::uint64_t stream) {
  const Random random(11, Purpose::init, stream);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(2.0 * random.uniform(i) - 1.0);
}

// Output, input gradient, what layers keep and parameter gradients of a model, after a forward() and
// backward().
template <class T>
std::vector<T> replay(const std::string& text, Shape sample, std::int64_t rows, int threads, int parts = 1) {
  Module module(text, sample, kDtype<T>);
  module.initialise(5);
  Tape tape(kDtype<T>, threads, Passes::both, parts);
  sample.insert(sample.begin(), rows);
  const Tensor x = tape.input(std::move(sample));
  tape.want_gradient(x);
  const Tensor y = module.record(tape, x);
  fill(tape.value<T>(x), 1);
  tape.train(3, 4);
  tape.forward();
  fill(tape.grad<T>(y), 2);
  tape.backward(y);
  std::vector<T> all;
  const auto append = [&](std::span<const T> part) { all.insert(all.end(), part.begin(), part.end()); };
  append(tape.value<T>(y));
  append(tape.grad<T>(x));
  for (const Parameter& p : module.params()) {
    if (p.frozen()) append(p.value<T>());
    append(p.grad<T>());
  }
  return all;
}

}  // namespace thalweg
