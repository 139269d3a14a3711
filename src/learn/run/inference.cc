// A run's model at work: on held-out data, and on data without targets.
#include <algorithm>
#include <numeric>

#include "base/file.h"
#include "run/config.h"
#include "run/folder.h"
#include "run/loaded_weights.h"
#include "thalweg/error.h"
#include "thalweg/run.h"
#include "train/recording.h"

namespace thalweg {
namespace {

void name_outputs(const Dataset& data, std::size_t columns, RunPredictions& out) {
  out.classes = data.classes > 0;
  out.names = out.classes ? data.class_names : data.target_names;
  for (std::size_t i = out.names.size(); i < columns; ++i) {
    const std::string number = std::to_string(out.classes ? i : i + 1);
    out.names.push_back(out.classes ? number : columns == 1 ? "value" : "value" + number);
  }
}

// One row of scores as people read it.
void finish_row(const Dataset& data, std::span<float> row, RunPredictions& out) {
  if (out.classes)
    out.best.push_back(static_cast<std::uint32_t>(std::ranges::max_element(row) - row.begin()));
  if (out.probabilities) to_probabilities(row);
  if (out.classes) return;
  for (std::size_t i = 0; i < row.size() && i < data.target_scaling.size(); ++i) {
    const Scaling& scaling = data.target_scaling[i];
    row[i] = static_cast<float>(row[i] / scaling.factor + scaling.offset);
  }
}

}  // namespace

RunPredictions predict_run(const std::filesystem::path& directory, const std::string& data, int threads,
                           const std::string& checkpoint) {
  constexpr std::size_t kChunk = Trainer::kChunk;
  check_run(directory);
  const RunConfig config = read_config(directory / "config.toml");
  const Dataset dataset =
      load_all(data.empty() ? config.data : data, read_text_file(directory / "encoding.json"));
  RunPredictions out;
  out.data = dataset.text;
  out.rows = dataset.test.size();
  out.notes = dataset.notes;
  Module model(config.model, dataset.sample);
  const LoadedWeights weights = load_weights(directory,
                                             !checkpoint.empty()   ? checkpoint
                                             : has_best(directory) ? "best"
                                                                   : "last",
                                             model.params(), out.notes);
  out.updates = weights.updates();
  const bool one_logit = dataset.classes == 2 && count(model.outputs()) == 1;
  const std::size_t columns = one_logit ? 2 : count(model.outputs());
  name_outputs(dataset, columns, out);
  out.probabilities = out.classes && (one_logit || Loss(config.loss).classifies());
  std::vector<std::uint32_t> rows(dataset.test.size());
  std::iota(rows.begin(), rows.end(), 0u);
  Recordings recordings(model, config.seed, threads);
  for_chunks(rows, kChunk, [&](std::span<const std::uint32_t> chunk) {
    Recording& recording = recordings.forward(dataset.test, chunk);
    const std::span<const float> scores = recording.tape.value<float>(recording.y);
    for (const float score : scores) {
      if (one_logit) out.numbers.push_back(0);  // of class 0: softmax over both is the logistic function
      out.numbers.push_back(score);
    }
  });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    finish_row(dataset, std::span(out.numbers).subspan(i * columns, columns), out);
  }
  return out;
}

RunEvaluation evaluate_run(const std::filesystem::path& directory, const std::string& data, int threads,
                           const std::string& checkpoint) {
  check_run(directory);
  const RunConfig config = read_config(directory / "config.toml");
  Dataset dataset = load_dataset(data.empty() ? config.data : data, config.seed,
                                 read_text_file(directory / "encoding.json"));
  RunEvaluation out;
  out.data = dataset.text;
  if (dataset.test.size() == 0) {
    throw Error(Code::data, {out.data, "there are no held-out samples", "", "at least one", ""});
  }
  Module model(config.model, dataset.sample);
  const Loss loss(config.loss);
  const bool best = config.restore_best.value_or(false) && has_best(directory);
  const LoadedWeights weights = load_weights(directory,
                                             !checkpoint.empty() ? checkpoint
                                             : best              ? "best"
                                                                 : "last",
                                             model.params(), out.notes);
  out.updates = weights.updates();
  Optimizer stands_still(model.params(), Chain("lr(0)"));
  Trainer trainer(model, loss, stands_still, dataset,
                  {.batch = static_cast<std::size_t>(config.batch.value_or(0)),
                   .accumulate = static_cast<std::size_t>(config.accumulate),
                   .seed = config.seed,
                   .threads = threads});
  out.test = trainer.evaluate(dataset.test);
  return out;
}

}  // namespace thalweg
