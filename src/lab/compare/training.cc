#include "compare/training.h"

#include <time.h>

#include <cmath>
#include <string>

#include "base/random.h"
#include "data/part.h"
#include "data/split.h"
#include "thalweg/error.h"
#include "thalweg/loss.h"
#include "thalweg/module.h"
#include "thalweg/trainer.h"

namespace thalweg {
namespace {

// Processor time of the calling thread: others that run at the same time do not count.
double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

TrainerOptions trainer_options(const TrainingTask& task) {
  return {.batch = static_cast<std::size_t>(task.batch),
          .accumulate = static_cast<std::size_t>(task.batch == 0 ? 1 : task.config.accumulate),
          .order = read_order(task.config.order).value(),
          .seed = task.seed,
          .threads = 1};
}

// A model with its optimizer, ready to go.
struct Bench {
  explicit Bench(const TrainingTask& task)
      : model(task.config.model, task.data.sample),
        loss(task.config.loss),
        optimizer(model.params(), resolved_chain(task),
                  {.threads = 1, .nonfinite = parse_nonfinite(task.config.nonfinite)}),
        trainer(model, loss, optimizer, task.data, trainer_options(task)) {
    model.initialise(task.seed);
  }

  Module model;
  Loss loss;
  Optimizer optimizer;
  Trainer trainer;
};

// What the held-out samples say; false when it is not finite.
bool judge(Bench& bench, const Dataset& data, double seconds, ComparedRun& run) {
  const Averaged averaged = bench.optimizer.averaged();
  const Evaluation found = bench.trainer.evaluate(data.test);
  const double score = data.classes > 0 ? found.accuracy : found.r2;
  if (!std::isfinite(found.loss) || !std::isfinite(score)) return false;
  run.epochs.push_back(
      {.update = bench.optimizer.updates(), .seconds = seconds, .loss = found.loss, .score = score});
  return true;
}

// One epoch; false when `stop` was set. Gradients that a gate holds back count as seen.
bool train_epoch(Bench& bench, std::uint64_t epoch, const std::atomic<bool>& stop, double& loss) {
  const std::uint64_t end = (epoch + 1) * bench.trainer.updates_per_epoch();
  double sum = 0, samples = 0;
  while (bench.optimizer.gradients() < end) {
    if (stop) return false;
    const Report report = bench.trainer.step();
    sum += report.loss * static_cast<double>(report.samples);
    samples += static_cast<double>(report.samples);
  }
  loss = sum / samples;
  return true;
}

std::vector<bool> drawn(const Dataset& data, std::uint64_t seed) {
  if (data.classes > 0) return hold_out(data.train.labels, data.classes, seed);
  const std::vector<std::int32_t> one_class(data.train.size(), 0);
  return hold_out(one_class, 1, seed);
}

}  // namespace

Chain resolved_chain(const TrainingTask& task) {
  const std::uint64_t per_epoch = updates_per_epoch(task);
  return task.chain.resolve({.updates = task.epochs * per_epoch, .per_epoch = per_epoch});
}

std::uint64_t updates_per_epoch(const TrainingTask& task) {
  return updates_per_epoch(task.data.train.size(), trainer_options(task));
}

bool train(const TrainingTask& task, const std::atomic<bool>& stop, ComparedRun& run) {
  Bench bench(task);
  double seconds = 0;
  try {
    for (std::uint64_t epoch = 0; epoch < task.epochs; ++epoch) {
      double loss = 0;
      const double start = thread_seconds();
      if (!train_epoch(bench, epoch, stop, loss)) return false;
      seconds += thread_seconds() - start;
      run.diverged = !judge(bench, task.data, seconds, run);
      if (run.diverged) return true;
      if (bench.optimizer.observes()) bench.optimizer.observe(loss);
    }
  } catch (const Error& error) {
    if (error.code() != Code::diverged) throw;
    run.diverged = true;
  }
  return true;
}

Dataset validation_split(const Dataset& data, std::uint64_t seed) {
  const std::vector<bool> held = drawn(data, seed);
  std::vector<std::uint32_t> train, test;
  for (std::uint32_t row = 0; row < held.size(); ++row) (held[row] ? test : train).push_back(row);
  if (train.empty() || test.empty()) {
    throw Error(Code::data, {data.text, "too few samples to find a rate by",
                             std::to_string(held.size()) + " to train on", "5 or more of a class", ""});
  }
  return parted(data, train, test);
}

}  // namespace thalweg
