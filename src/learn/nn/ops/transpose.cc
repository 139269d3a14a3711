// transpose: two axes exchanged. x is read as {outer, a, middle, b, inner} and written as {outer, b, middle,
// a, inner}.
#include <algorithm>
#include <tuple>
#include <utility>

#include "base/threads.h"
#include "nn/ops/shapes.h"
#include "nn/tape.h"
#include "thalweg/arithmetic.h"
#include "thalweg/images.h"

namespace thalweg {
namespace {

struct Exchange : Prepared {
  std::size_t outer = 1, a = 1, middle = 1, b = 1, inner = 1;
};

// Writes from {outer, a, middle, b, inner} as {outer, b, middle, a, inner}.
template <class T>
void exchange(Team& team, const Exchange& sizes, std::size_t a, std::size_t b, const T* from, Sink<T> to) {
  constexpr std::size_t kGrain = 1 << 14;
  const auto [outer, first, middle, second, inner] = std::tuple(sizes.outer, a, sizes.middle, b, sizes.inner);
  const std::size_t row = first * inner, step = middle * second * inner;  // of `to`; of `from` along a
  const std::size_t grain = std::max<std::size_t>(1, kGrain / std::max<std::size_t>(1, row));
  for_each_part(team, outer * second * middle, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t m = i % middle, j = i / middle % second, o = i / middle / second;
      const T* x = from + ((o * first * middle + m) * second + j) * inner;
      for (std::size_t k = 0; k < first; ++k) {
        write(Sink<T>{to.data + i * row + k * inner, to.add}, 0, inner,
              [=](std::size_t l) { return x[k * step + l]; });
      }
    }
  });
}

template <class T>
void forward(Call& call) {
  const auto& sizes = call.prepared<Exchange>();
  exchange(call.team(), sizes, sizes.a, sizes.b, call.input<T>(0), Sink<T>{call.value<T>(), false});
}

template <class T>
void backward(Call& call) {
  const auto& sizes = call.prepared<Exchange>();
  const Sink<T> dx = call.sink<T>(0);
  if (dx.data != nullptr)
    exchange(call.team(), sizes, sizes.b, sizes.a, static_cast<const T*>(call.grad<T>()), dx);
}

constexpr Op kTranspose{{forward<float>, forward<double>}, {backward<float>, backward<double>}};

}  // namespace

Tensor transpose(Tape& tape, Tensor x, int a, int b) {
  Shape shape = tape.shape(x);
  std::size_t first = checked_axis("transpose", a, shape), second = checked_axis("transpose", b, shape);
  if (first == second) return x;
  if (first > second) std::swap(first, second);
  auto sizes = std::make_unique<Exchange>();
  sizes->outer = count_between(shape, 0, first);
  sizes->a = static_cast<std::size_t>(shape[first]);
  sizes->middle = count_between(shape, first + 1, second);
  sizes->b = static_cast<std::size_t>(shape[second]);
  sizes->inner = count_between(shape, second + 1, shape.size());
  std::swap(shape[first], shape[second]);
  return tape.impl().add(kTranspose, {{row_major(tape, x)}}, std::move(shape), std::move(sizes));
}

}  // namespace thalweg
