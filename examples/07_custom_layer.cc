// A layer of your own: bilinear features, each the product of two linear ones. It learns the exclusive or of
// the signs of two numbers, which no single linear layer can.
#include <cmath>
#include <iostream>

#include "thalweg/thalweg.h"

using namespace thalweg;

namespace {

// y = (x U) * (x V), with U and V {in, units}.
const CustomLayer kBilinear{
    .card = {.name = "bilinear",
             .doc = "products of two linear features",
             .options = {{.name = "units", .type = CustomOption::Type::integer, .min = 1, .required = true}},
             .formula = "y = (x U) * (x V)"},
    .plan =
        [](const Shape& input, std::span<const double> options, std::vector<LayerWeight>& weights) {
          const Shape shape = {input.back(), static_cast<std::int64_t>(options[0])};
          weights.push_back({.name = "left", .shape = shape, .init = "glorot"});
          weights.push_back({.name = "right", .shape = shape, .init = "glorot"});
          Shape output = input;
          output.back() = shape[1];
          return output;
        },
    .record =
        [](Tape& tape, Tensor x, std::span<const double>, std::span<const Tensor> weights) {
          return multiply(tape, matmul(tape, x, weights[0]), matmul(tape, x, weights[1]));
        }};

Dataset signs() {
  std::vector<float> inputs;
  Dataset data;
  data.sample = {2};
  data.classes = 2;
  for (std::uint32_t i = 0; i < 200; ++i) {
    const float a = std::sin(12.9f * static_cast<float>(i)), b = std::cos(7.1f * static_cast<float>(i));
    inputs.insert(inputs.end(), {a, b});
    data.train.labels.push_back(a * b > 0);
    data.train.rows.push_back(i);
  }
  data.train.assign(2, inputs);
  data.test = data.train;
  return data;
}

}  // namespace

int main() {
  register_layer(kBilinear);
  Module checked("bilinear(3)", {4}, Dtype::f64);
  checked.initialise(1);
  std::cout << check_gradients(checked, 5).text() << "\n";

  const Dataset data = signs();
  Module model("bilinear(4) | dense(2)", data.sample);
  model.initialise(1);
  const Loss loss("cross_entropy");
  Optimizer optimizer(model.params(), Chain("adam | lr(0.05)"));
  Trainer trainer(model, loss, optimizer, data, 32, 1);
  for ([[maybe_unused]] const Report& report : trainer.run(epochs(30))) {
  }
  const Evaluation evaluation = trainer.evaluate(data.test);
  std::cout << model.text() << ": " << evaluation.text() << "\n";
  return evaluation.accuracy > 0.95 ? 0 : 1;
}
