// Matrix products in plain loops: for a single row times what is stored transposed, and for no terms at all.
#pragma once

#include "nn/product.h"

namespace thalweg {

// b is stored transposed, or the depth is 0. The terms of an element are added in 8 interleaved sums, those
// after the last whole 8 in one more: its bits depend on its own row and column alone.
template <class T>
void multiply(const Product& product, const Strides& strides, const Operands<T>& operands, bool add) noexcept;

}  // namespace thalweg
