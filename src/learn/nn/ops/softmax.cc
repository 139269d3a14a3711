// softmax. The largest exponential is 1, so nothing overflows and the sum is never 0. Sums are double.
#include <algorithm>

#include "base/threads.h"
#include "nn/module.h"
#include "nn/ops/exponential.h"
#include "nn/tape.h"
#include "thalweg/error.h"
#include "thalweg/images.h"

namespace thalweg {
namespace {

constexpr std::size_t kGrain = 1 << 13;  // elements that are worth a thread's while
constexpr std::size_t kLanes = 8;

// The sum of f(0) .. f(n-1), in a fixed order that becomes vector code.
template <class F>
double sum_of(std::size_t n, F&& f) {
  double lanes[kLanes] = {};
  const std::size_t whole = n / kLanes * kLanes;
  for (std::size_t j = 0; j < whole; j += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += f(j + lane);
  }
  for (std::size_t j = whole; j < n; ++j) lanes[j - whole] += f(j);
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

template <class T>
void forward_row(const T* x, T* y, std::size_t n) {
  const T max = *std::max_element(x, x + n);
  for (std::size_t j = 0; j < n; ++j) y[j] = exp_below(-size_of(max - x[j], kVanishes<T>));
  const double sum = sum_of(n, [=](std::size_t j) { return static_cast<double>(y[j]); });
  const T share = static_cast<T>(1.0 / sum);
  for (std::size_t j = 0; j < n; ++j) y[j] *= share;
}

template <class T>
void backward_row(const T* y, const T* dy, std::size_t n, Sink<T> dx) {
  const T mean = static_cast<T>(
      sum_of(n, [=](std::size_t j) { return static_cast<double>(dy[j]) * static_cast<double>(y[j]); }));
  write(dx, 0, n, [=](std::size_t j) { return y[j] * (dy[j] - mean); });
}

// Calls f(first element) for every row of n elements.
template <class F>
void for_each_row(Call& call, std::size_t n, F&& f) {
  const std::size_t rows = n == 0 ? 0 : call.size() / n;
  const std::size_t grain = std::max<std::size_t>(1, kGrain / std::max<std::size_t>(1, n));
  for_each_part(call.team(), rows, grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) f(row * n);
  });
}

template <class T>
void forward(Call& call) {
  const T* x = call.input<T>(0);
  T* y = call.value<T>();
  const auto n = static_cast<std::size_t>(call.shape().back());
  for_each_row(call, n, [=](std::size_t at) { forward_row(x + at, y + at, n); });
}

template <class T>
void backward(Call& call) {
  const T* y = call.value<T>();
  const T* dy = call.grad<T>();
  const Sink<T> dx = call.sink<T>(0);
  if (dx.data == nullptr) return;
  const auto n = static_cast<std::size_t>(call.shape().back());
  for_each_row(call, n, [=](std::size_t at) {
    backward_row(y + at, dy + at, n, Sink<T>{dx.data + at, dx.add});
  });
}

constexpr Op kSoftmax{{forward<float>, forward<double>}, {backward<float>, backward<double>}};

}  // namespace

Tensor softmax(Tape& tape, Tensor x) {
  Tape::Impl& impl = tape.impl();
  const Shape& shape = impl.node(x).shape;
  if (shape.empty()) {
    throw Error(Code::usage, {"softmax", "a scalar has no last dimension", "scalar", "x {..., n}", ""});
  }
  return impl.add(kSoftmax, {{row_major(tape, x)}}, shape);
}

extern constinit const Layer softmax_layer{
    .spec = {.name = "softmax",
             .doc = "shares that sum to 1 over the last dimension; cross_entropy applies its own",
             .source = "Bridle 1990, doi:10.1007/978-3-642-76153-9_28",
             .formula = R"(
y_j  = e^(x_j - max) / sum_i e^(x_i - max)
dx_j = y_j (dy_j - sum_i dy_i y_i)
i, j over the last dimension, max the largest x there)"},
    .record = record_alone<softmax>,
};

}  // namespace thalweg
