// Products over taps: what a convolution and a matrix product are to their innermost loops. A tap is a place,
// relative to a position, where `depth` neighbouring inputs stand; a matrix product has one tap, a
// convolution one for each place of its kernel.
//
// An element's sum is formed in the order of taps and depth, by fused multiply-adds where the target has
// them: its bits depend on its own inputs and on the SIMD target alone.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace thalweg {

// out[t out_step + k] = bias[k] + sum over taps q and c < depth of in[t in_step + taps[q] + c]
//                       * weights[(q depth + c) weights_step + k],   t < positions, k < columns
template <class T>
struct TapProduct {
  const T* in = nullptr;
  std::ptrdiff_t in_step = 0;
  std::span<const std::ptrdiff_t> taps;
  std::size_t depth = 0;
  const T* weights = nullptr;
  std::size_t weights_step = 0;
  const T* bias = nullptr;  // null: 0
  T* out = nullptr;
  std::ptrdiff_t out_step = 0;
  std::size_t positions = 0;
  std::size_t columns = 0;
  bool add = false;      // to what is in `out`
  bool rectify = false;  // max(sum, 0)
};

// The gradient of such weights: out[(q depth + c) out_step + k] = sum over t of in[t in_step + taps[q] + c]
//                               * dy[t dy_step + k],   over `lines` lines of `positions` positions each
template <class T>
struct TapGradient {
  const T* in = nullptr;
  std::ptrdiff_t in_step = 0;
  std::ptrdiff_t in_line = 0;  // from a line to the next
  std::span<const std::ptrdiff_t> taps;
  std::size_t depth = 0;
  const T* dy = nullptr;
  std::ptrdiff_t dy_step = 0;
  std::ptrdiff_t dy_line = 0;
  std::size_t positions = 0;
  std::size_t lines = 1;
  std::size_t columns = 0;
  T* out = nullptr;
  std::size_t out_step = 0;
  std::array<std::size_t, 2> rows = {};  // of `out` that are computed: the first, and the one after the last
  bool add = false;                      // to what is in `out`
};

// The two for convolutions in which each channel meets its own weights alone, `columns` of them: `depth` is
// not looked at, and both write
//   out[t out_step + k] = bias[k] + sum over q of in[t in_step + taps[q] + k] * weights[q weights_step + k]
//   out[q out_step + k] = sum over t of in[t in_step + taps[q] + k] * dy[t dy_step + k]
template <class T>
struct TapKernels {
  const char* target = "";  // the SIMD target
  std::size_t lanes = 1;    // of its vectors
  void (*product)(const TapProduct<T>&) = nullptr;
  void (*gradient)(const TapGradient<T>&) = nullptr;
  void (*channel_product)(const TapProduct<T>&) = nullptr;
  void (*channel_gradient)(const TapGradient<T>&) = nullptr;
  // to[j to_step + i] = from[i from_step + j], i < rows, j < columns.
  void (*turn)(const T* from, std::size_t rows, std::size_t columns, std::size_t from_step, T* to,
               std::size_t to_step) = nullptr;
};

struct TapTable {
  TapKernels<float> f32;
  TapKernels<double> f64;
};

// Of every SIMD target that this machine has, the best one first.
const std::vector<TapTable>& tap_tables();

// Of the best one.
template <class T>
const TapKernels<T>& tap_kernels() {
  if constexpr (sizeof(T) == sizeof(float)) {
    return tap_tables().front().f32;
  } else {
    return tap_tables().front().f64;
  }
}

}  // namespace thalweg
