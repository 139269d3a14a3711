#include "matrix/eigen.h"

#include <gtest/gtest.h>

#include <cmath>

namespace thalweg {
namespace {

TEST(Principal, KnownEigenvalues) {
  const Eigen eigen = symmetric_eigen({2, 1, 0, 1, 2, 0, 0, 0, 5}, 3);
  const std::vector<double> want = {5, 3, 1};
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(eigen.values[i], want[i], 1e-14);
  EXPECT_NEAR(std::abs(eigen.vectors[0][2]), 1, 1e-14);
  EXPECT_NEAR(eigen.vectors[1][0], eigen.vectors[1][1], 1e-14);
  EXPECT_NEAR(eigen.vectors[2][0], -eigen.vectors[2][1], 1e-14);
}

// A v = lambda v, vectors of length 1 that are orthogonal, and the trace is kept.
TEST(Principal, VectorsAreEigenvectors) {
  constexpr std::size_t n = 12;
  std::vector<double> a(n * n);
  double trace = 0, sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) a[i * n + j] = std::cos(static_cast<double>(i * j + i + j));
    trace += a[i * n + i];
  }
  const Eigen eigen = symmetric_eigen(a, n);
  for (std::size_t k = 0; k < n; ++k) {
    sum += eigen.values[k];
    EXPECT_LE(eigen.values[k], eigen.values[k > 0 ? k - 1 : 0]);
    for (std::size_t i = 0; i < n; ++i) {
      double product = 0, dot = 0;
      for (std::size_t j = 0; j < n; ++j) {
        product += a[i * n + j] * eigen.vectors[k][j];
        dot += eigen.vectors[k][j] * eigen.vectors[i][j];
      }
      EXPECT_NEAR(product, eigen.values[k] * eigen.vectors[k][i], 1e-12);
      EXPECT_NEAR(dot, i == k ? 1 : 0, 1e-12);
    }
  }
  EXPECT_NEAR(sum, trace, 1e-12);
}

TEST(Principal, NothingToTurn) {
  EXPECT_EQ(symmetric_eigen({0, 0, 0, 0}, 2).values, (std::vector<double>{0, 0}));
  EXPECT_EQ(symmetric_eigen({3}, 1).values, (std::vector<double>{3}));
}

}  // namespace
}  // namespace thalweg
