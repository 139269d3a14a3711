// Principal directions of a few points in a space of many dimensions.
#pragma once

#include <cstddef>
#include <vector>

namespace thalweg {

struct Eigen {
  std::vector<double> values;                // descending
  std::vector<std::vector<double>> vectors;  // of length 1, in the same order
};

// Of a symmetric matrix, n x n, row by row: Jacobi's rotations (Jacobi 1846). Of n^3 cost a sweep.
Eigen symmetric_eigen(std::vector<double> matrix, std::size_t n);

}  // namespace thalweg
