// What a matrix product is: sizes, distances between rows and the memory it works on. Matrices are row-major.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "thalweg/tensor.h"

namespace thalweg {

// c {rows, columns} = op(a) {rows, depth} * op(b) {depth, columns}. A transposed matrix is stored the other
// way round: a {depth, rows}, b {columns, depth}. At most one of the two is transposed.
struct Product {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t depth = 0;
  bool transpose_a = false;
  bool transpose_b = false;

  double flops() const {
    return 2.0 * static_cast<double>(rows) * static_cast<double>(columns) * static_cast<double>(depth);
  }
};

// Elements from one stored row to the next.
struct Strides {
  std::size_t a = 0;
  std::size_t b = 0;
  std::size_t c = 0;
};

template <class T>
struct Operands {
  const T* a = nullptr;
  const T* b = nullptr;
  const T* bias = nullptr;  // one a column, added to every row; may be null
  T* c = nullptr;
};

// What products work in beside their operands, in bytes.
struct WorkMemory {
  std::uint64_t held = 0;    // as long as they are there
  std::uint64_t packed = 0;  // by each thread that runs them, for the largest; the allocator keeps it

  void add(const WorkMemory& other) {
    held += other.held;
    packed = std::max(packed, other.packed);
  }
};

}  // namespace thalweg
