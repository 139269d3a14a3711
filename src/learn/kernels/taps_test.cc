// Every loop on every SIMD target against sums in double.
#include "kernels/taps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/random.h"

namespace thalweg {
namespace {

template <class T>
const TapKernels<T>& of(const TapTable& table) {
  if constexpr (sizeof(T) == 4) return table.f32;
  if constexpr (sizeof(T) == 8) return table.f64;
}

template <class T>
std::vector<T> numbers(std::size_t n, std::uint64_t stream) {
  const Random random(7, Purpose::init, stream);
  std::vector<T> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<T>(2 * random.uniform(i) - 1);
  return values;
}

// Inputs, weights and outputs of some size, with what lies between and behind them.
template <class T>
struct Case {
  std::size_t positions, depth, columns, lines;
  std::ptrdiff_t in_step, in_line, out_step;
  std::vector<std::ptrdiff_t> taps;
  std::vector<T> in, out;

  Case(std::size_t n, std::size_t d, std::size_t k, std::size_t l)
      : positions(n), depth(d), columns(k), lines(l), in_step(static_cast<std::ptrdiff_t>(d) + 1) {
    out_step = static_cast<std::ptrdiff_t>(k) + 2;
    in_line = in_step * static_cast<std::ptrdiff_t>(n) + 3;
    taps = {0, in_step, 2 * in_line + 1};
    in = numbers<T>(static_cast<std::size_t>(in_line) * (l + 3) + d + k + 16, 1);
    out = numbers<T>(static_cast<std::size_t>(out_step) * n * l + 16, 2);
  }
  std::size_t at(std::size_t line, std::size_t t) const {
    return line * static_cast<std::size_t>(in_line) + t * static_cast<std::size_t>(in_step);
  }
};

template <class T>
void expect_near(T got, double want, double size, const std::string& what) {
  ASSERT_NEAR(static_cast<double>(got), want, (sizeof(T) == 4 ? 1e-6 : 1e-14) * (2 + size)) << what;
}

template <class T>
void check_product(const TapKernels<T>& kernels, const Case<T>& c, bool each_channel, bool add,
                   bool rectify) {
  const std::size_t step = c.columns;
  const std::size_t depth = each_channel ? 1 : c.depth;
  const std::vector<T> weights = numbers<T>(c.taps.size() * depth * step, 3), bias = numbers<T>(step, 4);
  std::vector<T> out = c.out;
  const TapProduct<T> product{c.in.data(), c.in_step,   c.taps,     depth,      weights.data(),
                              step,        bias.data(), out.data(), c.out_step, c.positions,
                              c.columns,   add,         rectify};
  (each_channel ? kernels.channel_product : kernels.product)(product);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t t = i / static_cast<std::size_t>(c.out_step),
                      k = i % static_cast<std::size_t>(c.out_step);
    if (t >= c.positions || k >= c.columns) {
      ASSERT_EQ(out[i], c.out[i]) << "written beside the result";
      continue;
    }
    double want = static_cast<double>(bias[k]) + (add ? static_cast<double>(c.out[i]) : 0.0);
    for (std::size_t q = 0; q < c.taps.size(); ++q) {
      for (std::size_t d = 0; d < depth; ++d) {
        const std::size_t from = c.at(0, t) + static_cast<std::size_t>(c.taps[q]) + (each_channel ? k : d);
        want += static_cast<double>(c.in[from]) * static_cast<double>(weights[(q * depth + d) * step + k]);
      }
    }
    if (rectify) want = std::max(want, 0.0);
    expect_near(out[i], want, static_cast<double>(depth), kernels.target);
  }
}

template <class T>
void check_gradient(const TapKernels<T>& kernels, const Case<T>& c, bool each_channel, bool add) {
  const std::size_t depth = each_channel ? 1 : c.depth;
  const std::size_t rows = c.taps.size() * depth, step = c.columns + 1;
  const std::vector<T> dy = numbers<T>(static_cast<std::size_t>(c.out_step) * c.positions * c.lines + 16, 5);
  const std::vector<T> before = numbers<T>(rows * step, 6);
  std::vector<T> out = before;
  const auto dy_line = c.out_step * static_cast<std::ptrdiff_t>(c.positions);
  const std::size_t first = rows > 2 ? 1 : 0;
  const TapGradient<T> gradient{c.in.data(), c.in_step,  c.in_line, c.taps,        depth,
                                dy.data(),   c.out_step, dy_line,   c.positions,   c.lines,
                                c.columns,   out.data(), step,      {first, rows}, add};
  (each_channel ? kernels.channel_gradient : kernels.gradient)(gradient);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t row = i / step, k = i % step;
    if (row < first || k >= c.columns) {
      ASSERT_EQ(out[i], before[i]) << "written beside the result";
      continue;
    }
    double want = add ? static_cast<double>(before[i]) : 0.0;
    for (std::size_t line = 0; line < c.lines; ++line) {
      for (std::size_t t = 0; t < c.positions; ++t) {
        const std::size_t from =
            c.at(line, t) + static_cast<std::size_t>(c.taps[row / depth]) + (each_channel ? k : row % depth);
        const std::size_t of =
            line * static_cast<std::size_t>(dy_line) + t * static_cast<std::size_t>(c.out_step) + k;
        want += static_cast<double>(c.in[from]) * static_cast<double>(dy[of]);
      }
    }
    expect_near(out[i], want, static_cast<double>(c.lines * c.positions), kernels.target);
  }
}

