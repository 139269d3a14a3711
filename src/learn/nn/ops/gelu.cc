// gelu. In f32 the erf form is within 10 units in the last place over all numbers, far tails included. The
// tanh form is within 4 from -1 to 1; on the left it loses digits as its value vanishes: 26 units at -4, 220
// at -10.
#include <cmath>

#include "nn/module.h"
#include "nn/ops/sigmoid.h"
#include "nn/ops/unary.h"

namespace thalweg {
namespace {

// Where e^(-x^2/2) and the tanh form are 0 in either type.
template <class T>
constexpr T kFar = sizeof(T) == 4 ? T{14.5} : T{39};

template <class T>
struct Part {
  T p;      // P(x)
  T slope;  // P'(x)
};

constexpr double kRootOfTwoPi = 2.5066282746310002;

// e^(-x^2/2) in f32, with x^2 exact as the sum of two numbers: the square of x cut to 12 bits, and the rest.
inline float bell(float size) {
  const float cut = std::bit_cast<float>(std::bit_cast<std::uint32_t>(size) & 0xfffff000);
  return exp_below(-0.5f * (cut * cut), -0.5f * ((size - cut) * (size + cut)));
}

// The upper tail of the normal distribution divided by the bell: times x + 4 it is nearly constant, and here
// a polynomial in (x - 4) / (x + 4) for 0 <= x <= 14.5, fitted for the least largest relative error, 9e-9.
inline float tail_of_bell(float size) {
  const float r = 1.0f / (size + 4.0f);
  const float t = (size - 4.0f) * r;
  float p = -1.319717849e-04f;
  p = p * t + 1.793542469e-04f;
  p = p * t + 1.569923479e-03f;
  p = p * t - 3.512553871e-03f;
  p = p * t - 7.525271270e-03f;
  p = p * t + 6.040383130e-02f;
  p = p * t - 1.865234375e-01f;
  p = p * t + 3.871369064e-01f;
  p = p * t - 6.078965664e-01f;
  p = p * t + 7.552851439e-01f;
  return p * r;
}

inline Part<float> normal(float x) {
  const float size = size_of(x, kFar<float>);
  const float e = bell(size);
  const float tail = e * tail_of_bell(size);
  return {by_sign(x, tail, 1.0f - tail), e * static_cast<float>(1 / kRootOfTwoPi)};
}

inline Part<double> normal(double x) {
  constexpr double kRootOfHalf = 0.70710678118654752;
  return {0.5 * std::erfc(-x * kRootOfHalf), std::exp(-0.5 * x * x) / kRootOfTwoPi};
}

struct Erf {
  template <class T>
  static Part<T> part(T x) {
    return normal(x);
  }
};

struct Tanh {
  template <class T>
  static Part<T> part(T x) {
    constexpr T kScale = static_cast<T>(1.5957691216057308);  // 2 sqrt(2/pi)
    constexpr T kCubic = static_cast<T>(0.044715);
    const Logistic<T> logistic(kScale * (x + kCubic * (x * x * x)));
    return {logistic.value, logistic.slope * (kScale * (T{1} + T{3} * kCubic * (x * x)))};
  }
};

template <class Form>
struct Gelu {
  static constexpr std::size_t kGrain = 1 << 13;

  // On the left x is kept from growing where P is 0, so that their product is 0 as well at -infinity.
  template <class T>
  static T value(T x) {
    const T kept = limited(x);
    return by_sign(x, kept, x) * Form::part(kept).p;
  }
  template <class T>
  static T gradient(T x, T, T dy) {
    const T kept = limited(x);
    const Part<T> part = Form::part(kept);
    return dy * (part.p + kept * part.slope);
  }

 private:
  template <class T>
  static T limited(T x) {
    const T size = size_of(x, kFar<T>);
    return by_sign(x, -size, size);
  }
};

constexpr Option kOptions[] = {
    choice_option("form", "erf|tanh", "erf", "erf: exact; tanh: the paper's approximation")};

Tensor record(Tape& tape, Tensor x, const Settings& settings, std::span<const Tensor>) {
  return std::get<std::string>(option<kOptions, "form">(settings)) == "tanh" ? gelu_tanh(tape, x)
                                                                             : gelu(tape, x);
}

// In parts: ONNX has its own from opset 20 on.
std::string describe(Graph& graph, const GraphPlace& at) {
  const auto times = [&](const std::string& x, double factor) {
    return graph.add("Mul", {x, graph.number(factor)});
  };
  std::string part;  // 2 P(x) - 1
  if (std::get<std::string>(option<kOptions, "form">(at.settings)) == "tanh") {
    const std::string cube = graph.add("Mul", {graph.add("Mul", {at.x, at.x}), at.x});
    const std::string inner = graph.add("Add", {at.x, times(cube, 0.044715)});
    part = graph.add("Tanh", {times(inner, 0.79788456080286536)});  // sqrt(2 / pi)
  } else {
    part = graph.add("Erf", {times(at.x, 0.70710678118654752)});  // 1 / sqrt(2)
  }
  return graph.add("Mul", {times(at.x, 0.5), graph.add("Add", {part, graph.number(1)})});
}

}  // namespace

Tensor gelu(Tape& tape, Tensor x) { return record_unary(tape, x, Gelu<Erf>{}); }
Tensor gelu_tanh(Tape& tape, Tensor x) { return record_unary(tape, x, Gelu<Tanh>{}); }

extern constinit const Layer gelu_layer{
    .spec = {.name = "gelu",
             .doc = "x times the normal distribution function of x",
             .source = "Hendrycks and Gimpel 2016, arXiv:1606.08415",
             .options = kOptions,
             .formula = R"(
y  = x P(x)
dx = dy (P(x) + x P'(x))
P(x) = (1 + erf(x / sqrt(2))) / 2
form=tanh: P(x) = (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2)"},
    .record = record,
    .describe = describe,
};

}  // namespace thalweg
