// silu: in f32 within 4 units in the last place, denormal results within 53 of theirs. At -infinity it
// is 0, its limit.
#include "nn/module.h"
#include "nn/ops/self_gated.h"
#include "nn/ops/sigmoid.h"

namespace thalweg {
Tensor silu(Tape& tape, Tensor x) { return record_unary(tape, x, SelfGated<Logistic>{}); }

extern constinit const Layer silu_layer{
    .spec = {.name = "silu",
             .doc = "x times the logistic function of x, also called swish",
             .source = "Elfwing, Uchibe and Doya 2017, arXiv:1702.03118",
             .formula = R"(
y  = x s(x)
dx = dy (s(x) + x s(x) (1 - s(x)))
s(x) = 1 / (1 + e^-x))"},
    .record = record_alone<silu>,
    .describe =
        [](Graph& graph, const GraphPlace& at) {
          return graph.add("Mul", {at.x, graph.add("Sigmoid", {at.x})});
        },
};

}  // namespace thalweg
