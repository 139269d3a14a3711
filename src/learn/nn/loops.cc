#include "nn/loops.h"

#include <algorithm>

namespace thalweg {
namespace {

// `width` neighbouring elements of a row of c. `a` steps by `a_step` along the depth, b by its stride.
template <std::size_t width, class T>
void row_tile(const T* a, std::size_t a_step, const T* b, std::size_t b_stride, std::size_t depth,
              const T* bias, T* c, bool add) {
  T sum[width] = {};
  if (bias != nullptr) std::copy_n(bias, width, sum);
  for (std::size_t k = 0; k < depth; ++k) {
    const T factor = a[k * a_step];
    const T* row = b + k * b_stride;
    for (std::size_t j = 0; j < width; ++j) sum[j] += factor * row[j];
  }
  if (add) {
    for (std::size_t j = 0; j < width; ++j) sum[j] += c[j];
  }
  std::copy_n(sum, width, c);
}

template <class T>
void row_times_matrix(const Product& product, const Strides& strides, const Operands<T>& x, std::size_t i,
                      bool add) {
  const T* a = product.transpose_a ? x.a + i : x.a + i * strides.a;
  const std::size_t a_step = product.transpose_a ? strides.a : 1;
  T* c = x.c + i * strides.c;
  const auto tile = [&]<std::size_t width>(std::size_t j) {
    row_tile<width>(a, a_step, x.b + j, strides.b, product.depth, x.bias != nullptr ? x.bias + j : nullptr,
                    c + j, add);
  };
  std::size_t j = 0;
  for (; j + 32 <= product.columns; j += 32) tile.template operator()<32>(j);
  for (; j + 8 <= product.columns; j += 8) tile.template operator()<8>(j);
  for (; j < product.columns; ++j) tile.template operator()<1>(j);
}

// A product of depth 1: each row is a multiple of the one row of b.
template <class T>
void scaled_row(T factor, const T* b, std::size_t columns, T* c, bool add) {
  if (add) {
    for (std::size_t j = 0; j < columns; ++j) c[j] += factor * b[j];
  } else {
    for (std::size_t j = 0; j < columns; ++j) c[j] = factor * b[j];
  }
}

template <class T>
void empty_row(const T* bias, std::size_t columns, T* c, bool add) {
  for (std::size_t j = 0; j < columns; ++j) c[j] = (add ? c[j] : T{0}) + (bias != nullptr ? bias[j] : T{0});
}

template <class T>
T dot(const T* a, const T* b, std::size_t n) {
  T s[8] = {};
  std::size_t k = 0;
  for (; k + 8 <= n; k += 8) {
    for (std::size_t lane = 0; lane < 8; ++lane) s[lane] += a[k + lane] * b[k + lane];
  }
  T rest = 0;
  for (; k < n; ++k) rest += a[k] * b[k];
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7])) + rest;
}

template <class T>
void row_times_transposed(const Product& product, const Strides& strides, const Operands<T>& x, std::size_t i,
                          bool add) {
  T* c = x.c + i * strides.c;
  for (std::size_t j = 0; j < product.columns; ++j) {
    T sum = dot(x.a + i * strides.a, x.b + j * strides.b, product.depth);
    if (x.bias != nullptr) sum += x.bias[j];
    c[j] = add ? c[j] + sum : sum;
  }
}

}  // namespace

template <class T>
void multiply(const Product& product, const Strides& strides, const Operands<T>& operands,
              bool add) noexcept {
  for (std::size_t i = 0; i < product.rows; ++i) {
    if (product.depth == 0) {  // no terms, and perhaps no memory that would hold them
      empty_row(operands.bias, product.columns, operands.c + i * strides.c, add);
    } else if (product.depth == 1 && operands.bias == nullptr) {
      const T* a = operands.a + i * (product.transpose_a ? 1 : strides.a);
      scaled_row(*a, operands.b, product.columns, operands.c + i * strides.c, add);
    } else if (product.transpose_b) {
      row_times_transposed(product, strides, operands, i, add);
    } else {
      row_times_matrix(product, strides, operands, i, add);
    }
  }
}

template void multiply(const Product&, const Strides&, const Operands<float>&, bool) noexcept;
template void multiply(const Product&, const Strides&, const Operands<double>&, bool) noexcept;

}  // namespace thalweg
