// mish: in f32 within 6 units in the last place, denormal results within 53 of theirs. At -infinity it
// is 0, its limit.
#include "kernels/exponential.h"
#include "nn/module.h"
#include "nn/ops/self_gated.h"

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

}  // namespace

Tensor mish(Tape& tape, Tensor x) { return record_unary(tape, x, SelfGated<TanhOfSoftplus>{}); }

extern constinit const Layer mish_layer{
    .spec = {.name = "mish",
             .doc = "x tanh(log(1 + e^x))",
             .source = "Misra 2019, arXiv:1908.08681",
             .formula = R"(
y  = x t(x), t(x) = tanh(log(1 + e^x))
dx = dy (t(x) + x (1 - t(x)^2) / (1 + e^-x)))"},
    .record = record_alone<mish>,
    .describe =
        [](Graph& graph, const GraphPlace& at) {
          return graph.add("Mul", {at.x, graph.add("Tanh", {graph.add("Softplus", {at.x})})});
        },
};

}  // namespace thalweg
