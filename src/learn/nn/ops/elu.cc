// elu, and selu, which is the elu that keeps the variance of its input: in f32 within 3 units in the last
// place.
#include "kernels/exponential.h"
#include "nn/module.h"
#include "nn/ops/unary.h"

namespace thalweg {
namespace {

constexpr double kSeluAlpha = 1.6732632423543772;
constexpr double kSeluScale = 1.0507009873554805;

struct Elu {
  static constexpr std::size_t kGrain = 1 << 13;
  double positive;  // slope where x > 0
  double negative;  // factor of e^x - 1 elsewhere

  template <class T>
  T value(T x) const {
    return if_above(x, T{0}, static_cast<T>(positive) * x,
                    static_cast<T>(negative) * expm1_below(-size_of(x, T{80})));
  }
  template <class T>
  T gradient(T x, T, T dy) const {
    const T falling = static_cast<T>(negative) * exp_below(-size_of(x, kVanishes<T>));
    return dy * if_above(x, T{0}, static_cast<T>(positive), falling);
  }
};

constexpr Option kOptions[] = {number_option("alpha", "1", kAnyNumber, "-y where x is far below 0")};

Tensor record(Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor>) {
  return elu(tape, x, std::get<double>(option<kOptions, "alpha">(settings)));
}

std::string describe(Graph& graph, const GraphPlace& at) {
  return graph.add("Elu", {at.x}, {{"alpha", std::get<double>(option<kOptions, "alpha">(at.settings))}});
}

}  // namespace

Tensor elu(Tape& tape, Tensor x, double alpha) { return record_unary(tape, x, Elu{1, alpha}); }
Tensor selu(Tape& tape, Tensor x) { return record_unary(tape, x, Elu{kSeluScale, kSeluScale * kSeluAlpha}); }

extern constinit const Layer elu_layer{
    .spec = {.name = "elu",
             .doc = "x where it is positive, else an exponential that ends at -alpha",
             .source = "Clevert, Unterthiner and Hochreiter 2015, arXiv:1511.07289",
             .options = kOptions,
             .formula = R"(
y  = x where x > 0, else alpha (e^x - 1)
dx = dy where x > 0, else dy alpha e^x)"},
    .record = record,
    .describe = describe,
};

extern constinit const Layer selu_layer{
    .spec = {.name = "selu",
             .doc = "the elu that keeps mean 0 and variance 1 where weights start by init=lecun_normal",
             .source = "Klambauer et al. 2017, arXiv:1706.02515",
             .formula = R"(
y  = s x where x > 0, else s a (e^x - 1)
dx = dy s where x > 0, else dy s a e^x
s = 1.0507009873554805, a = 1.6732632423543772)"},
    .record = record_alone<selu>,
    .describe = describe_alone<"Selu">,
};

}  // namespace thalweg
