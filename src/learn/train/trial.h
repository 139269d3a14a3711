// A short training in memory, to see what comes of a setting.
#pragma once

#include <cstdint>
#include <optional>

#include "thalweg/error.h"
#include "thalweg/trainer.h"

namespace thalweg {

class Trial {
 public:
  // Begins at the weights of `start`, of which it trains a copy; what is frozen there is frozen here. `chain`
  // is resolved. `loss` and `data` must outlive it. Throws as Optimizer and Trainer do.
  Trial(const Module& start, const Loss& loss, const Chain& chain, const Dataset& data,
        const TrainerOptions& options, Nonfinite nonfinite = Nonfinite::report);

  // One update; its loss, from before it, or nothing when that is not finite: nothing has changed then.
  std::optional<double> step();

  // Updates until so many are done; false when the loss is not finite before that.
  bool train(std::uint64_t updates);

  // Nothing when the loss is not finite.
  std::optional<Evaluation> evaluate(const Samples& samples);

  Module& model() { return model_; }
  Optimizer& optimizer() { return optimizer_; }
  Trainer& trainer() { return trainer_; }

 private:
  Module model_;
  Optimizer optimizer_;
  Trainer trainer_;
};

// A model of the same text with the same weights.
Module copy_of(const Module& model);

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
