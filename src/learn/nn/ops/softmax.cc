// softmax. The largest exponential is 1, so nothing overflows and the sum is never 0. Sums are double.
#include "kernels/exponential.h"
#include "nn/ops/axis.h"
#include "nn/ops/sums.h"

namespace thalweg {
namespace {

struct Softmax {
  template <class T, class Step>
  static void value(const T* x, T* y, std::size_t n, Step step) {
    const T max = largest(x, n, step);
    for (std::size_t j = 0; j < n; ++j) y[j * step] = exp_below(-size_of(max - x[j * step], kVanishes<T>));
    const double sum = sum_of(n, [=](std::size_t j) { return static_cast<double>(y[j * step]); });
    const T share = static_cast<T>(1.0 / sum);
    for (std::size_t j = 0; j < n; ++j) y[j * step] *= share;
  }
  template <class T, class Step>
  static void gradient(const T* y, const T* dy, std::size_t n, Step step, Sink<T> dx) {
    const T mean = static_cast<T>(sum_of(n, [=](std::size_t j) {
      return static_cast<double>(dy[j * step]) * static_cast<double>(y[j * step]);
    }));
    write_line(dx, n, step, [=](std::size_t j) { return y[j] * (dy[j] - mean); });
  }
};

}  // namespace

Tensor softmax(Tape& tape, Tensor x, int axis) { return record_axis<Softmax>(tape, x, axis, "softmax"); }

extern constinit const Layer softmax_layer{
    .spec = {.name = "softmax",
             .doc = "shares that sum to 1 along a dimension; cross_entropy applies its own",
             .source = "Bridle 1990, doi:10.1007/978-3-642-76153-9_28",
             .options = kAxisOptions,
             .formula = R"(
y_j  = e^(x_j - max) / sum_i e^(x_i - max)
dx_j = y_j (dy_j - sum_i dy_i y_i)
i, j over the last dimension, or that of `axis`; max the largest x there)"},
    .plan = plan_along,
    .record = record_along<softmax>,
    .describe = describe_along<"Softmax">,
};

}  // namespace thalweg
