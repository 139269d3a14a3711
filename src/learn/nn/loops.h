// Matrix products in plain loops: for single rows and columns.
#pragma once

#include "nn/product.h"

namespace thalweg {

// The terms of an element of c are added in order of depth, so its bits depend on its own row and column
// alone. In products with b transposed they are added in 8 interleaved sums, those after the last whole 8 in
// one more. A product of depth 1 must not have b transposed.
template <class T>
void multiply(const Product& product, const Strides& strides, const Operands<T>& operands, bool add) noexcept;

}  // namespace thalweg
