#include "train/trial.h"

#include <algorithm>
#include <cmath>

namespace thalweg {

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

Trial::Trial(const Module& start, const Loss& loss, const Chain& chain, const Dataset& data,
             const TrainerOptions& options, Nonfinite nonfinite)
    : model_(copy_of(start)),
      optimizer_(model_.params(), chain, {.threads = options.threads, .nonfinite = nonfinite}),
      trainer_(model_, loss, optimizer_, data, options) {}

std::optional<double> Trial::step() {
  const std::optional<Report> report = unless_diverged([this] { return trainer_.step(); });
  if (!report || !std::isfinite(report->loss)) return std::nullopt;
  return report->loss;
}

bool Trial::train(std::uint64_t updates) {
  while (optimizer_.updates() < updates) {
    if (!step()) return false;
  }
  return true;
}

std::optional<Evaluation> Trial::evaluate(const Samples& samples) {
  const Averaged averaged = optimizer_.averaged();
  const Evaluation evaluation = trainer_.evaluate(samples);
  if (!std::isfinite(evaluation.loss)) return std::nullopt;
  return evaluation;
}

}  // namespace thalweg