template <class T>
void check_turn(const TapKernels<T>& kernels, std::size_t rows, std::size_t columns) {
  const std::size_t from_step = columns + 3, to_step = rows + 2;
  const std::vector<T> from = numbers<T>(rows * from_step, 8);
  std::vector<T> to(columns * to_step, T{9});
  kernels.turn(from.data(), rows, columns, from_step, to.data(), to_step);
  for (std::size_t at = 0; at < to.size(); ++at) {
    const std::size_t j = at / to_step, i = at % to_step;
    ASSERT_EQ(to[at], i < rows ? from[i * from_step + j] : T{9});
  }
}

template <class T>
void check_all(const TapKernels<T>& kernels) {
  for (const std::size_t rows : {1u, 4u, 7u, 70u}) {
    for (const std::size_t columns : {1u, 4u, 10u}) check_turn(kernels, rows, columns);
  }
  for (const std::size_t depth : {8u, 31u}) {  // one tap: the rows stand side by side
    Case<T> c(13, depth, 33, 3);
    c.taps = {5};
    check_gradient(kernels, c, false, true);
  }
  for (const std::size_t positions : {1u, 2u, 5u, 13u, 31u}) {
    for (const std::size_t columns : {1u, 3u, 8u, 17u, 32u, 61u, 100u}) {
      for (const std::size_t depth : {1u, 4u, 7u}) {
        const Case<T> c(positions, depth, columns, 1), lines(positions, depth, columns, 3);
        for (const bool each_channel : {false, true}) {
          check_product(kernels, c, each_channel, false, false);
          check_product(kernels, c, each_channel, true, true);
          check_gradient(kernels, c, each_channel, false);
          check_gradient(kernels, lines, each_channel, true);
        }
      }
    }
  }
}

TEST(Taps, EveryLoopIsRightOnEverySimdTarget) {
  ASSERT_FALSE(tap_tables().empty());
  for (const TapTable& table : tap_tables()) {
    SCOPED_TRACE(table.f32.target);
    check_all(of<float>(table));
    check_all(of<double>(table));
  }
}

TEST(Taps, ANanStaysOneWhereItIsRectified) {
  for (const TapTable& table : tap_tables()) {
    const float in = 1;
    const std::ptrdiff_t tap = 0;
    std::vector<float> weights(table.f32.lanes, NAN);
    float out = 0;
    table.f32.product({.in = &in,
                       .taps = {&tap, 1},
                       .depth = 1,
                       .weights = weights.data(),
                       .out = &out,
                       .positions = 1,
                       .columns = 1,
                       .rectify = true});
    EXPECT_TRUE(std::isnan(out)) << table.f32.target;
  }
}

}  // namespace
}  // namespace thalweg
