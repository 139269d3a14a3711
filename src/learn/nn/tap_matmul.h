// Matrix products on the loops of kernels/taps.h: for f64, and for products that are over before oneDNN has
// begun.
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

  // Copies what the loops cannot read where it lies; before run(), each time that b has changed.
  void prepare();

  // Rows and columns first .. last-1 of c; a first column is a multiple of 16.
  struct Range {
    std::size_t first, last;
  };
  void run(Range rows, Range columns, bool add) const;

 private:
  Product product_;
  Operands<T> operands_;
  std::ptrdiff_t tap_ = 0;
  std::size_t step_ = 0;   // from one row of b, as the loops read it, to the next
  std::vector<T> copied_;  // b, turned where it is stored transposed, in whole vectors; empty: as it lies
  std::vector<T> bias_;    // in whole vectors
};

}  // namespace thalweg
