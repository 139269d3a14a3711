// The loops of taps.h, once for every SIMD target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/taps.cc"
#include <hwy/foreach_target.h>  // includes this file again for every target
// and after it:
#include <hwy/highway.h>

#include <algorithm>
#include "kernels/partial-inl.h"
#include "kernels/taps.h"
#include "kernels/targets.h"

HWY_BEFORE_NAMESPACE();
namespace thalweg::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

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

// kHigh positions from `first` times kVectors vectors of columns from `column`; kWhole: the last one too.
template <std::size_t kHigh, std::size_t kVectors, bool kWhole, class T>
HWY_INLINE void product_tile(const TapProduct<T>& x, std::size_t first, std::size_t column) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t last = kWhole ? lanes : x.columns - (column + (kVectors - 1) * lanes);  // of its columns
  const auto load = [&](const T* from, std::size_t v) {
    return kWhole || v + 1 < kVectors ? hn::LoadU(d, from + v * lanes) : load_first(from + v * lanes, last);
  };
  Vec<T> sums[kHigh][kVectors];
  THALWEG_UNROLLED
  for (std::size_t v = 0; v < kVectors; ++v) {
    const Vec<T> start = x.bias != nullptr ? load(x.bias + column, v) : hn::Zero(d);
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
      for (std::size_t v = 0; v < kVectors; ++v) w[v] = load(weights, v);
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
      const std::size_t n = v + 1 < kVectors ? lanes : last;
      Vec<T> sum = sums[t][v];
      if (x.add) sum = hn::Add(load_first(out + v * lanes, n), sum);
      if (x.rectify) sum = hn::IfThenZeroElse(hn::Lt(sum, hn::Zero(d)), sum);  // a NaN stays one
      store_first(sum, n, out + v * lanes);
    }
  }
}

template <std::size_t kHigh, std::size_t kVectors, class T>
HWY_NOINLINE std::size_t some_product_tiles(const TapProduct<T>& x, std::size_t first, std::size_t column) {
  const bool whole = column + kVectors * hn::Lanes(Tag<T>()) <= x.columns;
  for (; first + kHigh <= x.positions; first += kHigh) {
    whole ? product_tile<kHigh, kVectors, true>(x, first, column)
          : product_tile<kHigh, kVectors, false>(x, first, column);
  }
  return first;
}

// Tiles of kHigh positions as long as there are so many, then of fewer.
template <std::size_t kHigh, std::size_t kVectors, class T>
HWY_INLINE std::size_t product_tiles(const TapProduct<T>& x, std::size_t first, std::size_t column) {
  return first + kHigh <= x.positions ? some_product_tiles<kHigh, kVectors>(x, first, column) : first;
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

// Where the rows of a gradient's tile read, relative to a position: each at its own tap, or side by side.
template <std::size_t kHigh, bool kTogether, class T>
struct Rows {
  const T* at[kTogether ? 1 : kHigh];

  Rows(const TapGradient<T>& x, std::size_t row) {
    for (std::size_t i = 0; i < (kTogether ? 1 : kHigh); ++i)
      at[i] = x.in + x.taps[(row + i) / x.depth] + (row + i) % x.depth;
  }
  HWY_INLINE T read(std::size_t i, std::ptrdiff_t position) const {
    return kTogether ? at[0][position + static_cast<std::ptrdiff_t>(i)] : at[kTogether ? 0 : i][position];
  }
};

// kHigh rows of the weights from `row` times kVectors vectors of columns from `column`.
template <std::size_t kHigh, std::size_t kVectors, bool kWhole, bool kTogether, class T>
HWY_INLINE void gradient_tile(const TapGradient<T>& x, std::size_t row, std::size_t column) {
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const Rows<kHigh, kTogether, T> rows(x, row);
  Vec<T> sums[kHigh][kVectors];
  THALWEG_UNROLLED
  for (std::size_t i = 0; i < kHigh; ++i) {
    THALWEG_UNROLLED
    for (std::size_t v = 0; v < kVectors; ++v) sums[i][v] = hn::Zero(d);
  }
  const std::size_t last = kWhole ? lanes : x.columns - (column + (kVectors - 1) * lanes);  // of its columns
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
        const Vec<T> input = hn::Set(d, rows.read(i, at));
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
      const std::size_t n = v + 1 < kVectors ? lanes : last;
      Vec<T> sum = sums[i][v];
      if (x.add) sum = hn::Add(load_first(out + v * lanes, n), sum);
      store_first(sum, n, out + v * lanes);
    }
  }
}

