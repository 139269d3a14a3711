// x times a gate that x itself opens. Gate<T>(x) has `value` and `slope`, its derivative.
#pragma once

#include "kernels/exponential.h"
#include "nn/ops/unary.h"

namespace thalweg {

template <template <class T> class Gate>
struct SelfGated {
  static constexpr std::size_t kGrain = 1 << 13;

  template <class T>
  static T value(T x) {
    return by_sign(x, -size_of(x, kVanishes<T>), x) * Gate<T>(x).value;
  }
  template <class T>
  static T gradient(T x, T, T dy) {
    const Gate<T> gate(x);
    const T size = size_of(x, kVanishes<T>);
    return dy * (gate.value + by_sign(x, -size, size) * gate.slope);
  }
};

}  // namespace thalweg
