// relu. A NaN stays one.
#include "nn/module.h"
#include "nn/ops/unary.h"

namespace thalweg {
namespace {

struct Relu {
  static constexpr std::size_t kGrain = 1 << 15;

  template <class T>
  static T value(T x) {
    return x < T{0} ? T{0} : x;
  }
  template <class T>
  static T gradient(T x, T, T dy) {
    return x <= T{0} ? T{0} : dy;
  }
};

}  // namespace

Tensor relu(Tape& tape, Tensor x) { return record_unary(tape, x, Relu{}); }

extern constinit const Layer relu_layer{
    .spec = {.name = "relu", .doc = "max(x, 0)", .source = "Nair and Hinton 2010, ICML", .formula = R"(
y  = max(x, 0)
dx = dy where x > 0, else 0)"},
    .record = record_alone<relu>,
    .describe = describe_alone<"Relu">,
};

}  // namespace thalweg