template <std::size_t kHigh, std::size_t kVectors, bool kTogether, class T>
HWY_NOINLINE std::size_t some_gradient_tiles(const TapGradient<T>& x, std::size_t row, std::size_t column) {
  const bool whole = column + kVectors * hn::Lanes(Tag<T>()) <= x.columns;
  for (; row + kHigh <= x.rows[1]; row += kHigh) {
    whole ? gradient_tile<kHigh, kVectors, true, kTogether>(x, row, column)
          : gradient_tile<kHigh, kVectors, false, kTogether>(x, row, column);
  }
  return row;
}

template <std::size_t kHigh, std::size_t kVectors, bool kTogether, class T>
HWY_INLINE std::size_t gradient_tiles(const TapGradient<T>& x, std::size_t row, std::size_t column) {
  return row + kHigh <= x.rows[1] ? some_gradient_tiles<kHigh, kVectors, kTogether>(x, row, column) : row;
}

template <class T>
void gradient(const TapGradient<T>& x) {
  for_strips<T>(x.columns, [&]<std::size_t kVectors>(std::size_t column) {
    constexpr std::size_t kSide = std::min<std::size_t>(kSums / kVectors, 12);
    std::size_t row = x.rows[0];
    if (x.taps.size() == 1) {
      row = gradient_tiles<kSide, kVectors, true>(x, row, column);
      if constexpr (kSide > 4) row = gradient_tiles<4, kVectors, true>(x, row, column);
    }
    constexpr std::size_t kMost =
        std::min<std::size_t>(kSide, 6);  // addresses of taps that fit into registers
    row = gradient_tiles<kMost, kVectors, false>(x, row, column);
    if constexpr (kMost > 3) row = gradient_tiles<3, kVectors, false>(x, row, column);
    gradient_tiles<1, kVectors, false>(x, row, column);
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

#if HWY_TARGET != HWY_SCALAR
// A square of floats, 4 x 4.
HWY_INLINE void turn_square(const float* from, std::size_t from_step, float* to, std::size_t to_step) {
  const hn::Simd<float, 4, 0> d;
  const hn::Simd<double, 2, 0> pairs;
  const auto a = hn::LoadU(d, from), b = hn::LoadU(d, from + from_step);
  const auto e = hn::LoadU(d, from + 2 * from_step), f = hn::LoadU(d, from + 3 * from_step);
  const auto ab = hn::BitCast(pairs, hn::InterleaveLower(d, a, b));
  const auto ef = hn::BitCast(pairs, hn::InterleaveLower(d, e, f));
  const auto high_ab = hn::BitCast(pairs, hn::InterleaveUpper(d, a, b));
  const auto high_ef = hn::BitCast(pairs, hn::InterleaveUpper(d, e, f));
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, ab, ef)), d, to);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, ab, ef)), d, to + to_step);
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, high_ab, high_ef)), d, to + 2 * to_step);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, high_ab, high_ef)), d, to + 3 * to_step);
}
#else
HWY_INLINE void turn_square(const float* from, std::size_t from_step, float* to, std::size_t to_step) {
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 4; ++j) to[j * to_step + i] = from[i * from_step + j];
  }
}
#endif

// Lines of squares, so that what is read and what is written stays in the cache; rest by rest.
template <class T>
void turn(const T* from, std::size_t rows, std::size_t columns, std::size_t from_step, T* to,
          std::size_t to_step) {
  constexpr std::size_t kSide = 4, kBlock = 64;
  for (std::size_t first = 0; first < rows; first += kBlock) {
    const std::size_t end = std::min(rows, first + kBlock);
    for (std::size_t j = 0; j < columns; j += kSide) {
      std::size_t i = first;
      if constexpr (sizeof(T) == 4) {
        for (; j + kSide <= columns && i + kSide <= end; i += kSide)
          turn_square(from + i * from_step + j, from_step, to + j * to_step + i, to_step);
      }
      for (; i < end; ++i) {
        for (std::size_t k = j; k < std::min(columns, j + kSide); ++k)
          to[k * to_step + i] = from[i * from_step + k];
      }
    }
  }
}

template <class T>
TapKernels<T> kernels_of() {
  return {hwy::TargetName(HWY_TARGET), hn::Lanes(Tag<T>()), product<T>, gradient<T>,
          channel_product<T>,          channel_gradient<T>, turn<T>};
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
