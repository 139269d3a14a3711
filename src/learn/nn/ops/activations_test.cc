// The new numbers of activations: errors in units in the last place, and what they do far out.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "base/random.h"
#include "thalweg/error.h"
#include "thalweg/tensor.h"

namespace thalweg {
namespace {

using Record = Tensor (*)(Tape&, Tensor);

template <class T>
struct Result {
  std::vector<T> y, dx;  // for dL/dy = 1
};

template <class T>
Result<T> apply(Record record, const std::vector<T>& x, const Shape& shape) {
  Tape tape(kDtype<T>);
  const Tensor in = tape.input(shape);
  tape.want_gradient(in);
  const Tensor out = record(tape, in);
  std::ranges::copy(x, tape.value<T>(in).begin());
  tape.forward();
  std::ranges::fill(tape.grad<T>(out), T{1});
  tape.backward(out);
  const auto y = tape.value<T>(out), dx = tape.grad<T>(in);
  return {{y.begin(), y.end()}, {dx.begin(), dx.end()}};
}

template <class T>
Result<T> apply(Record record, const std::vector<T>& x) {
  return apply(record, x, {static_cast<std::int64_t>(x.size())});
}

// A third over all sizes of numbers, the others where the functions bend. An odd number of them: no whole
// vectors.
std::vector<float> sample() {
  constexpr std::size_t kSize = 200003;
  const Random random(1, Purpose::init, 0);
  std::vector<float> x(kSize);
  for (std::size_t i = 0; i < kSize; ++i) {
    const double u = random.uniform(i);
    const double size = i % 3 == 0 ? std::exp2(40 * u - 36) : i % 3 == 1 ? 110 * u : 16 * u;
    x[i] = static_cast<float>(std::copysign(size, random.uniform(i + kSize) - 0.5));
  }
  return x;
}

// One unit in the last place of the f32 nearest to x; of a denormal number that of the denormals.
double unit_of(double x) {
  const float size = std::fabs(static_cast<float>(x));
  return static_cast<double>(std::nextafter(size, INFINITY)) - static_cast<double>(size);
}

// The largest error over the sample in units, where |x| <= limit.
double worst_error(Record record, const std::function<double(double)>& wanted, double limit) {
  const std::vector<float> x = sample();
  const Result<float> got = apply(record, x);
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::fabs(x[i]) > limit) continue;
    const double right = wanted(x[i]);
    worst = std::max(worst, std::fabs(got.y[i] - right) / unit_of(right));
  }
  return worst;
}

double logistic(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }

double wanted_mish(double x) { return x * std::tanh(std::log1p(std::exp(x))); }
double wanted_softplus(double x) { return x > 20 ? x : std::log1p(std::exp(x)); }
double wanted_elu(double x) { return x > 0 ? x : std::expm1(x); }
double wanted_selu(double x) { return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x)); }

const Record kElu = [](Tape& tape, Tensor x) { return elu(tape, x); };
const Record kSoftplus = [](Tape& tape, Tensor x) { return softplus(tape, x); };
const Record kSoftmax = [](Tape& tape, Tensor x) { return softmax(tape, x); };
const Record kLogSoftmax = [](Tape& tape, Tensor x) { return log_softmax(tape, x); };
const std::vector<Record> kSmooth = {sigmoid, gelu, gelu_tanh, silu, mish, selu, kElu, kSoftplus};

double gelu_by_tanh(double x) { return x * logistic(2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)); }

