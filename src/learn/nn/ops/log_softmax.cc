// log_softmax: differences to the largest x, less the logarithm of their sum of exponentials, which is
// double.
#include <cmath>

#include "kernels/exponential.h"
#include "nn/ops/axis.h"
#include "nn/ops/sums.h"

namespace thalweg {
namespace {

// e^y of y <= 0.
template <class T>
inline T share_of(T y) {
  return exp_below(-size_of(y, kVanishes<T>));
}

struct LogSoftmax {
  template <class T, class Step>
  static void value(const T* x, T* y, std::size_t n, Step step) {
    const T max = largest(x, n, step);
    for (std::size_t j = 0; j < n; ++j) y[j * step] = share_of(x[j * step] - max);
    const double sum = sum_of(n, [=](std::size_t j) { return static_cast<double>(y[j * step]); });
    const T log_of_sum = static_cast<T>(std::log(sum));
    for (std::size_t j = 0; j < n; ++j) y[j * step] = (x[j * step] - max) - log_of_sum;
  }
  template <class T, class Step>
  static void gradient(const T* y, const T* dy, std::size_t n, Step step, Sink<T> dx) {
    const T sum = static_cast<T>(sum_of(n, [=](std::size_t j) { return static_cast<double>(dy[j * step]); }));
    write_line(dx, n, step, [=](std::size_t j) { return dy[j] - share_of(y[j]) * sum; });
  }
};

}  // namespace

Tensor log_softmax(Tape& tape, Tensor x, int axis) {
  return record_axis<LogSoftmax>(tape, x, axis, "log_softmax");
}

extern constinit const Layer log_softmax_layer{
    .spec = {.name = "log_softmax",
             .doc = "logarithms of the shares that softmax gives; cross_entropy applies its own",
             .source = "Bridle 1990, doi:10.1007/978-3-642-76153-9_28",
             .options = kAxisOptions,
             .formula = R"(
y_j  = x_j - max - log(sum_i e^(x_i - max))
dx_j = dy_j - e^(y_j) sum_i dy_i
i, j over the last dimension, or that of `axis`; max the largest x there)"},
    .plan = plan_along,
    .record = record_along<log_softmax>,
    .describe = describe_along<"LogSoftmax">,
};

}  // namespace thalweg
