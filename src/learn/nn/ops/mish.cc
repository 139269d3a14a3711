// mish: in f32 within 6 units in the last place, denormal results within 53 of theirs. At -infinity it
// is 0, its limit.
#include "nn/module.h"
#include "nn/ops/exponential.h"
#include "nn/ops/unary.h"

namespace thalweg {
namespace {

// tanh(log(1 + e^x)) = ((1 + e^x)^2 - 1) / ((1 + e^x)^2 + 1) by e = e^-|x|, so that nothing overflows and
// nothing cancels: e (e + 2) / (e (e + 2) + 2) on the left, (1 + 2 e) / (1 + 2 e + 2 e^2) on the right.
template <class T>
struct TanhOfSoftplus {
  explicit TanhOfSoftplus(T x) {
    const T e = exp_below(-size_of(x, kVanishes<T>));
    const T above = by_sign(x, e * (e + T{2}), T{1} + T{2} * e);
    const T r = T{1} / (above + by_sign(x, T{2}, T{2} * e * e));
    value = above * r;
    slope = T{4} * by_sign(x, e, e * e) * (T{1} + e) * r * r;
  }
  T value;
  T slope;
};

struct Mish {
  static constexpr std::size_t kGrain = 1 << 13;

  template <class T>
  static T value(T x) {
    return by_sign(x, -size_of(x, kVanishes<T>), x) * TanhOfSoftplus<T>(x).value;
  }
  template <class T>
  static T gradient(T x, T, T dy) {
    const TanhOfSoftplus<T> tanh(x);
    const T size = size_of(x, kVanishes<T>);
    return dy * (tanh.value + by_sign(x, -size, size) * tanh.slope);
  }
};

}  // namespace

Tensor mish(Tape& tape, Tensor x) { return record_unary(tape, x, Mish{}); }

extern constinit const Layer mish_layer{
    .spec = {.name = "mish",
             .doc = "x tanh(log(1 + e^x))",
             .source = "Misra 2019, arXiv:1908.08681",
             .formula = R"(
y  = x t(x), t(x) = tanh(log(1 + e^x))
dx = dy (t(x) + x (1 - t(x)^2) / (1 + e^-x)))"},
    .record = record_alone<mish>,
};

}  // namespace thalweg