TEST(Activations, AreAccurateInF32) {
  EXPECT_LE(worst_error(sigmoid, logistic, INFINITY), 3.0);
  EXPECT_LE(worst_error(
                gelu, [](double x) { return x * 0.5 * std::erfc(-x * M_SQRT1_2); }, INFINITY),
            10.0);
  EXPECT_LE(worst_error(gelu_tanh, gelu_by_tanh, 1), 4.0);
  EXPECT_LE(worst_error(gelu_tanh, gelu_by_tanh, 4), 26.0);
  EXPECT_LE(worst_error(gelu_tanh, gelu_by_tanh, INFINITY), 220.0);
  for (const double limit : {86.0, double{INFINITY}}) {  // beyond it results are denormal
    const auto silu_of = [](double x) { return x * logistic(x); };
    EXPECT_LE(worst_error(silu, silu_of, limit), limit < 87 ? 4.0 : 53.0);
    EXPECT_LE(worst_error(mish, wanted_mish, limit), limit < 87 ? 6.0 : 53.0);
  }
  EXPECT_LE(worst_error(kElu, wanted_elu, INFINITY), 3.0);
  EXPECT_LE(worst_error(selu, wanted_selu, INFINITY), 4.0);
  EXPECT_LE(worst_error(kSoftplus, wanted_softplus, INFINITY), 4.0);
}

