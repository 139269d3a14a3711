// From nothing to the first AdamW step: as little as a program can be that links the optimizer.
#include <vector>

#include "thalweg/optimizer.h"

int main() {
  std::vector<float> value(1000, 1.0f), grad(1000, 1.0f);
  thalweg::Params params;
  params.adopt("w", {1000}, value.data(), grad.data());
  thalweg::Optimizer optimizer(params, thalweg::Chain("adamw(lr=1e-3)"));
  optimizer.step();
  return value[0] < 1.0f ? 0 : 1;
}
