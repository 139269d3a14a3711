// A forward pass written in C++ on the tape: the exclusive or of two inputs.
#include <algorithm>
#include <array>
#include <iostream>

#include "thalweg/thalweg.h"

using namespace thalweg;

int main() {
  Params params;
  Parameter& w1 = params.add("w1", {2, 8}, Role::weight);
  Parameter& b1 = params.add("b1", {8}, Role::bias);
  Parameter& w2 = params.add("w2", {8, 2}, Role::weight);
  for (std::size_t i = 0; i < 16; ++i) {
    w1.value<float>()[i] = 0.5f * static_cast<float>(int(i * 7 % 5) - 2);
    w2.value<float>()[i] = 0.5f * static_cast<float>(int(i * 3 % 5) - 2);
  }
  Tape tape;
  const Tensor x = tape.input({4, 2});
  const Tensor hidden = tanh(tape, dense(tape, x, tape.parameter(w1), tape.parameter(b1)));
  const Tensor y = dense(tape, hidden, tape.parameter(w2), Tensor{});

  const std::array<float, 8> inputs = {0, 0, 0, 1, 1, 0, 1, 1};
  const std::array<std::int32_t, 4> labels = {0, 1, 1, 0};
  std::copy(inputs.begin(), inputs.end(), tape.value<float>(x).begin());
  const Loss loss("cross_entropy");
  Optimizer optimizer(params, Chain("adam | lr(0.05)"));
  for (int step = 0; step < 300; ++step) {
    tape.forward();
    loss.evaluate(tape.value<float>(y), 2, {labels, {}}, 0.25, tape.grad<float>(y));
    tape.backward(y);
    optimizer.step();
  }
  tape.forward();
  const std::size_t right = correct(tape.value<float>(y), 2, labels);
  std::cout << right << " of 4 right\n";
  return right == 4 ? 0 : 1;
}
