#include "nn/init.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/options.h"
#include "base/random.h"
#include "nn/ops/sums.h"
#include "nn/quantile.h"

namespace thalweg {
namespace {

constexpr Option kDeviation[] = {required(number_option("std", "", kNotNegative, "standard deviation"))};
constexpr Option kGain[] = {number_option("gain", "1", kAnyNumber, "what the matrix is multiplied by")};
constexpr Option kValue[] = {required(number_option("value", "", kAnyNumber, "of every element"))};

struct Named {
  Spec spec;
  InitRule rule;
};

constexpr Named kNamed[] = {
    {{.name = "torch", .doc = "uniform, of variance 1 / (3 fan_in): as torch's layers start"},
     InitRule::torch},
    {{.name = "he", .doc = "uniform, of variance 2 / fan_in"}, InitRule::he},
    {{.name = "glorot", .doc = "uniform, of variance 2 / (fan_in + fan_out)"}, InitRule::glorot},
    {{.name = "lecun", .doc = "uniform, of variance 1 / fan_in"}, InitRule::lecun},
    {{.name = "he_normal", .doc = "normal, of variance 2 / fan_in"}, InitRule::he_normal},
    {{.name = "glorot_normal", .doc = "normal, of variance 2 / (fan_in + fan_out)"}, InitRule::glorot_normal},
    {{.name = "lecun_normal", .doc = "normal, of variance 1 / fan_in"}, InitRule::lecun_normal},
    {{.name = "orthogonal", .doc = "rows or columns at right angles", .options = kGain},
     InitRule::orthogonal},
    {{.name = "normal", .doc = "normal", .options = kDeviation}, InitRule::normal},
    {{.name = "truncated_normal", .doc = "normal, within 2 deviations", .options = kDeviation},
     InitRule::truncated_normal},
    {{.name = "constant", .doc = "one number", .options = kValue}, InitRule::constant},
    {{.name = "zeros", .doc = "0"}, InitRule::zero},
    {{.name = "ones", .doc = "1"}, InitRule::constant},
};

const Named& find_rule(const Item& item, const Source& source) {
  std::vector<const Spec*> specs;
  for (const Named& named : kNamed) specs.push_back(&named.spec);
  return kNamed[find_spec(specs, item, source, "a rule for initial values", "`thalweg help dense`")];
}

// Of the distribution.
struct Variance {
  double above;
  double below = 1;
};

Variance variance(const Init& init) {
  const auto in = static_cast<double>(init.fan_in), out = static_cast<double>(init.fan_out);
  switch (init.rule) {
    case InitRule::he:
    case InitRule::he_normal:
      return {2, in};
    case InitRule::glorot:
    case InitRule::glorot_normal:
      return {2, in + out};
    case InitRule::torch:
      return {1, 3 * in};
    case InitRule::lecun:
    case InitRule::lecun_normal:
      return {1, in};
    default:
      return {init.number * init.number};
  }
}

// In (0, 1) and never rounded to one of them: an odd multiple of 2^-53.
double inside(const Random& random, std::uint64_t i) {
  return (static_cast<double>(random.bits(i) >> 12) + 0.5) * 0x1p-52;
}

double normal(const Random& random, std::uint64_t i) { return normal_quantile(inside(random, i)); }

double truncated_normal(const Random& random, std::uint64_t i) {
  constexpr double kBelow = 0.022750131948179207;  // P(-2)
  return std::clamp(normal_quantile(kBelow + inside(random, i) * (1.0 - 2.0 * kBelow)), -2.0, 2.0);
}

// Columns of random numbers, one after the other, made orthonormal: the Q of their QR decomposition by
// Householder's reflections, with the signs for which R has a positive diagonal (Mezzadri 2007,
// arXiv:math-ph/0609050).
class Orthonormal {
 public:
  Orthonormal(std::size_t length, std::size_t columns, const Random& random)
      : length_(length), columns_(columns), reflections_(length * columns), q_(length * columns) {
    for (std::size_t i = 0; i < q_.size(); ++i) reflections_[i] = normal(random, i);
    std::vector<double> signs(columns);
    for (std::size_t j = 0; j < columns; ++j) signs[j] = make_reflection(j);
    for (std::size_t j = 0; j < columns; ++j) q_[j * length + j] = signs[j];
    for (std::size_t j = columns; j-- > 0;) reflect(j, q_, j);
  }

