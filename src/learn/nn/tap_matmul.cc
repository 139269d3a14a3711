#include "nn/tap_matmul.h"

#include <span>

namespace thalweg {
template <class T>
TapMatmul<T>::TapMatmul(const Product& product, const Operands<T>& operands)
    : product_(product), operands_(operands) {
  if (product.transpose_b) turned_.resize(product.depth * product.columns);
}

template <class T>
void TapMatmul<T>::prepare() {
  if (turned_.empty()) return;
  kernels_.turn(operands_.b, product_.columns, product_.depth, product_.depth, turned_.data(),
                product_.columns);
}

template <class T>
void TapMatmul<T>::run(Range rows, Range columns, bool add, bool rectify) const {
  const std::span<const std::ptrdiff_t> tap(&tap_, 1);
  if (product_.transpose_a) {
    kernels_.gradient({.in = operands_.a,
                       .in_step = static_cast<std::ptrdiff_t>(product_.rows),
                       .taps = tap,
                       .depth = product_.rows,
                       .dy = operands_.b + columns.first,
                       .dy_step = static_cast<std::ptrdiff_t>(product_.columns),
                       .positions = product_.depth,
                       .columns = columns.last - columns.first,
                       .out = operands_.c + columns.first,
                       .out_step = product_.columns,
                       .rows = {rows.first, rows.last},
                       .add = add});
    return;
  }
  const T* bias = operands_.bias;
  kernels_.product({.in = operands_.a + rows.first * product_.depth,
                    .in_step = static_cast<std::ptrdiff_t>(product_.depth),
                    .taps = tap,
                    .depth = product_.depth,
                    .weights = (turned_.empty() ? operands_.b : turned_.data()) + columns.first,
                    .weights_step = product_.columns,
                    .bias = bias != nullptr ? bias + columns.first : nullptr,
                    .out = operands_.c + rows.first * product_.columns + columns.first,
                    .out_step = static_cast<std::ptrdiff_t>(product_.columns),
                    .positions = rows.last - rows.first,
                    .columns = columns.last - columns.first,
                    .add = add,
                    .rectify = rectify});
}

template class TapMatmul<float>;
template class TapMatmul<double>;

}  // namespace thalweg
