#include "train/evaluate_classes.h"

#include <vector>

#include "metrics/class_score.h"
#include "metrics/score.h"
#include "train/recording.h"

namespace thalweg {

Evaluation evaluate_classes(const Loss& loss, const Dataset& data, const Samples& samples,
                            std::span<const std::uint32_t> rows, std::size_t columns, std::size_t chunk,
                            Metrics wanted, const PredictRows& predict) {
  std::vector<std::uint32_t> known, unknown;
  double judged = 0;  // weight of the samples that have a class, whether it is known or not
  for (const std::uint32_t row : rows) {
    const std::int32_t label = samples.labels[row];
    if (loss.ignores(label)) continue;
    judged += samples.weights.empty() ? 1.0 : samples.weights[row];
    (label == kNoClass ? unknown : known).push_back(row);
  }
  Evaluation out{.samples = rows.size(), .unknown = unknown.size()};
  ClassScore score(loss, columns, data.classes, known.size() + unknown.size(), wanted);
  for_chunks(known, chunk, [&](std::span<const std::uint32_t> some) {
    const PredictedRows said = predict(known, some);
    const Targets targets{.labels = said.labels, .values = {}, .exact = {}, .weights = said.weights};
    out.loss += loss.evaluate(said.outputs, columns, targets, 0, {});
    out.mass += loss.mass(targets, some.size());
    score.add(said.outputs, said.labels, said.weights);
  });
  for_chunks(unknown, chunk, [&](std::span<const std::uint32_t> some) {
    const PredictedRows said = predict(unknown, some);
    score.add(said.outputs, said.labels, said.weights);
  });
  score.fill(out, judged);
  out.classes.names = class_names(data.class_names, data.classes);
  return out;
}

}  // namespace thalweg
