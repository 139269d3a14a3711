#include "matrix/eigen.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace thalweg {
namespace {

constexpr int kMostSweeps = 60;

struct Matrix {
  std::vector<double>& a;
  std::size_t n;
  double& at(std::size_t i, std::size_t j) { return a[i * n + j]; }
};

// Makes element (p, q) zero, and turns the vectors likewise.
void rotate(Matrix a, Matrix v, std::size_t p, std::size_t q) {
  const double angle = (a.at(q, q) - a.at(p, p)) / (2 * a.at(p, q));
  const double t = std::copysign(1.0, angle) / (std::abs(angle) + std::hypot(angle, 1.0));
  const double c = 1 / std::hypot(t, 1.0), s = t * c;
  const auto turn = [&](double& x, double& y) {
    const double old = x;
    x = c * old - s * y;
    y = s * old + c * y;
  };
  for (std::size_t k = 0; k < a.n; ++k) turn(a.at(k, p), a.at(k, q));
  for (std::size_t k = 0; k < a.n; ++k) turn(a.at(p, k), a.at(q, k));
  for (std::size_t k = 0; k < a.n; ++k) turn(v.at(k, p), v.at(k, q));
}

bool sweep(Matrix a, Matrix v, double small) {
  bool turned = false;
  for (std::size_t p = 0; p < a.n; ++p) {
    for (std::size_t q = p + 1; q < a.n; ++q) {
      if (std::abs(a.at(p, q)) <= small) continue;
      rotate(a, v, p, q);
      turned = true;
    }
  }
  return turned;
}

}  // namespace

Eigen symmetric_eigen(std::vector<double> matrix, std::size_t n) {
  std::vector<double> vectors(n * n);
  for (std::size_t i = 0; i < n; ++i) vectors[i * n + i] = 1;
  double most = 0;
  for (const double x : matrix) most = std::max(most, std::abs(x));
  const Matrix a{matrix, n}, v{vectors, n};
  for (int i = 0; i < kMostSweeps && sweep(a, v, 1e-15 * most); ++i) continue;
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t i, std::size_t j) { return matrix[i * n + i] > matrix[j * n + j]; });
  Eigen out;
  for (const std::size_t i : order) {
    out.values.push_back(matrix[i * n + i]);
    std::vector<double>& vector = out.vectors.emplace_back();
    for (std::size_t k = 0; k < n; ++k) vector.push_back(vectors[k * n + i]);
  }
  return out;
}

}  // namespace thalweg
