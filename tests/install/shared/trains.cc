// Trains a small network on the embedded digits: exits with 0 if it then knows nine of ten that were held
// out, and if what the library throws is caught as its own type.
#include <thalweg/error.h>
#include <thalweg/trainer.h>
#include <thalweg/version.h>

#include <iostream>

using namespace thalweg;

int main() {
  const Dataset digits = load_dataset("digits", /*seed=*/1);
  Module model("dense(32) | relu | dense(10)", digits.sample);
  model.initialise(/*seed=*/1);
  const Loss loss("cross_entropy");
  Optimizer optimizer(model.params(), Chain("adam | decay(0.01) | lr(3e-3)"));
  Trainer trainer(model, loss, optimizer, digits, /*batch=*/64, /*seed=*/1);
  for ([[maybe_unused]] const Report& r : trainer.run(epochs(5))) {
  }
  const double accuracy = trainer.evaluate(digits.test).accuracy;
  std::cout << "thalweg " << version() << ", oneDNN " << onednn_version() << ": accuracy " << accuracy
            << "\n";
  try {
    const Chain chain("adamm | lr(1)");
  } catch (const Error& error) {
    return accuracy > 0.9 && error.code() == Code::usage ? 0 : 1;
  }
  return 1;
}
