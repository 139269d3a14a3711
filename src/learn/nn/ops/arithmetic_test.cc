// Arithmetic on the tape against torch, central differences and itself.
#include "thalweg/arithmetic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "base/test_error.h"
#include "nn/test_replay.h"
#include "thalweg/check_gradients.h"
#include "thalweg/images.h"

namespace thalweg {
namespace {

using Json = nlohmann::json;
using Inputs = std::span<const Tensor>;

// The operation of a case of tests/data/tape.
Tensor apply(Tape& tape, const Json& test, Inputs x) {
  using Function = std::function<Tensor()>;
  const std::map<std::string, Function> all = {
      {"add", [&] { return add(tape, x[0], x[1]); }},
      {"subtract", [&] { return subtract(tape, x[0], x[1]); }},
      {"multiply", [&] { return multiply(tape, x[0], x[1]); }},
      {"divide", [&] { return divide(tape, x[0], x[1]); }},
      {"add_number", [&] { return add(tape, x[0], test["number"].get<double>()); }},
      {"multiply_number", [&] { return multiply(tape, x[0], test["number"].get<double>()); }},
      {"matmul", [&] { return matmul(tape, x[0], x[1]); }},
      {"sum", [&] { return sum(tape, x[0], test["axes"], test["keep"]); }},
      {"mean", [&] { return mean(tape, x[0], test["axes"], test["keep"]); }},
      {"expand", [&] { return expand(tape, x[0], test["to"]); }},
      {"concat",
       [&] {
         return concat(tape, {x.begin(), x.end()}, test["axis"]);
       }},
      {"slice", [&] { return slice(tape, x[0], test["axis"], test["begin"], test["end"]); }},
      {"transpose", [&] { return transpose(tape, x[0], test["a"], test["b"]); }},
      {"reshape", [&] { return reshape(tape, x[0], test["to"]); }},
  };
  return all.at(test["op"])();
}

template <class T>
void expect_close(std::span<const T> got, const std::vector<double>& wanted, const std::string& what) {
  ASSERT_EQ(got.size(), wanted.size()) << what;
  double largest = 1;
  for (const double w : wanted) largest = std::max(largest, std::abs(w));
  const double tolerance = (sizeof(T) == 8 ? 1e-14 : 1e-6) * largest;
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], tolerance) << what << " " << i;
}

template <class T>
void check_case(const Json& test, int threads) {
  const std::string what = test.dump().substr(0, 200);
  Tape tape(kDtype<T>, threads);
  std::vector<Tensor> x;
  for (const Json& input : test["inputs"]) {
    x.push_back(tape.input(input["shape"]));
    tape.want_gradient(x.back());
    std::ranges::copy(input["values"].get<std::vector<double>>(), tape.value<T>(x.back()).begin());
  }
  const Tensor y = apply(tape, test, x);
  tape.forward();
  EXPECT_EQ(tape.shape(y), test["shape"].get<Shape>()) << what;
  expect_close<T>(tape.value<T>(y), test["value"], what);
  std::ranges::copy(test["upstream"].get<std::vector<double>>(), tape.grad<T>(y).begin());
  tape.backward(y);
  for (std::size_t i = 0; i < x.size(); ++i)
    expect_close<T>(tape.grad<T>(x[i]), test["inputs"][i]["grad"], what + " gradient " + std::to_string(i));
}

TEST(Arithmetic, ValuesAndGradientsAreThoseOfTorch) {
  std::ifstream file(THALWEG_TESTS "/data/tape/cases.json");
  const Json cases = Json::parse(file);
  ASSERT_GE(cases.size(), 100u);
  for (const Json& test : cases) {
    check_case<double>(test, 1);
    check_case<double>(test, 3);
    check_case<float>(test, 2);
  }
}

TEST(Arithmetic, GradientsAreThoseOfCentralDifferences) {
  std::ifstream file(THALWEG_TESTS "/data/tape/cases.json");
  for (const Json& test : Json::parse(file)) {
    std::vector<Shape> shapes;
    for (const Json& input : test["inputs"]) shapes.push_back(input["shape"]);
    const GradientCheck check =
        check_gradients(shapes, [&](Tape& tape, Inputs x) { return apply(tape, test, x); });
    EXPECT_TRUE(check.passed) << test.dump().substr(0, 200) << "\n" << check.text();
  }
}

