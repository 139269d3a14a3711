// The loops of taps.h, once for every SIMD target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/taps.cc"
#include <hwy/foreach_target.h>  // includes this file again for every target
// and after it:
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/taps.h"
#include "kernels/targets.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
using Vec = hn::Vec<Tag<T>>;

// Loops over registers: unrolled before the compiler decides what lives in memory.
#define THALWEG_UNROLLED _Pragma("GCC unroll 24")

// Sums that are held in registers at a time, and the most vectors of columns among them.
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr std::size_t kSums = 24;
constexpr std::size_t kWide = 4;
#else
constexpr std::size_t kSums = 12;
constexpr std::size_t kWide = 2;
#endif

// Stores the first n lanes.
template <class T>
HWY_INLINE void store_first(Vec<T> v, std::size_t n, T* to) {
  const Tag<T> d;
  if (n >= hn::Lanes(d)) {
    hn::StoreU(v, d, to);
    return;
  }
  HWY_ALIGN T all[HWY_MAX_BYTES / sizeof(T)];
  hn::Store(v, d, all);
  std::memcpy(to, all, n * sizeof(T));
}

template <class T>
HWY_INLINE Vec<T> load_first(const T* from, std::size_t n) {
  const Tag<T> d;
  if (n >= hn::Lanes(d)) return hn::LoadU(d, from);
#if !HWY_MEM_OPS_MIGHT_FAULT
  return hn::MaskedLoad(hn::FirstN(d, n), d, from);
#endif
  HWY_ALIGN T all[HWY_MAX_BYTES / sizeof(T)] = {};
  std::memcpy(all, from, n * sizeof(T));
  return hn::Load(d, all);
}

// kHigh positions from `first` times kVectors vectors of columns from `column`.
template <std::size_t kHigh, std::size_t kVectors, class T>
HWY_INLINE void product_tile(const TapProduct<T>& x, std::size_t first, std::size_t column) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  Vec<T> sums[kHigh][kVectors];
  THALWEG_UNROLLED
  for (std::size_t v = 0; v < kVectors; ++v) {
    const Vec<T> start = x.bias != nullptr ? hn::LoadU(d, x.bias + column + v * lanes) : hn::Zero(d);
    THALWEG_UNROLLED
    for (std::size_t t = 0; t < kHigh; ++t) sums[t][v] = start;
  }
  const T* in = x.in + static_cast<std::ptrdiff_t>(first) * x.in_step;
  const T* weights = x.weights + column;
  for (const std::ptrdiff_t tap : x.taps) {
    const T* a[kHigh];
    THALWEG_UNROLLED
    for (std::size_t t = 0; t < kHigh; ++t) a[t] = in + tap + static_cast<std::ptrdiff_t>(t) * x.in_step;
    for (std::size_t c = 0; c < x.depth; ++c) {
      Vec<T> w[kVectors];
      THALWEG_UNROLLED
      for (std::size_t v = 0; v < kVectors; ++v) w[v] = hn::LoadU(d, weights + v * lanes);
      weights += x.weights_step;
      THALWEG_UNROLLED
      for (std::size_t t = 0; t < kHigh; ++t) {
        const Vec<T> input = hn::Set(d, a[t][c]);
        THALWEG_UNROLLED
        for (std::size_t v = 0; v < kVectors; ++v) sums[t][v] = hn::MulAdd(input, w[v], sums[t][v]);
      }
    }
  }
  T* out = x.out + static_cast<std::ptrdiff_t>(first) * x.out_step + column;
  THALWEG_UNROLLED
  for (std::size_t t = 0; t < kHigh; ++t, out += x.out_step) {
    THALWEG_UNROLLED
    for (std::size_t v = 0; v < kVectors; ++v) {
      const std::size_t n = x.columns - std::min(x.columns, column + v * lanes);
      Vec<T> sum = sums[t][v];
      if (x.add) sum = hn::Add(load_first(out + v * lanes, n), sum);
      if (x.rectify) sum = hn::IfThenZeroElse(hn::Lt(sum, hn::Zero(d)), sum);  // a NaN stays one
      store_first(sum, n, out + v * lanes);
    }
  }
}

