// Every listed layer against central differences and in both types: a new line in ops.inc is covered without
// code here.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>

#include "base/random.h"
#include "nn/module.h"
#include "thalweg/check_gradients.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

// A text of the layer in which each required option has a small value that it may take.
std::string smallest_text(const Spec& spec, int size) {
  std::string args;
  for (const Option& option : spec.options) {
    if (!option.required) continue;
    const double wanted = std::min(std::max(option.range.min, static_cast<double>(size)), option.range.max);
    const bool window = option.name == "kernel";  // must fit into the samples below
    args +=
        (args.empty() ? "" : ", ") + std::string(option.name) + "=" +
        (option.type == OptionType::block ? "tanh" : print_number(window ? std::min(wanted, 2.0) : wanted));
  }
  return std::string(spec.name) + (args.empty() ? "" : "(" + args + ")");
}

// Values of an option other than its default.
std::vector<std::string> others(const Option& option) {
  std::vector<std::string> values;
  if (option.type == OptionType::flag) values.push_back(option.fallback == "true" ? "false" : "true");
  std::istringstream choices{std::string(option.choices)};
  for (std::string choice; std::getline(choices, choice, '|');) {
    if (choice.back() != ')') values.push_back(choice);  // else it needs an argument
  }
  if (option.type == OptionType::block && !option.required) values.push_back("sigmoid");
  if (option.type == OptionType::sizes && !option.required) values.push_back("2");
  const bool whole = option.type == OptionType::integer;
  if (option.required || (!whole && option.type != OptionType::number)) return values;
  const std::vector<double> numbers = whole ? std::vector<double>{0, 2, -2} : std::vector<double>{0.3, 2};
  for (const double number : numbers) {
    if (option.range.contains(number)) values.push_back(print_number(number));
  }
  return values;
}

// The layer as short as can be, and the same with every flag turned, every choice and some numbers taken.
std::vector<std::string> texts_of(const Spec& spec, int size) {
  const std::string shortest = smallest_text(spec, size);
  std::vector<std::string> texts = {shortest};
  const auto with = [&](const std::string& arg) {
    const bool bare = shortest.back() != ')';
    texts.push_back((bare ? shortest + "(" : shortest.substr(0, shortest.size() - 1) + ", ") + arg + ")");
  };
  for (const Option& option : spec.options) {
    for (const std::string& value : others(option)) {
      if (value != option.fallback) with(std::string(option.name) + "=" + value);
    }
  }
  return texts;
}

// Whether a layer takes such samples.
bool fits(const std::string& text, const Shape& sample) {
  try {
    Module(text, sample);
    return true;
  } catch (const Error&) {
    return false;
  }
}

// In +-[0.1, 2]: no step of a difference crosses 0, where a layer may have a kink.
double value_of(const Random& random, std::uint64_t i) {
  const double u = 2.0 * random.uniform(i) - 1.0;
  return std::copysign(0.1 + 1.9 * std::abs(u), u);
}

template <class T>
void fill(std::span<T> values, std::uint64_t stream) {
  const Random random(3, Purpose::init, stream);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(value_of(random, i));
}

// A layer on a tape in training, with sum(weights * output) as its loss. What is random is the same in every
// replay.
template <class T>
struct Bench {
  Module module;
  Tape tape{kDtype<T>};
  Tensor x, y;
  std::vector<T> weights;

  Bench(const std::string& text, std::int64_t rows, const Shape& sample) : module(text, sample, kDtype<T>) {
    Shape shape = sample;
    shape.insert(shape.begin(), rows);
    x = tape.input(shape);
    tape.want_gradient(x);
    y = module.record(tape, x);
    tape.train(17, 0);
    weights.resize(tape.value<T>(y).size());
    fill<T>(weights, 100);
    fill(tape.value<T>(x), 101);
    for (std::size_t i = 0; i < module.params().size(); ++i)
      fill(module.params()[i].template value<T>(), 102 + i);
  }

  void differentiate() {
    tape.forward();
    std::copy(weights.begin(), weights.end(), tape.grad<T>(y).begin());
    tape.backward(y);
  }
};