// Slopes, which change sign for gelu: errors relative to 1.
TEST(Activations, HaveAccurateSlopesInF32) {
  const std::vector<float> x = sample();
  const std::vector<double> x64(x.begin(), x.end());
  for (const Record record : kSmooth) {
    const Result<float> got = apply(record, x);
    const Result<double> wanted = apply(record, x64);
    for (std::size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(got.dx[i], wanted.dx[i], 4e-7) << x[i];
  }
}

template <class T>
void expect_far_out() {
  const T inf = std::numeric_limits<T>::infinity();
  const std::vector<T> x = {
      T{1e4}, T{-1e4}, inf, -inf, T{0}, std::numeric_limits<T>::max(), std::numeric_limits<T>::lowest()};
  const Result<T> s = apply<T>(sigmoid, x);
  EXPECT_EQ(s.y, (std::vector<T>{1, 0, 1, 0, T{0.5}, 1, 0}));
  EXPECT_EQ(s.dx, (std::vector<T>{0, 0, 0, 0, T{0.25}, 0, 0}));
  for (const Record record : {Record(gelu), Record(gelu_tanh), Record(silu), Record(mish)}) {
    const Result<T> g = apply<T>(record, x);
    EXPECT_EQ(g.y, (std::vector<T>{T{1e4}, 0, inf, 0, 0, x[5], 0}));
    const std::vector<double> slopes = {1, 0, 1, 0, record == Record(mish) ? 0.6 : 0.5, 1, 0};
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(g.dx[i], slopes[i], 1e-7) << x[i];
  }
  const Result<T> e = apply<T>(kElu, x), p = apply<T>(kSoftplus, x);
  EXPECT_EQ(e.y, (std::vector<T>{T{1e4}, -1, inf, -1, 0, x[5], -1}));
  EXPECT_EQ(e.dx, (std::vector<T>{1, 0, 1, 0, 1, 1, 0}));
  EXPECT_EQ(p.y, (std::vector<T>{T{1e4}, 0, inf, 0, static_cast<T>(M_LN2), x[5], 0}));
  EXPECT_EQ(p.dx, (std::vector<T>{1, 0, 1, 0, T{0.5}, 1, 0}));
  for (const Record record : kSmooth) {
    for (const T nan : {std::numeric_limits<T>::quiet_NaN(), -std::numeric_limits<T>::quiet_NaN()}) {
      const Result<T> r = apply<T>(record, {nan, T{1}});
      EXPECT_TRUE(std::isnan(r.y[0]));
      EXPECT_TRUE(std::isnan(r.dx[0]));
      EXPECT_FALSE(std::isnan(r.y[1]));
    }
  }
}

TEST(Activations, AreRightFarOutAndKeepANan) {
  expect_far_out<float>();
  expect_far_out<double>();
}

// What torch 2.13 gives, at the places where they bend and beyond.
TEST(Activations, WithKinksTakeTheSidesThatTorchTakes) {
  const double inf = INFINITY;
  const std::vector<double> x = {inf, -inf, NAN, 0, -0.0, 6, 7, -2};
  const Record leaky = [](Tape& tape, Tensor in) { return leaky_relu(tape, in, 0.25); };
  const Result<double> l = apply<double>(leaky, x), r = apply<double>(relu6, x), s = apply<double>(selu, x);
  EXPECT_TRUE(std::isnan(l.y[2]) && std::isnan(r.y[2]) && std::isnan(s.y[2]) && std::isnan(s.dx[2]));
  const auto without_nan = [](std::vector<double> values) {
    values.erase(values.begin() + 2);
    return values;
  };
  EXPECT_EQ(without_nan(l.y), (std::vector<double>{inf, -inf, 0, 0, 6, 7, -0.5}));
  EXPECT_EQ(l.dx, (std::vector<double>{1, 0.25, 0.25, 0.25, 0.25, 1, 1, 0.25}));
  EXPECT_EQ(without_nan(r.y), (std::vector<double>{6, 0, 0, 0, 6, 6, 0}));
  EXPECT_EQ(r.dx, (std::vector<double>(8, 0.0)));
  EXPECT_EQ(apply<double>(relu6, {0.5, 5.5}).dx, (std::vector<double>{1, 1}));
  EXPECT_DOUBLE_EQ(s.y[1], -1.7580993408473766);
  EXPECT_DOUBLE_EQ(s.dx[3], 1.7580993408473766);
  EXPECT_DOUBLE_EQ(s.dx[5], 1.0507009873554805);
}

TEST(Activations, TakeTheirNumbers) {
  const Record steep = [](Tape& tape, Tensor in) { return softplus(tape, in, 2, 3); };
  const Result<double> p = apply<double>(steep, {1.4, 1.6, -1});  // 2 x is below and above 3
  EXPECT_NEAR(p.y[0], std::log1p(std::exp(2.8)) / 2, 1e-15);
  EXPECT_EQ(p.y[1], 1.6);
  EXPECT_EQ(p.dx[1], 1);
  EXPECT_NEAR(p.dx[2], 1 / (1 + std::exp(2)), 1e-15);
  const Record flat = [](Tape& tape, Tensor in) { return elu(tape, in, 0.5); };
  EXPECT_NEAR(apply<double>(flat, {-1}).y[0], 0.5 * std::expm1(-1), 1e-15);
  EXPECT_NEAR(apply<double>(flat, {-1}).dx[0], 0.5 * std::exp(-1), 1e-15);
  Tape tape;
  EXPECT_THROW(softplus(tape, tape.input({1}), 0), Error);
}

template <class T>
void expect_softmax() {
  const T far = T{1e4}, nan = std::numeric_limits<T>::quiet_NaN();
  const std::vector<T> x = {far, -far, -far, -far, -far, -far, nan, 0, 0, -far, 0, 1};
  const std::vector<T> y = apply<T>(kSoftmax, x, {2, 2, 3}).y;
  EXPECT_EQ(std::vector<T>(y.begin(), y.begin() + 3), (std::vector<T>{1, 0, 0}));
  for (std::size_t i = 3; i < 6; ++i) EXPECT_NEAR(y[i], 1.0 / 3, 1e-7);
  for (std::size_t i = 6; i < 9; ++i) EXPECT_TRUE(std::isnan(y[i]));
  EXPECT_EQ(y[9], T{0});
  EXPECT_NEAR(y[11], logistic(1), 1e-7);
  EXPECT_EQ(apply<T>(kSoftmax, {T{7}, nan}, {2, 1}).y[0], T{1});
}

TEST(Softmax, ActsOnRowsOfTheLastDimension) {
  expect_softmax<float>();
  expect_softmax<double>();
  EXPECT_TRUE(apply<float>(kSoftmax, {}, {3, 0}).y.empty());
  EXPECT_TRUE(apply<float>(kSoftmax, {}, {0, 3}).y.empty());
  Tape tape;
  EXPECT_THROW(softmax(tape, tape.input({})), Error);
}

TEST(Softmax, IsAccurateInF32) {
  for (const std::int64_t n : {2, 10, 1000, 1003}) {
    const std::vector<float> all = sample();
    const std::int64_t rows = 20;
    const std::vector<float> x(all.begin(), all.begin() + rows * n);
    const std::vector<double> x64(x.begin(), x.end());
    const std::vector<float> got = apply<float>(kSoftmax, x, {rows, n}).y;
    const std::vector<double> wanted = apply<double>(kSoftmax, x64, {rows, n}).y;
    for (std::size_t i = 0; i < x.size(); ++i) {
      // The difference to the largest one is rounded to f32 before its exponential is taken.
      const double below = std::log(std::max(wanted[i], 1e-45));
      ASSERT_NEAR(got[i], wanted[i], (4 - 2 * below) * unit_of(wanted[i])) << n;
    }
  }
}

TEST(LogSoftmax, IsAccurateInF32AndNeverOverflows) {
  const std::vector<float> all = sample();
  const std::vector<float> x(all.begin(), all.begin() + 20 * 103);
  const std::vector<double> x64(x.begin(), x.end());
  const Result<float> got = apply<float>(kLogSoftmax, x, {20, 103});
  const Result<double> wanted = apply<double>(kLogSoftmax, x64, {20, 103});
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_NEAR(got.y[i], wanted.y[i], 2e-7 * (1 + std::fabs(wanted.y[i])));
    ASSERT_NEAR(got.dx[i], wanted.dx[i], 1e-5);  // the sum of 103 slopes of 1
  }
  const std::vector<double> far = apply<double>(kLogSoftmax, {1e4, -1e4, -INFINITY, 0}, {2, 2}).y;
  EXPECT_EQ(far, (std::vector<double>{0, -2e4, -INFINITY, 0}));
}

