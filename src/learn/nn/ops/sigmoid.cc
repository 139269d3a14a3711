// sigmoid: in f32 within 3 units in the last place, denormal results within 3 of theirs; no size overflows.
#include "nn/ops/sigmoid.h"

#include "nn/module.h"
#include "nn/ops/unary.h"

namespace thalweg {
namespace {

struct Sigmoid {
  static constexpr std::size_t kGrain = 1 << 13;

  template <class T>
  static T value(T x) {
    return Logistic<T>(x).value;
  }
  template <class T>
  static T gradient(T, T y, T dy) {
    return dy * (y * (T{1} - y));
  }
};

}  // namespace

Tensor sigmoid(Tape& tape, Tensor x) { return record_unary(tape, x, Sigmoid{}); }

extern constinit const Layer sigmoid_layer{
    .spec = {.name = "sigmoid",
             .doc = "1 / (1 + e^-x)",
             .source = "Rumelhart, Hinton and Williams 1986, doi:10.1038/323533a0",
             .formula = R"(
y  = 1 / (1 + e^-x)
dx = dy y (1 - y))"},
    .record = record_alone<sigmoid>,
    .describe = describe_alone<"Sigmoid">,
};

}  // namespace thalweg