  double operator()(std::size_t row, std::size_t column) const { return q_[column * length_ + row]; }

 private:
  // Turns column j, from its diagonal on, into a reflection, and applies that to the columns after it. The
  // sign of the diagonal of R.
  double make_reflection(std::size_t j) {
    double* v = &reflections_[j * length_ + j];
    const std::size_t n = length_ - j;
    const double norm = std::sqrt(sum_of(n, [=](std::size_t i) { return v[i] * v[i]; }));
    const double sign = v[0] < 0 ? 1.0 : -1.0;
    v[0] -= sign * norm;
    const double size = std::sqrt(sum_of(n, [=](std::size_t i) { return v[i] * v[i]; }));
    if (size > 0) {
      for (std::size_t i = 0; i < n; ++i) v[i] /= size;
    }
    reflect(j, reflections_, j + 1);
    return sign;
  }

  void reflect(std::size_t j, std::vector<double>& columns, std::size_t first) const {
    const double* v = &reflections_[j * length_ + j];
    const std::size_t n = length_ - j;
    for (std::size_t column = first; column < columns_; ++column) {
      double* x = &columns[column * length_ + j];
      const double twice = 2.0 * sum_of(n, [=](std::size_t i) { return v[i] * x[i]; });
      for (std::size_t i = 0; i < n; ++i) x[i] -= twice * v[i];
    }
  }

  std::size_t length_, columns_;
  std::vector<double> reflections_, q_;
};

template <class T>
void fill_orthogonal(std::span<T> values, const Shape& shape, double gain, const Random& random) {
  if (values.empty()) return;
  const std::size_t rows = shape.empty() ? 1 : static_cast<std::size_t>(shape.front());
  const std::size_t columns = values.size() / rows;
  const Orthonormal q(std::max(rows, columns), std::min(rows, columns), random);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t row = i / columns, column = i % columns;
    values[i] = static_cast<T>(gain * (rows >= columns ? q(row, column) : q(column, row)));
  }
}

template <class T>
void fill(std::span<T> values, const Shape& shape, const Init& init, const Random& random) {
  const auto each = [&](auto&& element) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(element(i));
  };
  const auto [above, below] = variance(init);
  const double deviation = std::sqrt(above / below), bound = std::sqrt(3.0 * above / below);
  switch (init.rule) {
    case InitRule::zero:
    case InitRule::constant:
      return each([&](std::size_t) { return init.number; });
    case InitRule::orthogonal:
      return fill_orthogonal(values, shape, init.number, random);
    case InitRule::truncated_normal:
      return each([&](std::size_t i) { return deviation * truncated_normal(random, i); });
    case InitRule::normal:
    case InitRule::he_normal:
    case InitRule::glorot_normal:
    case InitRule::lecun_normal:
      return each([&](std::size_t i) { return deviation * normal(random, i); });
    default:
      return each([&](std::size_t i) { return bound * (2.0 * random.uniform(i) - 1.0); });
  }
}

}  // namespace

Init read_init(const Setting& setting, std::int64_t fan_in, std::int64_t fan_out) {
  const Value* call = std::get_if<Value>(&setting);
  const Source source{"initial values", call != nullptr ? print(*call) : std::get<std::string>(setting)};
  const Item item = parse(source)[0];
  const Named& named = find_rule(item, source);
  const Settings settings = bind(named.spec, item, source);
  double number = named.spec.name == "ones" ? 1.0 : 0.0;
  if (!settings.empty()) number = std::get<double>(settings[0]);
  return {named.rule, fan_in, fan_out, number};
}

void initialise(Parameter& parameter, const Init& init, std::uint64_t seed, std::uint64_t number) {
  const Random random(seed, Purpose::init, number);
  if (parameter.dtype() == Dtype::f32) {
    fill(parameter.value<float>(), parameter.shape(), init, random);
  } else {
    fill(parameter.value<double>(), parameter.shape(), init, random);
  }
}

}  // namespace thalweg
