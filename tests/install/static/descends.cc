// Descends a known valley, and names what can be named: exits with 0 if both come out as they must.
#include <thalweg/thalweg.h>

#include <iostream>

int main() {
  const thalweg::Problem valley("rosenbrock");
  const thalweg::Descent descent =
      thalweg::descend(valley, thalweg::Chain("adam(lr=cosine(0.1, warmup=5%))"), {.updates = 2000});
  std::cout << "distance " << descent.distances.back() << ", " << thalweg::catalog().size() << " names\n";
  return descent.distances.back() < 0.1 && thalweg::catalog().size() > thalweg::engine_catalog().size() ? 0
                                                                                                        : 1;
}
