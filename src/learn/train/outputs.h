// What the outputs of a run's model are to people.
#pragma once

#include <string>
#include <vector>

#include "thalweg/dataset.h"
#include "thalweg/loss.h"
#include "thalweg/module.h"

namespace thalweg {

struct Outputs {
  std::vector<std::string> names;  // of classes or values
  bool classes = false;
  bool probabilities = false;   // each class has one; otherwise a score
  bool one = false;             // a single output tells two classes apart: see both_scores()
  bool is_probability = false;  // and is the probability of the second
};

Outputs outputs_of(const Dataset& data, const Module& model, const Loss& loss);

// How the first of so many outputs of a regression were scaled; variances, which some losses have behind the
// values, by the square.
std::vector<Scaling> scaling_of_outputs(const Dataset& data, std::size_t outputs);

// What output i of a regression says of the target, as that is scaled: within target_range, where there is
// one.
double predicted(const Dataset& data, std::size_t i, double output);

}  // namespace thalweg
