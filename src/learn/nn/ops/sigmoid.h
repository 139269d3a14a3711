// The logistic function for sigmoid and for gelu's approximate form.
#pragma once

#include "kernels/exponential.h"

namespace thalweg {

// e = e^-|x| never overflows; 1 / (1 + e) is the value for x >= 0 and e / (1 + e) that for x < 0, so that
// small values keep all their digits.
template <class T>
struct Logistic {
  explicit Logistic(T x) {
    const T e = exp_below(-size_of(x, kVanishes<T>));
    const T r = T{1} / (T{1} + e);
    value = by_sign(x, e * r, r);
    slope = e * r * r;
  }
  T value;
  T slope;  // value (1 - value), with all its digits
};

}  // namespace thalweg
