// The same bits by the vectors of every processor.
#include "kernels/vectorised.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace thalweg {
namespace {

template <class T>
std::vector<T> by(Vectors vectors, const std::vector<T>& x, std::size_t begin, std::size_t end) {
  std::vector<T> y(x.size(), T{-1});
  vectorised(
      begin, end,
      [from = x.data(), to = y.data()](std::size_t i) { to[i] = from[i] * from[i] * T{3} + T{1} / from[i]; },
      vectors);
  return y;
}

template <class T>
void check() {
  const Random random(3, Purpose::init, 0);
  std::vector<T> x(100);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(2 * random.uniform(i) - 1);
  for (int widest = 0; widest <= static_cast<int>(kWidestVectors); ++widest) {
    for (const std::size_t begin : {0u, 3u}) {
      for (const std::size_t end : {3u, 5u, 19u, 100u}) {
        const std::vector<T> y = by(static_cast<Vectors>(widest), x, begin, end);
        for (std::size_t i = 0; i < x.size(); ++i) {
          const T square = x[i] * x[i], want = square * T{3} + T{1} / x[i];
          ASSERT_EQ(y[i], i >= begin && i < end ? want : T{-1}) << widest << " at " << i;
        }
      }
    }
  }
}

TEST(Vectorised, HasTheSameBitsOnEveryProcessor) {
  check<float>();
  check<double>();
}

}  // namespace
}  // namespace thalweg