// Tiles of kHigh positions as long as there are so many, then of fewer.
template <std::size_t kHigh, std::size_t kVectors, class T>
HWY_NOINLINE std::size_t product_tiles(const TapProduct<T>& x, std::size_t first, std::size_t column) {
  for (; first + kHigh <= x.positions; first += kHigh) product_tile<kHigh, kVectors>(x, first, column);
  return first;
}

template <std::size_t kVectors, class T>
void product_strip(const TapProduct<T>& x, std::size_t column) {
  constexpr std::size_t kMost = std::min<std::size_t>(kSums / kVectors, 12);
  std::size_t first = product_tiles<kMost, kVectors>(x, 0, column);
  if constexpr (kMost > 8) first = product_tiles<8, kVectors>(x, first, column);
  if constexpr (kMost > 4) first = product_tiles<4, kVectors>(x, first, column);
  if constexpr (kMost > 2) first = product_tiles<2, kVectors>(x, first, column);
  product_tiles<1, kVectors>(x, first, column);
}

// Calls strip with the widest strip of columns that fits, again and again.
template <class T, class Strip>
HWY_INLINE void for_strips(std::size_t columns, const Strip& strip) {
  const std::size_t lanes = hn::Lanes(Tag<T>());
  for (std::size_t column = 0; column < columns;) {
    const std::size_t left = (columns - column + lanes - 1) / lanes;
    if (left >= kWide) {
      strip.template operator()<kWide>(column);
      column += kWide * lanes;
    } else if (left >= 2) {
      strip.template operator()<2>(column);
      column += 2 * lanes;
    } else {
      strip.template operator()<1>(column);
      column += lanes;
    }
  }
}

template <class T>
void product(const TapProduct<T>& x) {
  for_strips<T>(x.columns,
                [&]<std::size_t kVectors>(std::size_t column) { product_strip<kVectors>(x, column); });
}

// kHigh rows of the weights from `row` times kVectors vectors of columns from `column`.
template <std::size_t kHigh, std::size_t kVectors, bool kWhole, class T>
HWY_INLINE void gradient_tile(const TapGradient<T>& x, std::size_t row, std::size_t column) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const T* a[kHigh];
  THALWEG_UNROLLED
  for (std::size_t i = 0; i < kHigh; ++i) a[i] = x.in + x.taps[(row + i) / x.depth] + (row + i) % x.depth;
  Vec<T> sums[kHigh][kVectors];
  THALWEG_UNROLLED
  for (std::size_t i = 0; i < kHigh; ++i) {
    THALWEG_UNROLLED
    for (std::size_t v = 0; v < kVectors; ++v) sums[i][v] = hn::Zero(d);
  }
  const std::size_t last = x.columns - (column + (kVectors - 1) * lanes);  // columns of the last vector
  for (std::size_t line = 0; line < x.lines; ++line) {
    const T* dy = x.dy + static_cast<std::ptrdiff_t>(line) * x.dy_line + column;
    std::ptrdiff_t at = static_cast<std::ptrdiff_t>(line) * x.in_line;
    for (std::size_t t = 0; t < x.positions; ++t, at += x.in_step, dy += x.dy_step) {
      Vec<T> g[kVectors];
      THALWEG_UNROLLED
      for (std::size_t v = 0; v + 1 < kVectors; ++v) g[v] = hn::LoadU(d, dy + v * lanes);
      g[kVectors - 1] =
          kWhole ? hn::LoadU(d, dy + (kVectors - 1) * lanes) : load_first(dy + (kVectors - 1) * lanes, last);
      THALWEG_UNROLLED
      for (std::size_t i = 0; i < kHigh; ++i) {
        const Vec<T> input = hn::Set(d, a[i][at]);
        THALWEG_UNROLLED
        for (std::size_t v = 0; v < kVectors; ++v) sums[i][v] = hn::MulAdd(input, g[v], sums[i][v]);
      }
    }
  }
  T* out = x.out + row * x.out_step + column;
  THALWEG_UNROLLED
  for (std::size_t i = 0; i < kHigh; ++i, out += x.out_step) {
    THALWEG_UNROLLED
    for (std::size_t v = 0; v < kVectors; ++v) {
      const std::size_t n = x.columns - std::min(x.columns, column + v * lanes);
      Vec<T> sum = sums[i][v];
      if (x.add) sum = hn::Add(load_first(out + v * lanes, n), sum);
      store_first(sum, n, out + v * lanes);
    }
  }
}

