#include "nn/tap_matmul.h"

#include <span>

namespace thalweg {
namespace {

constexpr std::ptrdiff_t kTap[] = {0};  // a matrix product has one, at the position itself

}  // namespace

template <class T>
TapMatmul<T>::TapMatmul(const Product& product, const Operands<T>& operands)
    : product_(product), operands_(operands) {
  if (product.transpose_b) turned_.resize(product.depth * product.columns);
  const Range rows{0, product.rows}, columns{0, product.columns};
  product.transpose_a ? void(whole_gradient_ = gradient_of(rows, columns))
                      : void(whole_product_ = product_of(rows, columns));
}

template <class T>
void TapMatmul<T>::prepare() {
  if (turned_.empty()) return;
  kernels_.turn(operands_.b, product_.columns, product_.depth, product_.depth, turned_.data(),
                product_.columns);
}

template <class T>
TapGradient<T> TapMatmul<T>::gradient_of(Range rows, Range columns) const {
  return {.in = operands_.a,
          .in_step = static_cast<std::ptrdiff_t>(product_.rows),
          .taps = kTap,
          .depth = product_.rows,
          .dy = operands_.b + columns.first,
          .dy_step = static_cast<std::ptrdiff_t>(product_.columns),
          .positions = product_.depth,
          .columns = columns.last - columns.first,
          .out = operands_.c + columns.first,
          .out_step = product_.columns,
          .rows = {rows.first, rows.last}};
}

template <class T>
TapProduct<T> TapMatmul<T>::product_of(Range rows, Range columns) const {
  const T* bias = operands_.bias;
  return {.in = operands_.a + rows.first * product_.depth,
          .in_step = static_cast<std::ptrdiff_t>(product_.depth),
          .taps = kTap,
          .depth = product_.depth,
          .weights = (turned_.empty() ? operands_.b : turned_.data()) + columns.first,
          .weights_step = product_.columns,
          .bias = bias != nullptr ? bias + columns.first : nullptr,
          .out = operands_.c + rows.first * product_.columns + columns.first,
          .out_step = static_cast<std::ptrdiff_t>(product_.columns),
          .positions = rows.last - rows.first,
          .columns = columns.last - columns.first};
}

template <class T>
void TapMatmul<T>::run(bool add, bool rectify) {
  whole_gradient_.add = whole_product_.add = add;
  whole_product_.rectify = rectify;
  product_.transpose_a ? kernels_.gradient(whole_gradient_) : kernels_.product(whole_product_);
}

template <class T>
void TapMatmul<T>::run(Range rows, Range columns, bool add, bool rectify) const {
  if (product_.transpose_a) {
    TapGradient<T> gradient = gradient_of(rows, columns);
    gradient.add = add;
    return kernels_.gradient(gradient);
  }
  TapProduct<T> product = product_of(rows, columns);
  product.add = add;
  product.rectify = rectify;
  kernels_.product(product);
}

template class TapMatmul<float>;
template class TapMatmul<double>;

}  // namespace thalweg
