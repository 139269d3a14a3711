// Training on arrays of one's own, and predicting one row: two classes of points, inside and outside of a
// circle.
#include <algorithm>
#include <array>
#include <cstdint>
#include <iostream>
#include <random>
#include <utility>
#include <vector>

#include "thalweg/thalweg.h"

using namespace thalweg;

// Rows of two numbers and a label each, as one part of a data set.
Samples points(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> inputs;
  Samples out;
  for (std::size_t i = 0; i < count; ++i) {
    const float x = static_cast<float>(random() % 2001) / 1000 - 1,
                y = static_cast<float>(random() % 2001) / 1000 - 1;
    inputs.insert(inputs.end(), {x, y});
    out.labels.push_back(x * x + y * y < 0.5f ? 1 : 0);
  }
  out.assign(/*features=*/2, std::move(inputs));
  return out;
}

int main() {
  Dataset data;
  data.sample = {2};
  data.classes = 2;  // of values instead: data.columns = 1 and Samples::values
  data.train = points(1000, 1);
  data.test = points(500, 2);

  Module model("dense(32) | relu | dense(2)", data.sample);
  model.initialise(/*seed=*/1);
  const Loss loss("cross_entropy");
  Optimizer optimizer(model.params(), Chain("adam(lr=0.01)"));
  Trainer trainer(model, loss, optimizer, data, /*batch=*/50, /*seed=*/1);
  for (const Report& r : trainer.run(epochs(30))) {
    if (r.update % 200 == 0) std::cout << "update " << r.update << ": loss " << r.loss << "\n";
  }
  const double accuracy = trainer.evaluate(data.test).accuracy;

  // One row at a time: the model is recorded once, for inputs of one row, and replayed. A row that is read as
  // the data were is scaled as they were; these are not scaled.
  Tape tape(Dtype::f32, /*threads=*/1, Passes::forward);
  const Tensor x = tape.input({1, 2}), scores = model.record(tape, x);
  const auto label = [&](std::array<float, 2> row) {
    std::ranges::copy(row, tape.value<float>(x).begin());
    tape.forward();
    return tape.value<float>(scores)[1] > tape.value<float>(scores)[0] ? 1 : 0;
  };
  std::cout << "held-out accuracy " << accuracy << "; (0.1, 0.1) is " << label({0.1f, 0.1f})
            << ", (0.9, 0.9) is " << label({0.9f, 0.9f}) << "\n";
  return accuracy > 0.95 && label({0.1f, 0.1f}) == 1 && label({0.9f, 0.9f}) == 0 ? 0 : 1;
}
