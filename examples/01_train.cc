// The program of the README: a network on the embedded digits.
#include <iostream>

#include "thalweg/thalweg.h"

using namespace thalweg;

int main() {
  const Dataset digits = load_dataset("digits", /*seed=*/1);
  Module model("dense(128) | relu | dense(10)", digits.sample);
  model.initialise(/*seed=*/1);
  const Loss loss("cross_entropy");
  Optimizer optimizer(model.params(), Chain("clip_norm(1) | adam | decay(0.01) | lr(3e-3)"));
  Trainer trainer(model, loss, optimizer, digits, /*batch=*/64, /*seed=*/1);
  for (const Report& r : trainer.run(epochs(20))) {
    if (r.update % 100 == 0) std::cout << "update " << r.update << ": loss " << r.loss << "\n";
  }
  std::cout << "held-out accuracy " << trainer.evaluate(digits.test).accuracy << "\n";
}
