// leaky_relu. A NaN stays one.
#include "kernels/exponential.h"
#include "nn/module.h"
#include "nn/ops/unary.h"

namespace thalweg {
namespace {

struct LeakyRelu {
  static constexpr std::size_t kGrain = 1 << 15;
  double slope;

  template <class T>
  T value(T x) const {
    return if_above(x, T{0}, x, static_cast<T>(slope) * x);
  }
  template <class T>
  T gradient(T x, T, T dy) const {
    return if_above(x, T{0}, dy, static_cast<T>(slope) * dy);
  }
};

constexpr Option kOptions[] = {number_option("slope", "0.01", kAnyNumber, "of negative values")};

Tensor record(Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor>) {
  return leaky_relu(tape, x, std::get<double>(option<kOptions, "slope">(settings)));
}

std::string describe(Graph& graph, const GraphPlace& at) {
  return graph.add("LeakyRelu", {at.x},
                   {{"alpha", std::get<double>(option<kOptions, "slope">(at.settings))}});
}

}  // namespace

Tensor leaky_relu(Tape& tape, Tensor x, double slope) { return record_unary(tape, x, LeakyRelu{slope}); }

extern constinit const Layer leaky_relu_layer{
    .spec = {.name = "leaky_relu",
             .doc = "x where it is positive, else a small multiple of it",
             .source = "Maas, Hannun and Ng 2013, ICML",
             .options = kOptions,
             .formula = R"(
y  = x where x > 0, else slope x
dx = dy where x > 0, else slope dy)"},
    .record = record,
    .describe = describe,
};

}  // namespace thalweg
