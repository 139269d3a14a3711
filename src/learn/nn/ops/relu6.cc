// relu6. A NaN stays one.
#include "kernels/exponential.h"
#include "nn/module.h"
#include "nn/ops/unary.h"

namespace thalweg {
namespace {

struct Relu6 {
  static constexpr std::size_t kGrain = 1 << 15;

  template <class T>
  static T value(T x) {
    return if_above(x, T{6}, T{6}, x < T{0} ? T{0} : x);
  }
  template <class T>
  static T gradient(T x, T, T dy) {
    return if_above(x, T{0}, if_above(T{6}, x, dy, T{0}), T{0});
  }
};

std::string describe(Graph& graph, const GraphPlace& at) {
  return graph.add("Clip", {at.x, graph.number(0), graph.number(6)});
}

}  // namespace

Tensor relu6(Tape& tape, Tensor x) { return record_unary(tape, x, Relu6{}); }

extern constinit const Layer relu6_layer{
    .spec = {.name = "relu6",
             .doc = "max(x, 0), 6 at most",
             .source = "Krizhevsky 2010, Convolutional Deep Belief Networks on CIFAR-10",
             .formula = R"(
y  = min(max(x, 0), 6)
dx = dy where 0 < x < 6, else 0)"},
    .record = record_alone<relu6>,
    .describe = describe,
};

}  // namespace thalweg
