// Matrix products on the loops of kernels/taps.h: for f64, and for what fits into the cache.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/taps.h"
#include "nn/product.h"

namespace thalweg {

// A product on fixed memory. An element's bits depend on its own row and column alone, whatever part of the
// result is asked for.
template <class T>
class TapMatmul {
 public:
  TapMatmul(const Product& product, const Operands<T>& operands);

  // Turns what is stored transposed; before run(), each time that b has changed.
  void prepare();

  // The whole of c; `rectify`: max(., 0) of it.
  void run(bool add, bool rectify);

  // Rows and columns first .. last-1 of it. May be called by several threads at once.
  struct Range {
    std::size_t first, last;
  };
  void run(Range rows, Range columns, bool add, bool rectify) const;

 private:
  TapProduct<T> product_of(Range rows, Range columns) const;
  TapGradient<T> gradient_of(Range rows, Range columns) const;

  const TapKernels<T>& kernels_ = tap_kernels<T>();
  Product product_;
  Operands<T> operands_;
  std::vector<T> turned_;  // b; empty: as it lies
  TapProduct<T> whole_product_;
  TapGradient<T> whole_gradient_;  // where a is transposed
};

}  // namespace thalweg
