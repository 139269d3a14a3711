#include "train/trial.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace thalweg {
namespace {

OptimizerOptions with_threads(OptimizerOptions options, int threads) {
  options.threads = threads;
  return options;
}

}  // namespace

Module make_model(std::string_view text, const Shape& inputs, std::uint64_t seed) {
  Module model(text, inputs);
  model.initialise(seed);
  return model;
}

Module copy_of(const Module& model) {
  Module copy(model.text(true), model.inputs(), model.dtype());
  for (std::size_t i = 0; i < model.params().size(); ++i) {
    const Parameter& from = model.params()[i];
    Parameter& to = copy.params()[i];
    std::ranges::copy(from.value<float>(), to.value<float>().begin());
    to.set_frozen(from.frozen());
  }
  return copy;
}

Lengths lengths_of(TrainingLength length, const Dataset& data, const TrainerOptions& options) {
  const std::uint64_t per_epoch = updates_per_epoch(data.train.size(), options);
  return {.updates = length.epochs * per_epoch + length.updates, .per_epoch = per_epoch};
}

Trial::Trial(Module model, Loss loss, const Chain& chain, const Dataset& data, const TrainerOptions& options,
             TrainingLength length, OptimizerOptions optimizer)
    : model_(std::move(model)),
      loss_(loss.resolve(data.train.labels, data.classes)),
      optimizer_(model_.params(), chain.resolve(lengths_of(length, data, options)),
                 with_threads(std::move(optimizer), options.threads)),
      trainer_(model_, loss_, optimizer_, data, options),
      total_(lengths_of(length, data, options).updates) {}

std::optional<double> Trial::step() {
  const std::optional<Report> report = unless_diverged([this] { return trainer_.step(); });
  if (!report || !std::isfinite(report->loss)) return std::nullopt;
  return report->loss;
}

bool Trial::train(const std::function<bool()>& stop) {
  while (optimizer_.updates() < total_) {
    if ((stop && stop()) || !step()) return false;
  }
  return true;
}

std::optional<Evaluation> Trial::evaluate(const Samples& samples, Metrics wanted) {
  const Averaged averaged = trainer_.averaged();
  const Evaluation evaluation = trainer_.evaluate(samples, wanted);
  if (!std::isfinite(evaluation.loss) && !evaluation.has_no_loss()) return std::nullopt;
  return evaluation;
}

}  // namespace thalweg
