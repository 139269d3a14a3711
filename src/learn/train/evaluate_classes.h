// How well predictions of classes are, whoever makes them: a model as it stands, or several as one.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "thalweg/dataset.h"
#include "thalweg/loss.h"
#include "thalweg/metrics.h"

namespace thalweg {

// What is said of some rows, and what they are. It stays as it is until the next ones are asked for.
struct PredictedRows {
  std::span<const float> outputs;  // rows x columns
  std::span<const std::int32_t> labels;
  std::span<const double> weights;  // empty: 1 each
};
using PredictRows =
    std::function<PredictedRows(std::span<const std::uint32_t> all, std::span<const std::uint32_t> rows)>;

// Asks for `chunk` of the rows of `samples` at a time, in the order of one list after the other. Those that
// the loss ignores are left out; those whose class the training data did not have come last, are wrong and
// have no loss. The loss is a sum, not yet divided by `mass`; `data` says the classes and their names.
Evaluation evaluate_classes(const Loss& loss, const Dataset& data, const Samples& samples,
                            std::span<const std::uint32_t> rows, std::size_t columns, std::size_t chunk,
                            Metrics wanted, const PredictRows& predict);

}  // namespace thalweg
