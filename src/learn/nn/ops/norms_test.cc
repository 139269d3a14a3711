// layer_norm, rms_norm and group_norm: digits far from 0, shapes, what they learn.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "base/random.h"
#include "nn/ops/normalise.h"
#include "thalweg/error.h"
#include "thalweg/module.h"

namespace thalweg {
namespace {

// Output and gradients of a layer by its text.
struct Applied {
  std::vector<double> y, dx, dw, db;
};

double upstream(std::size_t i) { return Random(7, Purpose::init, 1).uniform(i) - 0.5; }

template <class T>
Applied apply(const std::string& text, const Shape& sample, const std::vector<double>& x) {
  Module module(text, sample, kDtype<T>);
  module.initialise(1);
  Tape tape(kDtype<T>);
  Shape shape = sample;
  shape.insert(shape.begin(), static_cast<std::int64_t>(x.size() / count(sample)));
  const Tensor in = tape.input(shape);
  tape.want_gradient(in);
  const Tensor out = module.record(tape, in);
  for (std::size_t i = 0; i < x.size(); ++i) tape.value<T>(in)[i] = static_cast<T>(x[i]);
  tape.forward();
  for (std::size_t i = 0; i < x.size(); ++i) tape.grad<T>(out)[i] = static_cast<T>(upstream(i));
  tape.backward(out);
  const auto doubles = [](std::span<const T> values) {
    return std::vector<double>(values.begin(), values.end());
  };
  Applied applied{doubles(tape.value<T>(out)), doubles(tape.grad<T>(in)), {}, {}};
  if (module.params().size() > 0) applied.dw = doubles(module.params()[0].template grad<T>());
  if (module.params().size() > 1) applied.db = doubles(module.params()[1].template grad<T>());
  return applied;
}

std::vector<double> samples(std::size_t n, double offset) {
  const Random random(6, Purpose::init, 0);
  std::vector<double> x(n);
  // Multiples of 1/4, which f32 holds beside 1e6.
  for (std::size_t i = 0; i < n; ++i) x[i] = offset + std::round(32 * random.uniform(i) - 16) / 4;
  return x;
}

// The mean is taken off: what is left has all its digits, whatever the mean is.
TEST(Norms, KeepTheirDigitsFarFromZero) {
  for (const char* text : {"layer_norm", "layer_norm(axes=2)", "group_norm(3)", "group_norm(1)"}) {
    const Applied near = apply<double>(text, {6, 35}, samples(3 * 210, 0));
    const Applied far = apply<float>(text, {6, 35}, samples(3 * 210, 1e6));
    for (std::size_t i = 0; i < near.y.size(); ++i) {
      ASSERT_NEAR(far.y[i], near.y[i], 3e-7) << text;
      ASSERT_NEAR(far.dx[i], near.dx[i], 3e-7) << text;
    }
    for (std::size_t i = 0; i < near.dw.size(); ++i) {
      ASSERT_NEAR(far.dw[i], near.dw[i], 3e-6) << text;
      ASSERT_NEAR(far.db[i], near.db[i], 3e-6) << text;
    }
  }
}

TEST(Norms, HaveMeanZeroAndVarianceOne) {
  const std::vector<double> x = samples(4 * 24, 100);
  const auto moments = [](const std::vector<double>& y, std::size_t begin, std::size_t n) {
    double sum = 0, squares = 0;
    for (std::size_t i = begin; i < begin + n; ++i) sum += y[i], squares += y[i] * y[i];
    return std::pair(sum / static_cast<double>(n), squares / static_cast<double>(n));
  };
  const std::vector<double> layer = apply<double>("layer_norm(axes=2, eps=0)", {4, 6}, x).y;
  const std::vector<double> group = apply<double>("group_norm(2, eps=0)", {4, 6}, x).y;
  const std::vector<double> rms = apply<double>("rms_norm(axes=2, eps=0)", {4, 6}, x).y;
  for (std::size_t row = 0; row < 4; ++row) {
    EXPECT_NEAR(moments(layer, row * 24, 24).first, 0, 1e-13);
    EXPECT_NEAR(moments(layer, row * 24, 24).second, 1, 1e-13);
    EXPECT_NEAR(moments(rms, row * 24, 24).second, 1, 1e-13);
    EXPECT_NEAR(rms[row * 24] / x[row * 24], rms[row * 24 + 5] / x[row * 24 + 5], 1e-14);
    for (std::size_t half : {0, 12}) {
      EXPECT_NEAR(moments(group, row * 24 + half, 12).first, 0, 1e-13);
      EXPECT_NEAR(moments(group, row * 24 + half, 12).second, 1, 1e-13);
    }
  }
}

// Without a spatial extent the channels lie side by side; each group is then a layer_norm of its own.
TEST(Norms, GroupsOfPlainRowsAreLayerNormsOfTheirParts) {
  const std::vector<double> x = samples(6 * 140, 1);
  const Applied group = apply<double>("group_norm(2)", {140}, x);
  const Applied layer = apply<double>("layer_norm", {70}, x);
  EXPECT_EQ(group.y, layer.y);
  EXPECT_EQ(group.dx, layer.dx);
}

// {2, channels 6, positions 4}, and the same with the channels last in memory.
TEST(Norms, GroupsAreTheSameInEitherOrderOfMemory) {
  const std::vector<double> x = samples(2 * 24, 1);
  const auto turned = [](std::size_t i) { return i / 24 * 24 + i % 4 * 6 + i / 4 % 6; };
  const auto run = [&](bool last) {
    Tape tape(Dtype::f64);
    const Tensor in = tape.input({2, 6, 4}), weight = tape.input({6}), bias = tape.input({6});
    for (const Tensor tensor : {in, weight, bias}) tape.want_gradient(tensor);
    const Boxes boxes{2, 3, 4, last ? 1u : 4u, last ? 6u : 1u};
    const Tensor out = record_normalise(tape, in, weight, bias, {"test", boxes, {6}, true, 1e-5});
    for (std::size_t i = 0; i < 6; ++i)
      tape.value<double>(weight)[i] = tape.value<double>(bias)[i] = upstream(i);
    for (std::size_t i = 0; i < x.size(); ++i) tape.value<double>(in)[last ? turned(i) : i] = x[i];
    tape.forward();
    for (std::size_t i = 0; i < x.size(); ++i) tape.grad<double>(out)[last ? turned(i) : i] = upstream(i);
    tape.backward(out);
    std::vector<double> all;
    for (const auto& values : {tape.value<double>(out), tape.grad<double>(in)}) {
      for (std::size_t i = 0; i < x.size(); ++i) all.push_back(values[last ? turned(i) : i]);
    }
    for (const Tensor tensor : {weight, bias}) {
      for (const double value : tape.grad<double>(tensor)) all.push_back(value);
    }
    return all;
  };
  const std::vector<double> plain = run(false), last = run(true);
  ASSERT_EQ(plain.size(), 2 * 48 + 12u);
  for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_NEAR(plain[i], last[i], 1e-13) << i;
}

TEST(Norms, RmsTakesTheEpsOfTorchByItsType) {
  // sqrt(x^2 + eps) for one element of the size of eps.
  const double x = 1e-4;
  EXPECT_NEAR(apply<float>("rms_norm", {1}, {x}).y[0], x / std::sqrt(x * x + 1.1920929e-7), 1e-6);
  EXPECT_NEAR(apply<double>("rms_norm", {1}, {1e-8}).y[0], 1e-8 / std::sqrt(1e-16 + 2.220446049250313e-16),
              1e-12);
  EXPECT_NEAR(apply<double>("rms_norm(eps=3)", {1}, {1}).y[0], 0.5, 1e-15);
}

TEST(Norms, LearnScalesAndShiftsOfRoleNorm) {
  const auto learned = [](const char* text, const Shape& sample) {
    std::string all;
    Module module(text, sample);
    module.initialise(1);
    for (const Parameter& p : module.params()) {
      EXPECT_EQ(p.role(), Role::norm);
      all += p.name() + " " + print_shape(p.shape()) + " " +
             std::to_string(static_cast<int>(p.value<float>()[0])) + "; ";
    }
    return all;
  };
  EXPECT_EQ(learned("layer_norm", {3, 5}), "layer_norm1.weight 5 1; layer_norm1.bias 5 0; ");
  EXPECT_EQ(learned("layer_norm(2, bias=false)", {3, 5}), "layer_norm1.weight 3x5 1; ");
  EXPECT_EQ(learned("layer_norm(affine=false)", {3, 5}), "");
  EXPECT_EQ(learned("rms_norm", {3, 5}), "rms_norm1.weight 5 1; ");
  EXPECT_EQ(learned("group_norm(3)", {6, 5, 2}), "group_norm1.weight 6 1; group_norm1.bias 6 0; ");
  EXPECT_EQ(learned("group_norm(3, affine=false)", {6, 5, 2}), "");
}

void expect_error(const std::function<void()>& call, const std::string& part) {
  try {
    call();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::usage);
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(Norms, RefuseWhatDoesNotFit) {
  expect_error([] { Module("group_norm(4)", {6, 2}); }, "4 groups of 6 channels");
  expect_error([] { Module("layer_norm(axes=2)", {6}); }, "2 of 6");
  expect_error([] { Module("softmax(axis=1)", {6}); }, "no such axis");
  Tape tape;
  const Tensor x = tape.input({2, 6}), row = tape.input({6}), wrong = tape.input({3});
  expect_error([&] { layer_norm(tape, x, wrong, {}); }, "the shape of weight");
  expect_error([&] { layer_norm(tape, x, row, wrong); }, "the shape of bias");
  expect_error([&] { rms_norm(tape, x, row, 2); }, "the shape of weight");
  expect_error([&] { group_norm(tape, row, {}, {}, 2); }, "no channels");
  expect_error([&] { group_norm(tape, x, {}, {}, 0); }, "0 groups");
}

TEST(Norms, TakeTensorsWithoutElements) {
  Tape tape;
  for (const Shape& shape : {Shape{0, 3, 2}, Shape{2, 0, 2}, Shape{2, 3, 0}}) {
    const Tensor x = tape.input(shape);
    tape.want_gradient(x);
    const Tensor weight = tape.input({shape[1]});
    tape.want_gradient(weight);
    const Tensor y = layer_norm(tape, group_norm(tape, x, weight, {}, 1), {}, {}, 2);
    tape.forward();
    tape.backward(y);
    for (const float value : tape.grad<float>(weight)) EXPECT_EQ(value, 0);
  }
}

}  // namespace
}  // namespace thalweg