// A tensor that an operation has several times, and orders of memory that differ.
TEST(Arithmetic, GradientsOfNetworksAddUp) {
  const auto network = [](Tape& tape, Inputs x) {
    const Tensor square = multiply(tape, x[0], x[0]);
    const Tensor twice = concat(tape, {square, x[0], square}, -1);
    const Tensor part = slice(tape, twice, 1, 1, -1);
    const Tensor product = matmul(tape, part, transpose(tape, part));
    const Tensor centred = subtract(tape, product, mean(tape, product, {-1}, true));
    return divide(tape, centred, add(tape, sum(tape, square, {1}, true), 5.0));
  };
  const GradientCheck check = check_gradients({{2, 4, 1}}, [&](Tape& tape, Inputs x) {
    return sum(tape, network(tape, {{reshape(tape, x[0], {2, -1})}}));
  });
  EXPECT_TRUE(check.passed) << check.text();
  const GradientCheck images = check_gradients({{2, 3, 4, 4}, {3, 1, 1}}, [&](Tape& tape, Inputs x) {
    const Tensor pooled = max_pool(tape, x[0], {.kernel = {2, 2}, .stride = {2, 2}});
    const Tensor scaled = multiply(tape, pooled, x[1]);  // one lies channels last, the other is expanded
    return concat(tape, {add(tape, scaled, pooled), slice(tape, pooled, 1, 0, 2)}, 1);
  });
  EXPECT_TRUE(images.passed) << images.text();
}

// Value and gradients of everything here in shapes that several threads share.
std::vector<float> replay_large(int threads) {
  Tape tape(Dtype::f32, threads);
  const Tensor a = tape.input({90, 70, 33}), b = tape.input({70, 1}), c = tape.input({90, 33, 130});
  for (const Tensor one : {a, b, c}) {
    tape.want_gradient(one);
    fill(tape.value<float>(one), static_cast<std::uint64_t>(one.node));
  }
  const Tensor scaled = divide(tape, multiply(tape, a, b), add(tape, multiply(tape, b, b), 1.0));
  const Tensor product = matmul(tape, scaled, c);
  const Tensor few =
      matmul(tape, reshape(tape, a, {3, -1, 33}), slice(tape, c, 0, 0, 3));  // fewer than threads
  const Tensor turned = transpose(tape, product, 0, 2);
  const Tensor both = concat(tape, {turned, slice(tape, turned, 0, 3, 100)}, 0);
  const std::vector<Tensor> sums = {sum(tape, both, {0}), mean(tape, both, {1}), sum(tape, both, {2}),
                                    sum(tape, both, {0, 2}), mean(tape, both)};
  Tensor y = multiply(tape, expand(tape, sums.back(), {70, 90}),
                      slice(tape, reshape(tape, few, {-1, 90}), 0, 0, 70));
  for (const Tensor one : {sums[0], transpose(tape, reshape(tape, sum(tape, sums[1]), {1, 1})), sums[3]})
    y = add(tape, y, tape.shape(one).size() == 1 ? reshape(tape, one, {70, 1}) : one);
  tape.forward();
  fill(tape.grad<float>(y), 9);
  tape.backward(y);
  std::vector<float> out(tape.value<float>(y).begin(), tape.value<float>(y).end());
  for (const Tensor one : {a, b, c})
    out.insert(out.end(), tape.grad<float>(one).begin(), tape.grad<float>(one).end());
  return out;
}

TEST(Arithmetic, BitsDoNotDependOnTheNumberOfThreads) {
  const std::vector<float> one = replay_large(1);
  for (const int threads : {2, 3, 7}) {
    const std::vector<float> many = replay_large(threads);
    ASSERT_EQ(many.size(), one.size());
    EXPECT_EQ(std::memcmp(many.data(), one.data(), one.size() * sizeof(float)), 0) << threads << " threads";
  }
}