// Along an axis a line of a tensor is what a row of its transposed is.
TEST(Softmax, ActsAlongAnyAxis) {
  const Random random(4, Purpose::init, 0);
  std::vector<double> x(2 * 5 * 3), turned(x.size());
  const auto place = [](std::size_t i) { return i / 15 * 15 + i % 3 * 5 + i / 3 % 5; };  // of {2, 3, 5}
  for (std::size_t i = 0; i < x.size(); ++i) turned[place(i)] = x[i] = 8 * random.uniform(i) - 4;
  const Record middles[] = {[](Tape& tape, Tensor in) { return softmax(tape, in, 1); },
                            [](Tape& tape, Tensor in) { return softmax(tape, in, -2); },
                            [](Tape& tape, Tensor in) { return log_softmax(tape, in, 1); }};
  for (const Record middle : middles) {
    const Result<double> got = apply<double>(middle, x, {2, 5, 3});
    const Result<double> wanted =
        apply<double>(middle == middles[2] ? kLogSoftmax : kSoftmax, turned, {2, 3, 5});
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_EQ(got.y[i], wanted.y[place(i)]);
      EXPECT_EQ(got.dx[i], wanted.dx[place(i)]);
    }
  }
  Tape tape;
  const Tensor in = tape.input({2, 3});
  EXPECT_THROW(softmax(tape, in, 2), Error);
  EXPECT_THROW(log_softmax(tape, in, -3), Error);
}

// Each row has a gradient without a component along the ones: shares of 1 stay shares of 1.
TEST(Softmax, GradientsOfARowAddUpToZero) {
  Tape tape(Dtype::f64);
  const Tensor x = tape.input({3, 13});
  tape.want_gradient(x);
  const Tensor y = softmax(tape, x);
  const Random random(2, Purpose::init, 0);
  for (std::size_t i = 0; i < 39; ++i) tape.value<double>(x)[i] = 6 * random.uniform(i) - 3;
  tape.forward();
  for (std::size_t i = 0; i < 39; ++i) tape.grad<double>(y)[i] = random.uniform(i + 39);
  tape.backward(y);
  for (std::size_t row = 0; row < 3; ++row) {
    double sum = 0;
    for (std::size_t j = 0; j < 13; ++j) sum += tape.grad<double>(x)[row * 13 + j];
    EXPECT_NEAR(sum, 0, 1e-15);
  }
}

}  // namespace
}  // namespace thalweg
