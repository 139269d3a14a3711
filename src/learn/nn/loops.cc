#include "nn/loops.h"

namespace thalweg {
namespace {

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
T element(const Product& product, const Strides& strides, const Operands<T>& x, std::size_t i,
          std::size_t j) {
  const T start = x.bias != nullptr ? x.bias[j] : T{0};
  return product.depth == 0 ? start : dot(x.a + i * strides.a, x.b + j * strides.b, product.depth) + start;
}

}  // namespace

template <class T>
void multiply(const Product& product, const Strides& strides, const Operands<T>& x, bool add) noexcept {
  for (std::size_t i = 0; i < product.rows; ++i) {
    T* c = x.c + i * strides.c;
    for (std::size_t j = 0; j < product.columns; ++j) {
      const T sum = element(product, strides, x, i, j);
      c[j] = add ? c[j] + sum : sum;
    }
  }
}

template void multiply(const Product&, const Strides&, const Operands<float>&, bool) noexcept;
template void multiply(const Product&, const Strides&, const Operands<double>&, bool) noexcept;

}  // namespace thalweg
