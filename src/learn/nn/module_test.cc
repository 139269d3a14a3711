#include "thalweg/module.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "base/random.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

std::string message(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::usage);
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

void expect_in(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << "no '" << part << "' in: " << text;
}

TEST(Module, NamesShapesAndRolesOfItsParameters) {
  Module module("dense( 128 )|relu | dense(units=10, bias=false)|tanh", {64});
  EXPECT_EQ(module.text(), "dense(128) | relu | dense(10, bias=false) | tanh");
  EXPECT_EQ(module.inputs(), Shape{64});
  EXPECT_EQ(module.outputs(), Shape{10});
  ASSERT_EQ(module.params().size(), 3u);
  const auto expect = [&](std::size_t i, const std::string& name, const Shape& shape, Role role) {
    EXPECT_EQ(module.params()[i].name(), name);
    EXPECT_EQ(module.params()[i].shape(), shape);
    EXPECT_EQ(module.params()[i].role(), role);
  };
  expect(0, "dense1.weight", {64, 128}, Role::weight);
  expect(1, "dense1.bias", {128}, Role::bias);
  expect(2, "dense2.weight", {128, 10}, Role::weight);
  EXPECT_EQ(Module(module.text(), {64}).text(), module.text());
}

TEST(Module, DenseActsOnTheLastDimension) { EXPECT_EQ(Module("dense(5)", {2, 3}).outputs(), (Shape{2, 5})); }

TEST(Module, ErrorsShowTheTextWithACaretAndAHint) {
  const std::string unknown = message([] { Module("dense(3) | rleu", {4}); });
  expect_in(unknown, "did you mean `relu`?");
  expect_in(unknown, "(see `thalweg list layers`)");
  expect_in(unknown, "\n  dense(3) | rleu\n             ^");
  expect_in(message([] { Module("dense(0)", {4}); }),
            "`units` of `dense` does not accept this; got `0`; want");
  expect_in(message([] { Module("dense(2000000)", {4}); }), "[1, 1048576]");
  expect_in(message([] { Module("dense(2.5)", {4}); }), "^");
  expect_in(message([] { Module("dense", {4}); }), "`dense` needs `units`");
  expect_in(message([] { Module("dense(3, init=hee)", {4}); }), "did you mean `he`?");
  expect_in(message([] { Module("dense(3, unit=4)", {4}); }), "did you mean `units`?");
  expect_in(message([] { Module("relu(3)", {4}); }), "too many arguments for `relu`");
  expect_in(message([] { Module("dens(3", {4}); }), "`)` is missing at the end");
  expect_in(message([] { Module("", {4}); }), "a name is missing");
  expect_in(message([] { Module("dense(3) |", {4}); }), "a name is missing");
}

TEST(Module, ShapesThatCannotBeAreErrors) {
  message([] { Module("dense(3)", {}); });
  message([] { Module("dense(3)", {4, 0}); });
  message([] { Module("dense(3)", {-1}); });
  Module module("dense(3)", {4});
  Tape tape;
  const std::string wrong = message([&] { module.record(tape, tape.input({2, 5})); });
  expect_in(wrong, "2x5");
  expect_in(wrong, "rows of 4");
  message([&] { module.record(tape, tape.input({4})); });
  Tape other(Dtype::f64);
  expect_in(message([&] {
              module.record(other, other.input({2, 4}));
            }),
            "`dense1.weight` has the wrong type");
}

void expect_uniform(const Parameter& parameter, double bound, std::uint64_t seed, std::uint64_t number) {
  const Random random(seed, Purpose::init, number);
  for (std::size_t i = 0; i < parameter.size(); ++i) {
    EXPECT_EQ(parameter.value<float>()[i], static_cast<float>(bound * (2.0 * random.uniform(i) - 1.0)));
  }
}

