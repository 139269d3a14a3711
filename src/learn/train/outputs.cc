#include "train/outputs.h"

namespace thalweg {

Outputs outputs_of(const Dataset& data, const Module& model, const Loss& loss) {
  const std::size_t numbers = count(model.outputs());
  Outputs out;
  out.classes = data.classes > 0;
  out.one = data.classes == 2 && numbers == 1;
  out.is_probability = out.one && loss.outputs() == Loss::Outputs::probabilities;
  out.probabilities = out.classes && (out.one || loss.outputs() == Loss::Outputs::softmax);
  const std::size_t columns = out.one ? 2 : numbers;
  out.names = out.classes ? data.class_names : data.target_names;
  for (std::size_t i = out.names.size(); i < columns; ++i) {
    const std::string number = std::to_string(out.classes ? i : i + 1);
    const bool variance = !out.classes && columns == 2 * data.columns && i >= data.columns;
    out.names.push_back(variance       ? out.names[i - data.columns] + ".variance"
                        : out.classes  ? number
                        : columns == 1 ? "value"
                                       : "value" + number);
  }
  return out;
}

std::vector<Scaling> scaling_of_outputs(const Dataset& data, std::size_t outputs) {
  std::vector<Scaling> out = data.target_scaling;
  if (outputs != 2 * data.columns) return out;
  for (const Scaling& scaling : data.target_scaling) out.push_back({0, scaling.factor * scaling.factor});
  return out;
}

double predicted(const Dataset& data, std::size_t i, double output) {
  return i < data.target_range.size() ? data.target_range[i].nearest(output) : output;
}

}  // namespace thalweg
