#include "compare/trials.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "choice/defaults.h"
#include "data/subset.h"
#include "metrics/json.h"
#include "run/config.h"
#include "run/weights/load_weights.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

// Processor time of the calling thread: others that run at the same time do not count.
double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// What the held-out samples say; false when the loss is not finite. R2 need not be defined.
bool judge(Trial& training, const Dataset& data, const Metric& score, bool last, double seconds,
           ComparedTrial& trial) {
  const std::optional<Evaluation> found = training.evaluate(data.test, last ? Metrics::all : score.needs());
  if (!found) return false;
  if (last) {
    trial.baseline = found->baseline;
    for (const Metric& metric : metrics()) {
      const double number = metric.read(*found);
      if (std::isfinite(number)) trial.metrics.emplace_back(metric.name, number);
    }
  }
  trial.epochs.push_back({.update = training.optimizer().updates(),
                          .seconds = seconds,
                          .loss = found->loss,
                          .score = score.read(*found)});
  return true;
}

// One epoch; false when `stop` was set. Gradients that a gate holds back count as seen.
bool train_epoch(Trial& training, std::uint64_t epoch, const std::atomic<bool>& stop, double& loss) {
  const std::uint64_t end = (epoch + 1) * training.trainer().updates_per_epoch();
  double sum = 0, mass = 0;
  while (training.optimizer().gradients() < end) {
    if (stop) return false;
    const double mean = training.trainer().step().loss;
    sum += mean * training.trainer().mass();
    mass += training.trainer().mass();
  }
  loss = sum / mass;
  return true;
}

}  // namespace

CompareSetup::CompareSetup(const RunConfig& given, const CompareOptions& wanted, Dataset&& dataset)
    : options(wanted),
      contenders(thalweg::contenders(wanted)),
      config(fit_to_data(given, dataset)),
      data(std::move(dataset)) {
  config.data = data.text;
  config.model = Module(config.model, inputs_of(data, config.model)).text();
  config.loss = Loss(config.loss).text();
  score =
      &metric_of(options.monitor.empty() || options.monitor == "loss" ? data.classes > 0 ? "accuracy" : "r2"
                                                                      : options.monitor);
  if (!options.monitor.empty())
    check_measured(*score, data, Loss(config.loss),
                   count(Module(config.model, inputs_of(data, config.model)).outputs()));
  options.tuning_epochs = options.tuning_epochs.value_or(config.epochs.value());
  const bool tunes = options.rates > 1;
  if (tunes) tuning_data = validation_split(data, config.seed);
  fit_schedule(tunes);
  for (const Contender& contender : contenders) {
    if (!contender.names_rate && !tunes) {
      throw Error(Code::usage, {"rates", "a single rate must be given", "`" + contender.given + "`",
                                "an optimizer with a rate", "write `lr=` or try --rates 11"});
    }
    for (const bool tuning : {false, tunes}) start({.optimizer = contender.given, .tuning = tuning});
  }
}

// The schedule that nobody has named has no warm-up where a trial is one update.
void CompareSetup::fit_schedule(bool tunes) {
  if (options.schedule != CompareOptions().schedule) return;
  const bool short_trial = std::ranges::any_of(contenders, [&](const Contender& contender) {
    const auto is_one_update = [&](bool tuning) {
      return epochs_of(tuning) == 1 && data_of(tuning).train.size() <= batch_of(contender);
    };
    return is_one_update(false) || (tunes && is_one_update(true));
  });
  if (!short_trial) return;
  options.schedule = "cosine(1)";
  contenders = thalweg::contenders(options);
}

std::uint64_t CompareSetup::batch_of(const Contender& contender) const {
  const std::uint64_t all = data.train.size();
  if (contender.full_batch || *config.batch == 0) return all;
  return std::min(all, *config.batch * config.accumulate);
}

Trial CompareSetup::start(const ComparedTrial& trial) const {
  const Contender& contender = *std::ranges::find(contenders, trial.optimizer, &Contender::given);
  TrainerOptions trainer = trainer_options_of(config);
  trainer.seed = trial.seed;
  trainer.threads = 1;
  if (contender.full_batch) trainer.batch = 0;
  if (trainer.batch == 0) trainer.accumulate = 1;
  const Dataset& trained = data_of(trial.tuning);
  return {initial_model(config, data, trial.seed),
          Loss(config.loss),
          times(contender.chain, trial.factor),
          trained,
          trainer,
          epochs(epochs_of(trial.tuning)),
          {.nonfinite = parse_nonfinite(config.machine.nonfinite)}};
}

bool CompareSetup::train(ComparedTrial& trial, const std::atomic<bool>& stop) const {
  Trial training = start(trial);
  double seconds = 0;
  const std::optional<bool> ended = unless_diverged([&] {
    for (std::uint64_t epoch = 0; epoch < epochs_of(trial.tuning); ++epoch) {
      double loss = 0;
      const double begin = thread_seconds();
      if (!train_epoch(training, epoch, stop, loss)) return false;
      seconds += thread_seconds() - begin;
      const bool last = !trial.tuning && epoch + 1 == epochs_of(trial.tuning);
      trial.diverged = !judge(training, data_of(trial.tuning), *score, last, seconds, trial);
      if (trial.diverged) return true;
      if (training.optimizer().observes()) training.optimizer().observe(loss);
    }
    return true;
  });
  trial.diverged = trial.diverged || !ended;
  return ended.value_or(true);
}

}  // namespace thalweg