TEST(Arithmetic, SumsKeepTheirDigits) {
  Tape tape;
  const Tensor x = tape.input({1 << 20});
  std::ranges::fill(tape.value<float>(x), 0.1f);
  const Tensor all = sum(tape, x), columns = sum(tape, reshape(tape, x, {-1, 2}), {0});
  tape.forward();
  EXPECT_EQ(tape.value<float>(all)[0], static_cast<float>(0.1f * double{1 << 20}));
  EXPECT_EQ(tape.value<float>(columns)[1], static_cast<float>(0.1f * double{1 << 19}));
}

TEST(Arithmetic, NothingIsFine) {
  Tape tape(Dtype::f64, 2);
  const Tensor x = tape.input({3, 0, 2}), w = tape.input({3, 2, 4}), one = tape.input({2});
  for (const Tensor tensor : {x, w, one}) tape.want_gradient(tensor);
  const Tensor total = sum(tape, x), average = mean(tape, x, {1});
  const Tensor product = matmul(tape, x, w), inner = matmul(tape, transpose(tape, x), x);
  const Tensor both = add(tape, concat(tape, {x, slice(tape, x, 1, 0, 0)}, 1), one);
  tape.forward();
  EXPECT_EQ(tape.value<double>(total)[0], 0.0);
  EXPECT_TRUE(std::isnan(tape.value<double>(average)[5]));
  EXPECT_EQ(tape.shape(product), (Shape{3, 0, 4}));
  EXPECT_EQ(tape.value<double>(inner)[11], 0.0);
  EXPECT_EQ(tape.shape(both), (Shape{3, 0, 2}));
  for (const Tensor y : {total, product, inner, both}) tape.backward(y);
  EXPECT_EQ(tape.grad<double>(one)[1], 0.0);
}

TEST(Arithmetic, ShapesThatDoNotFitAreErrorsThatNameThem) {
  Tape tape;
  const Tensor a = tape.input({2, 3}), b = tape.input({4}), cube = tape.input({2, 3, 4}),
               scalar = tape.input({});
  const auto refused = [](const std::string& part, const std::function<void()>& call) {
    const std::string got = usage_error(call);
    EXPECT_NE(got.find(part), std::string::npos) << got;
  };
  refused("add: the shapes do not fit; got 2x3 and 4", [&] { add(tape, a, b); });
  refused("divide: the shapes do not fit", [&] { divide(tape, cube, a); });
  refused("matmul: the shapes do not fit; got a 2x3 and b 2x3", [&] { matmul(tape, a, a); });
  refused("matmul", [&] { matmul(tape, a, scalar); });
  refused("matmul", [&] { matmul(tape, tape.input({3, 2, 3}), tape.input({2, 3, 4})); });
  refused("sum: there is no such axis; got 2 of 2x3", [&] { sum(tape, a, {2}); });
  refused("mean: an axis is named twice", [&] { mean(tape, a, {0, -2}); });
  refused("sum: there is no such axis", [&] { sum(tape, scalar, {0}); });
  refused("expand: the shapes do not fit; got 2x3 and 2x4", [&] { expand(tape, a, {2, 4}); });
  refused("expand", [&] { expand(tape, cube, {3, 4}); });
  refused("expand", [&] { expand(tape, a, {1, 3}); });
  refused("concat: there is nothing", [&] { concat(tape, {}); });
  refused("concat: the shapes differ; got 2x3 and 2x3x4", [&] { concat(tape, {a, cube}); });
  refused("concat: the shapes differ", [&] { concat(tape, {a, tape.input({3, 3})}, 1); });
  refused("concat: there is no such axis", [&] { concat(tape, {scalar, scalar}); });
  refused("slice: the axis has no such part; got 1 to 4", [&] { slice(tape, a, 1, 1, 4); });
  refused("slice", [&] { slice(tape, a, 1, 2, 1); });
  refused("slice", [&] { slice(tape, a, 1, -4, 2); });
  refused("slice: there is no such axis", [&] { slice(tape, a, 2, 0, 1); });
  refused("transpose: there is no such axis", [&] { transpose(tape, b); });
  refused("reshape", [&] { reshape(tape, a, {4, -1}); });
  refused("reshape: more than one size is left open; got -1x-1", [&] { reshape(tape, a, {-1, -1}); });
  refused("not on this tape", [&] { multiply(tape, a, Tensor{}); });
}

}  // namespace
}  // namespace thalweg
