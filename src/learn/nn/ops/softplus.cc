// softplus: in f32 within 4 units in the last place.
#include <cmath>

#include "nn/module.h"
#include "nn/ops/sigmoid.h"
#include "nn/ops/unary.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

// log(1 + e) for 0 <= e <= 1, as 2 atanh(s) with s = e / (2 + e): 2 s + s^3 P(s^2), with P fitted for the
// least largest relative error, 1.1e-10.
inline float log1p_of(float e) {
  const float s = e / (2.0f + e);
  const float square = s * s;
  float p = 2.428955743e-01f;
  p = p * square + 2.143074092e-01f;
  p = p * square + 2.861659672e-01f;
  p = p * square + 3.999888836e-01f;
  p = p * square + 6.666667550e-01f;
  return p * square * s + 2.0f * s;
}
inline double log1p_of(double e) { return std::log1p(e); }

struct Softplus {
  static constexpr std::size_t kGrain = 1 << 13;
  double beta;
  double threshold;

  template <class T>
  T value(T x) const {
    const T z = static_cast<T>(beta) * x;
    const T rest = log1p_of(exp_below(-size_of(z, kVanishes<T>)));
    return if_above(z, static_cast<T>(threshold), x, (by_sign(z, T{0}, z) + rest) / static_cast<T>(beta));
  }
  template <class T>
  T gradient(T x, T, T dy) const {
    const T z = static_cast<T>(beta) * x;
    return dy * if_above(z, static_cast<T>(threshold), T{1}, Logistic<T>(z).value);
  }
};

constexpr Option kOptions[] = {
    number_option("beta", "1", kPositive, "how sharply it bends"),
    number_option("threshold", "20", kAnyNumber, "where beta x is above it, y is x itself"),
};

Tensor record(Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor>) {
  return softplus(tape, x, std::get<double>(option<kOptions, "beta">(settings)),
                  std::get<double>(option<kOptions, "threshold">(settings)));
}

std::string describe(Graph& graph, const GraphPlace& at) {
  const std::string beta = graph.number(std::get<double>(option<kOptions, "beta">(at.settings)));
  const std::string threshold = graph.number(std::get<double>(option<kOptions, "threshold">(at.settings)));
  const std::string z = graph.add("Mul", {at.x, beta});
  const std::string bent = graph.add("Div", {graph.add("Softplus", {z}), beta});
  return graph.add("Where", {graph.add("Greater", {z, threshold}), at.x, bent});
}

}  // namespace

Tensor softplus(Tape& tape, Tensor x, double beta, double threshold) {
  if (!kPositive.contains(beta)) {
    throw Error(Code::usage, {"softplus", "invalid beta", print_number(beta), print_range(kPositive), ""});
  }
  return record_unary(tape, x, Softplus{beta, threshold});
}

extern constinit const Layer softplus_layer{
    .spec = {.name = "softplus",
             .doc = "log(1 + e^x), a smooth relu",
             .source = "Dugas et al. 2000, NIPS 13",
             .options = kOptions,
             .formula = R"(
y  = log(1 + e^(beta x)) / beta where beta x <= threshold, else x
dx = dy / (1 + e^(-beta x)), dy there)"},
    .record = record,
    .describe = describe,
};

}  // namespace thalweg
