#include "nn/matmul.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>

#include "base/random.h"

extern "C" int omp_get_max_threads();
extern "C" void omp_set_num_threads(int threads);

namespace thalweg {
namespace {

template <class T>
std::vector<T> random_values(std::size_t n, std::uint64_t stream) {
  const Random random(5, Purpose::init, stream);
  std::vector<T> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<T>(2.0 * random.uniform(i) - 1.0);
  return values;
}

template <class T>
double reference(const Product& p, const std::vector<T>& a, const std::vector<T>& b, std::size_t i,
                 std::size_t j) {
  double sum = 0;
  for (std::size_t k = 0; k < p.depth; ++k) {
    const double x = p.transpose_a ? a[k * p.rows + i] : a[i * p.depth + k];
    const double y = p.transpose_b ? b[j * p.depth + k] : b[k * p.columns + j];
    sum += x * y;
  }
  return sum;
}

std::string name_of(const Product& p) {
  return std::to_string(p.rows) + "x" + std::to_string(p.columns) + "x" + std::to_string(p.depth) +
         (p.transpose_a ? " a^T" : "") + (p.transpose_b ? " b^T" : "");
}

template <class T>
void check(const Product& p, Team& team, bool biased) {
  const auto a = random_values<T>(p.rows * p.depth, 1), b = random_values<T>(p.depth * p.columns, 2);
  const auto bias = random_values<T>(p.columns, 3), before = random_values<T>(p.rows * p.columns, 4);
  std::vector<T> c = before;
  Matmul<T> matmul(p, {a.data(), b.data(), biased ? bias.data() : nullptr, c.data()}, Result::set_or_added);
  const double tolerance = (std::is_same_v<T, float> ? 1e-6 : 1e-14) * (1 + static_cast<double>(p.depth));
  for (const bool add : {false, true}) {
    c = before;
    matmul.run(team, add);
    for (std::size_t n = 0; n < c.size(); ++n) {
      const std::size_t i = n / p.columns, j = n % p.columns;
      const double start = (add ? before[n] : 0.0) + (biased ? bias[j] : 0.0);
      ASSERT_NEAR(c[n], start + reference(p, a, b, i, j), tolerance)
          << name_of(p) << " at " << i << ", " << j;
    }
  }
}

TEST(Matmul, IsRightForEveryShapeAndTransposition) {
  Team team(2);
  for (const std::size_t rows : {1, 2, 7, 64, 130}) {
    for (const std::size_t columns : {1, 3, 10, 33, 100}) {
      for (const std::size_t depth : {0, 1, 2, 9, 65}) {
        check<float>({rows, columns, depth}, team, true);
        check<float>({rows, columns, depth}, team, false);
        check<float>({rows, columns, depth, true, false}, team, false);
        check<float>({rows, columns, depth, false, true}, team, false);
        check<double>({rows, columns, depth}, team, true);
        check<double>({rows, columns, depth, true, false}, team, false);
        check<double>({rows, columns, depth, false, true}, team, false);
      }
    }
  }
}

TEST(Matmul, IsRightAcrossBlocks) {
  Team team(3);
  for (const Product& p :
       {Product{130, 300, 700}, Product{700, 90, 400, true, false}, Product{90, 700, 400, false, true},
        Product{33, 1100, 300}, Product{1030, 40, 250}}) {
    const BlockSize size = block_size(p);
    EXPECT_LT(size.rows * size.columns, p.rows * p.columns) << name_of(p) << " is one block";
    check<float>(p, team, !p.transpose_a && !p.transpose_b);
  }
}

float rounded_to_bf16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return std::bit_cast<float>((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000);
}

TEST(Matmul, InBf16RoundsTheFactorsOfLargeProductsAlone) {
  if (!has_compute(Compute::bf16)) GTEST_SKIP() << "this processor has no bf16";
  Team team(2);
  for (const Product& p : {Product{130, 300, 700}, Product{700, 100, 400, true, false},
                           Product{90, 700, 400, false, true}, Product{64, 10, 30}}) {
    auto a = random_values<float>(p.rows * p.depth, 1), b = random_values<float>(p.depth * p.columns, 2);
    const auto before = random_values<float>(p.rows * p.columns, 4);
    std::vector<float> c(before.size());
    Matmul<float> matmul(p, {a.data(), b.data(), nullptr, c.data()}, Result::set_or_added, Compute::bf16);
    auto a_rounded = a, b_rounded = b;
    const bool large = p.columns > 10;
    if (large) std::ranges::transform(a, a_rounded.begin(), rounded_to_bf16);
    if (large) std::ranges::transform(b, b_rounded.begin(), rounded_to_bf16);
    for (const bool add : {false, true}) {
      c = before;
      matmul.run(team, add);
      for (std::size_t n = 0; n < c.size(); ++n) {
        const double want = reference(p, a_rounded, b_rounded, n / p.columns, n % p.columns);
        ASSERT_NEAR(c[n], want + (add ? before[n] : 0.0), 1e-6 * (1 + static_cast<double>(p.depth)))
            << name_of(p);
      }
    }
  }
}

TEST(Matmul, BlocksCoverTheResult) {
  for (const std::size_t rows : {1, 31, 64, 513, 60000}) {
    for (const std::size_t columns : {1, 10, 1025, 50000}) {
      for (const std::size_t depth : {1, 784, 60000}) {
        const BlockSize size = block_size({rows, columns, depth});
        EXPECT_TRUE(size.rows >= 1 && size.rows <= rows && size.columns >= 1 && size.columns <= columns);
      }
    }
  }
}

// The host's OpenMP setting is as before, whatever it was.
TEST(Matmul, LeavesOpenMpAlone) {
  const int before = omp_get_max_threads();
  omp_set_num_threads(3);
  Team team(1);
  check<float>({64, 64, 64}, team, true);
  EXPECT_EQ(omp_get_max_threads(), 3);
  omp_set_num_threads(before);
}

}  // namespace
}  // namespace thalweg
