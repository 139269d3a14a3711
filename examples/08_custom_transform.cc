// A transform of your own: the sign of the update, but in proportion where it is small (Huber's bend), named
// in a chain beside the listed ones.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <type_traits>

#include "thalweg/thalweg.h"

using namespace thalweg;

int main() {
  register_transform({.card = {.name = "bent_sign",
                               .doc = "u / width, cut off at -1 and 1",
                               .options = {{.name = "width", .fallback = "1", .min = 1e-6}},
                               .formula = "u <- min(max(u / width, -1), 1)"}},
                     [](const auto& block) {
                       using T = std::remove_cvref_t<decltype(block.update[0])>;
                       const T width = static_cast<T>(block.options[0]);
                       for (T& u : block.update) u = std::clamp(u / width, T{-1}, T{1});
                     });

  Params params;
  Parameter& w = params.add("w", {2}, Role::weight);
  Optimizer optimizer(params, Chain("momentum(0.5) | bent_sign(linear(1, total=200, floor=0.1)) | lr(0.05)"));
  std::cout << optimizer.chain().explain(params).text();
  for (int step = 0; step < 300; ++step) {  // the minimum of (w0 - 3)^2 + 10 (w1 + 1)^2
    w.grad<float>()[0] = 2 * (w.value<float>()[0] - 3);
    w.grad<float>()[1] = 20 * (w.value<float>()[1] + 1);
    optimizer.step();
  }
  std::cout << "w = " << w.value<float>()[0] << ", " << w.value<float>()[1] << "\n";
  return std::abs(w.value<float>()[0] - 3) < 0.05f && std::abs(w.value<float>()[1] + 1) < 0.05f ? 0 : 1;
}
