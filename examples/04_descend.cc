// Optimizers on a curved valley in two dimensions: how near each comes to the minimum.
#include <iomanip>
#include <iostream>

#include "thalweg/lab/problem.h"

using namespace thalweg;

int main() {
  const Problem valley("rosenbrock");
  double nearest = 1;
  for (const char* optimizer : {"gd(lr=0.001)", "sgd(lr=0.001, momentum=0.9)", "rmsprop(lr=cosine(0.01))",
                                "adam(lr=cosine(0.1, warmup=5%))"}) {
    const Descent descent = descend(valley, Chain(optimizer), {.updates = 2000});
    std::cout << std::setw(32) << std::left << optimizer << "loss " << descent.losses.back() << " at ("
              << descent.path[4000] << ", " << descent.path[4001] << ")\n";
    nearest = std::min(nearest, descent.distances.back());
  }
  return nearest < 1e-3 ? 0 : 1;
}
