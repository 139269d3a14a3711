#include "nn/tap_matmul.h"

#include <algorithm>
#include <span>

namespace thalweg {
namespace {

constexpr std::size_t kSide = 16;  // of the square that is turned at a time

}  // namespace

template <class T>
TapMatmul<T>::TapMatmul(const Product& product, const Operands<T>& operands)
    : product_(product), operands_(operands), step_(product.columns) {
  if (product.transpose_a) return;  // b is read row by row
  const std::size_t lanes = tap_kernels<T>().lanes;
  const bool whole = product.columns % lanes == 0;
  if (whole && !product.transpose_b) return;
  step_ = (product.columns + lanes - 1) / lanes * lanes;
  copied_.resize(product.depth * step_);
  if (!whole && operands.bias != nullptr) bias_.resize(step_);
}

template <class T>
void TapMatmul<T>::prepare() {
  if (!bias_.empty()) std::copy_n(operands_.bias, product_.columns, bias_.begin());
  if (copied_.empty()) return;
  const std::size_t columns = product_.columns, depth = product_.depth;
  if (!product_.transpose_b) {
    for (std::size_t k = 0; k < depth; ++k)
      std::copy_n(operands_.b + k * columns, columns, &copied_[k * step_]);
    return;
  }
  for (std::size_t k = 0; k < depth; k += kSide) {
    for (std::size_t j = 0; j < columns; j += kSide) {
      for (std::size_t row = k; row < std::min(depth, k + kSide); ++row) {
        T* to = &copied_[row * step_];
        for (std::size_t i = j; i < std::min(columns, j + kSide); ++i) to[i] = operands_.b[i * depth + row];
      }
    }
  }
}

template <class T>
void TapMatmul<T>::run(Range rows, Range columns, bool add) const {
  const auto& kernels = tap_kernels<T>();
  const std::span<const std::ptrdiff_t> tap(&tap_, 1);
  if (product_.transpose_a) {
    kernels.gradient({.in = operands_.a,
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
  const T* bias = bias_.empty() ? operands_.bias : bias_.data();
  kernels.product({.in = operands_.a + rows.first * product_.depth,
                   .in_step = static_cast<std::ptrdiff_t>(product_.depth),
                   .taps = tap,
                   .depth = product_.depth,
                   .weights = (copied_.empty() ? operands_.b : copied_.data()) + columns.first,
                   .weights_step = step_,
                   .bias = bias != nullptr ? bias + columns.first : nullptr,
                   .out = operands_.c + rows.first * product_.columns + columns.first,
                   .out_step = static_cast<std::ptrdiff_t>(product_.columns),
                   .positions = rows.last - rows.first,
                   .columns = columns.last - columns.first,
                   .add = add});
}

template class TapMatmul<float>;
template class TapMatmul<double>;

}  // namespace thalweg