TEST(Module, StartsAsTorchOrByTheRuleThatIsNamed) {
  Module module(
      "dense(6) | relu | dense(5) | tanh | dense(4, init=he) | dense(3, init=glorot) | relu | dense(2)", {7});
  for (Parameter& p : module.params()) {
    for (const float value : p.value<float>()) EXPECT_EQ(value, 0.0f);
    for (float& value : p.value<float>()) value = 9;
  }
  module.initialise(42);
  Params& p = module.params();
  expect_uniform(p[0], std::sqrt(1.0 / 7), 42, 0);
  expect_uniform(p[2], std::sqrt(1.0 / 6), 42, 2);
  expect_uniform(p[4], std::sqrt(6.0 / 5), 42, 4);
  expect_uniform(p[6], std::sqrt(6.0 / 7), 42, 6);
  expect_uniform(p[8], std::sqrt(1.0 / 3), 42, 8);
  for (const std::size_t bias : {1, 3, 5, 7, 9}) {
    for (const float value : p[bias].value<float>()) EXPECT_EQ(value, 0.0f);
  }
}

TEST(Module, InitialValuesHaveTheVarianceOfTheirRule) {
  Module module("dense(300, init=he) | relu", {200});
  module.initialise(1);
  double sum = 0, squares = 0;
  for (const float value : module.params()[0].value<float>()) sum += value, squares += value * value;
  EXPECT_NEAR(sum / 60000, 0, 1e-3);
  EXPECT_NEAR(squares / 60000, 2.0 / 200, 1e-4);
}

nlohmann::json oracle(const std::string& name) {
  std::ifstream file(std::string(THALWEG_TESTS) + "/vectors/oracles/pytorch-2.13.0-run/" + name + ".json");
  return nlohmann::json::parse(file);
}

std::vector<double> values_of(const nlohmann::json& part) {
  return part["values"].get<std::vector<double>>();
}

std::vector<double> transposed(const std::vector<double>& matrix, std::size_t rows) {
  const std::size_t columns = matrix.size() / rows;
  std::vector<double> out(matrix.size());
  for (std::size_t i = 0; i < matrix.size(); ++i) out[i % columns * rows + i / columns] = matrix[i];
  return out;
}

void expect_near(std::span<const double> got, const std::vector<double>& wanted, const std::string& what) {
  ASSERT_EQ(got.size(), wanted.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_NEAR(got[i], wanted[i], 1e-12 + 1e-11 * std::abs(wanted[i])) << what << " " << i;
  }
}

// torch keeps weights as {out, in}.
TEST(Module, LayersAreThoseOfTorch) {
  const std::map<std::string, std::string> texts = {{"tanh", "tanh"},
                                                    {"sigmoid_random", "sigmoid"},
                                                    {"gelu_random", "gelu"},
                                                    {"gelu_tanh", "gelu(form=tanh)"},
                                                    {"softmax_extreme", "softmax"},
                                                    {"linear", ""},
                                                    {"linear_no_bias", ""}};
  for (const auto& [name, text] : texts) {
    const nlohmann::json wanted = oracle("layer-" + name);
    const auto& inputs = wanted["inputs"];
    const Shape shape = inputs[0]["shape"].get<Shape>();
    const std::size_t out = wanted["output"]["shape"].back().get<std::size_t>();
    const std::string dense = "dense(" + std::to_string(out) + (inputs.size() < 3 ? ", bias=false)" : ")");
    Module module(text.empty() ? dense : text, {shape[1]}, Dtype::f64);
    Tape tape(Dtype::f64);
    const Tensor x = tape.input(shape);
    tape.want_gradient(x);
    const Tensor y = module.record(tape, x);
    std::ranges::copy(values_of(inputs[0]), tape.value<double>(x).begin());
    for (std::size_t i = 1; i < inputs.size(); ++i) {
      std::ranges::copy(transposed(values_of(inputs[i]), out),
                        module.params()[i - 1].value<double>().begin());
    }
    tape.forward();
    expect_near(tape.value<double>(y), values_of(wanted["output"]), name);
    std::ranges::copy(wanted["upstream"].get<std::vector<double>>(), tape.grad<double>(y).begin());
    tape.backward(y);
    expect_near(tape.grad<double>(x), values_of(wanted["gradients"][0]), name + " dx");
    for (std::size_t i = 1; i < inputs.size(); ++i) {
      expect_near(module.params()[i - 1].grad<double>(), transposed(values_of(wanted["gradients"][i]), out),
                  name + " parameter");
    }
  }
}

}  // namespace
}  // namespace thalweg