void check_layer(const std::string& text, std::int64_t rows, const Shape& sample) {
  Module module(text, sample, Dtype::f64);
  for (std::size_t i = 0; i < module.params().size(); ++i) fill(module.params()[i].value<double>(), 102 + i);
  const GradientCheck check = check_gradients(module, rows);
  EXPECT_TRUE(check.passed) << text << " on " << rows << "x" << print_shape(sample) << " " << check.text();
}

TEST(Gradients, C11OfEveryLayerAreThoseOfCentralDifferences) {
  ASSERT_GE(layer_specs().size(), 3u);
  for (const Spec* spec : layer_specs()) {
    int shapes = 0;
    for (const int size : {1, 3, 10}) {
      for (const std::string& text : texts_of(*spec, size)) {
        for (const Shape& sample :
             {Shape{1}, Shape{2}, Shape{3}, Shape{7}, Shape{3, 5}, Shape{6, 2, 2}, Shape{2, 4, 3}}) {
          if (!fits(text, sample)) continue;
          ++shapes;
          for (const std::int64_t rows : {1, 2, 9}) check_layer(text, rows, sample);
        }
      }
    }
    EXPECT_GE(shapes, 2) << spec->name;
  }
}

void expect_close(std::span<const float> got, std::span<const double> wanted, const std::string& what) {
  ASSERT_EQ(got.size(), wanted.size());
  double largest = 1e-3;
  for (const double w : wanted) largest = std::max(largest, std::abs(w));
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], wanted[i], 2e-6 * largest) << what << " " << i;
}

// Random values that both types hold exactly.
void round_to_f32(std::span<double> values) {
  for (double& value : values) value = static_cast<double>(static_cast<float>(value));
}

// Whether a number is left to the layer that depends on the type.
bool leaves_open(const Spec& spec, const std::string& text) {
  return std::ranges::any_of(spec.options, [&](const Option& option) {
    const bool open = !option.required && option.fallback.empty();
    return open && text.find(std::string(option.name) + "=") == std::string::npos;
  });
}

void check_types(const std::string& text, std::int64_t rows, const Shape& sample) {
  Bench<double> f64(text, rows, sample);
  Bench<float> f32(text, rows, sample);
  round_to_f32(f64.weights);
  round_to_f32(f64.tape.value<double>(f64.x));
  for (Parameter& p : f64.module.params()) round_to_f32(p.value<double>());
  f64.differentiate();
  f32.differentiate();
  expect_close(f32.tape.value<float>(f32.y), f64.tape.value<double>(f64.y), text + " value");
  expect_close(f32.tape.grad<float>(f32.x), f64.tape.grad<double>(f64.x), text + " dx");
  for (std::size_t i = 0; i < f64.module.params().size(); ++i) {
    expect_close(f32.module.params()[i].grad<float>(), f64.module.params()[i].grad<double>(),
                 text + " " + f64.module.params()[i].name());
  }
}

TEST(Gradients, OfEveryLayerAreTheSameInBothTypes) {
  for (const Spec* spec : layer_specs()) {
    int shapes = 0;
    for (const std::string& text : texts_of(*spec, 21)) {
      for (const Shape& sample : {Shape{19}, Shape{21}, Shape{42, 3}, Shape{42, 4, 3}}) {
        if (!fits(text, sample) || leaves_open(*spec, text)) continue;
        ++shapes;
        for (const std::int64_t rows : {1, 33}) check_types(text, rows, sample);
      }
    }
    EXPECT_GE(shapes, 1) << spec->name;
  }
}

TEST(Layers, HaveAllThatAListShows) {
  for (const Spec* spec : layer_specs()) {
    EXPECT_FALSE(spec->doc.empty()) << spec->name;
    EXPECT_FALSE(spec->source.empty()) << spec->name;
    for (const Option& option : spec->options)
      EXPECT_FALSE(option.doc.empty()) << spec->name << " " << option.name;
  }
}

}  // namespace
}  // namespace thalweg