template <std::size_t kHigh, std::size_t kVectors, class T>
HWY_NOINLINE std::size_t gradient_tiles(const TapGradient<T>& x, std::size_t row, std::size_t column) {
  const bool whole = column + kVectors * hn::Lanes(Tag<T>()) <= x.columns;
  for (; row + kHigh <= x.rows[1]; row += kHigh) {
    whole ? gradient_tile<kHigh, kVectors, true>(x, row, column)
          : gradient_tile<kHigh, kVectors, false>(x, row, column);
  }
  return row;
}

template <class T>
void gradient(const TapGradient<T>& x) {
  for_strips<T>(x.columns, [&]<std::size_t kVectors>(std::size_t column) {
    constexpr std::size_t kMost = std::min<std::size_t>(kSums / kVectors, 6);
    std::size_t row = gradient_tiles<kMost, kVectors>(x, x.rows[0], column);
    if constexpr (kMost > 3) row = gradient_tiles<3, kVectors>(x, row, column);
    gradient_tiles<1, kVectors>(x, row, column);
  });
}

template <class T>
void channel_product(const TapProduct<T>& x) {
  const Tag<T> d;
  for (std::size_t k = 0; k < x.columns; k += hn::Lanes(d)) {
    const std::size_t n = x.columns - k;
    const Vec<T> start = x.bias != nullptr ? load_first(x.bias + k, n) : hn::Zero(d);
    for (std::size_t t = 0; t < x.positions; ++t) {
      const T* in = x.in + static_cast<std::ptrdiff_t>(t) * x.in_step + k;
      T* out = x.out + static_cast<std::ptrdiff_t>(t) * x.out_step + k;
      const T* weights = x.weights + k;
      Vec<T> sum = start;
      for (std::size_t q = 0; q < x.taps.size(); ++q, weights += x.weights_step)
        sum = hn::MulAdd(load_first(in + x.taps[q], n), load_first(weights, n), sum);
      if (x.add) sum = hn::Add(load_first(out, n), sum);
      if (x.rectify) sum = hn::IfThenZeroElse(hn::Lt(sum, hn::Zero(d)), sum);  // a NaN stays one
      store_first(sum, n, out);
    }
  }
}

template <class T>
void channel_gradient(const TapGradient<T>& x) {
  const Tag<T> d;
  for (std::size_t q = x.rows[0]; q < x.rows[1]; ++q) {
    for (std::size_t k = 0; k < x.columns; k += hn::Lanes(d)) {
      const std::size_t n = x.columns - k;
      T* out = x.out + q * x.out_step + k;
      Vec<T> sum = x.add ? load_first(out, n) : hn::Zero(d);
      for (std::size_t line = 0; line < x.lines; ++line) {
        const T* in = x.in + static_cast<std::ptrdiff_t>(line) * x.in_line + x.taps[q] + k;
        const T* dy = x.dy + static_cast<std::ptrdiff_t>(line) * x.dy_line + k;
        for (std::size_t t = 0; t < x.positions; ++t, in += x.in_step, dy += x.dy_step)
          sum = hn::MulAdd(load_first(in, n), load_first(dy, n), sum);
      }
      store_first(sum, n, out);
    }
  }
}

template <class T>
TapKernels<T> kernels_of() {
  return {hwy::TargetName(HWY_TARGET), hn::Lanes(Tag<T>()), product<T>, gradient<T>,
          channel_product<T>,          channel_gradient<T>};
}

}  // namespace

TapTable tap_table() { return {kernels_of<float>(), kernels_of<double>()}; }

}  // namespace thalweg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thalweg {

HWY_EXPORT(tap_table);

const std::vector<TapTable>& tap_tables() {
  static const std::vector<TapTable> tables = of_every_target(HWY_DISPATCH_TABLE(tap_table), HWY_TARGETS);
  return tables;
}

}  // namespace thalweg
#endif
