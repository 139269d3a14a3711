// For tests of optimizers: numbers to fill parameters with, bits to compare, and what an error says.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "base/test_error.h"
#include "thalweg/params.h"

namespace thalweg {

// A number of size 1/8 to 1, either sign, that depends on (seed, index) alone and is exact in float.
inline double sample_number(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t x = (seed + 1) * 0x9e3779b97f4a7c15u + index * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  x ^= x >> 31;
  const double size = 0.125 + 0.875 * static_cast<double>(x >> 43) / 2097152.0;
  return static_cast<double>(static_cast<float>((x & 1) != 0 ? size : -size));
}

template <class T>
void fill_numbers(std::span<T> out, std::uint64_t seed) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(sample_number(seed, i));
}

inline std::string bits_of(const void* data, std::size_t bytes) {
  return bytes == 0 ? std::string() : std::string(static_cast<const char*>(data), bytes);
}

inline std::string value_bits(const Parameter& p) {
  return p.dtype() == Dtype::f32 ? bits_of(p.value<float>().data(), p.size() * 4)
                                 : bits_of(p.value<double>().data(), p.size() * 8);
}

// One parameter of role none over memory of its own.
template <class T>
class OneParameter {
 public:
  explicit OneParameter(std::vector<T> value)
      : OneParameter(value, {static_cast<std::int64_t>(value.size())}) {}
  OneParameter(std::vector<T> value, const Shape& shape) : value_(std::move(value)), grad_(value_.size()) {
    params_.adopt("p", shape, value_.data(), grad_.data());
  }
  Params& params() { return params_; }
  const std::vector<T>& value() const { return value_; }
  void set_value(const std::vector<T>& value) { std::copy_n(value.begin(), value_.size(), value_.begin()); }
  void set_grad(const std::vector<T>& grad) { std::copy_n(grad.begin(), grad_.size(), grad_.begin()); }

 private:
  std::vector<T> value_, grad_;
  Params params_;
};

}  // namespace thalweg
