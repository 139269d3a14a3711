// A training in memory: a model with its loss, its optimizer and its trainer, which belong together.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "thalweg/error.h"
#include "thalweg/trainer.h"

namespace thalweg {

class Trial {
 public:
  // Trains `model` from its weights as they stand; what is frozen stays so. `weight=balanced` of the loss is
  // counted in `data`. What has no length in `chain` yet is planned for `length`. `options` says the threads
  // of both. `data` must outlive it. Throws as Chain::resolve, Optimizer and Trainer do.
  Trial(Module model, Loss loss, const Chain& chain, const Dataset& data, const TrainerOptions& options,
        TrainingLength length = {}, OptimizerOptions optimizer = {});

  std::uint64_t total() const { return total_; }  // updates of `length`

  // One update; its loss, from before it, or nothing when that is not finite: nothing has changed then.
  std::optional<double> step();

  // All updates of `length`; false when the loss is not finite before that, or `stop`, asked before every
  // update, said so.
  bool train(const std::function<bool()>& stop = {});

  // With the averages of a chain that averages, as Trainer::averaged(). Nothing when the loss is not finite.
  std::optional<Evaluation> evaluate(const Samples& samples, Metrics wanted = Metrics::counted);

  Module& model() { return model_; }
  const Loss& loss() const { return loss_; }
  Optimizer& optimizer() { return optimizer_; }
  Trainer& trainer() { return trainer_; }

 private:
  Module model_;
  Loss loss_;
  Optimizer optimizer_;
  Trainer trainer_;
  std::uint64_t total_;
};

// A model with its initial weights.
Module make_model(std::string_view text, const Shape& inputs, std::uint64_t seed);

// A model of the same text with the same weights.
Module copy_of(const Module& model);

// What the schedules of such a training are planned for.
Lengths lengths_of(TrainingLength length, const Dataset& data, const TrainerOptions& options);

// What f() returns, or nothing where it throws Error(diverged).
template <class F>
auto unless_diverged(const F& f) -> std::optional<decltype(f())> {
  try {
    return f();
  } catch (const Error& error) {
    if (error.code() != Code::diverged) throw;
    return std::nullopt;
  }
}

}  // namespace thalweg
