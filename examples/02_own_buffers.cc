// Only the optimizer, over memory of the caller: fits a line by full-batch gradient descent with momentum.
#include <array>
#include <cmath>
#include <iostream>

#include "thalweg/optimizer.h"

using namespace thalweg;

int main() {
  std::array<float, 2> line = {0, 0};  // y = line[0] * x + line[1]
  std::array<float, 2> grad = {};
  Params params;
  params.adopt("line", {2}, line.data(), grad.data());
  Optimizer optimizer(params, Chain("momentum(0.9) | lr(linear(0.05, total=300))"));
  for (int step = 0; step < 300; ++step) {
    grad = {};
    for (int i = 0; i < 10; ++i) {
      const float x = 0.1f * static_cast<float>(i), error = line[0] * x + line[1] - (3 * x - 1);
      grad[0] += 0.2f * error * x;
      grad[1] += 0.2f * error;
    }
    optimizer.step();
  }
  std::cout << "y = " << line[0] << " x + " << line[1] << "\n";
  return std::abs(line[0] - 3) < 0.1f && std::abs(line[1] + 1) < 0.1f ? 0 : 1;
}
