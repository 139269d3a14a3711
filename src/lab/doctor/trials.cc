// Faults that show when parts of a run are done again.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "doctor/examined_run.h"
#include "find/lr_trials.h"
#include "thalweg/checkpoint.h"
#include "train/trial.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kTrialUpdates = 300;
constexpr std::size_t kJudge = 1000;
constexpr double kFarBetter = 0.33;  // of the loss
constexpr double kLearns = 0.9;      // of the loss before training
constexpr double kRunIsWorse = 1.5;  // than that trial
constexpr std::uint64_t kMostReplayed = 20000;
constexpr std::size_t kFiringRows = 1000;
constexpr double kDeadShare = 0.3;

constexpr const char* kSmallerRate = "use a smaller rate (`thalweg lr-find`), a warm-up, or `clip_norm(1)`";

std::vector<std::uint32_t> first_rows(const Samples& samples, std::size_t most) {
  std::vector<std::uint32_t> rows(std::min(samples.size(), most));
  std::iota(rows.begin(), rows.end(), 0u);
  return rows;
}

bool is_finite(std::span<const float> values) {
  return std::ranges::all_of(values, [](float x) { return std::isfinite(x); });
}

// What is not finite once a step finds its loss not so: parameters come before the layers that use them.
std::string first_not_finite(const Module& model, const ExaminedRun& run, std::uint64_t came) {
  for (const Parameter& parameter : model.params()) {
    if (!is_finite(parameter.value<float>())) return "parameter `" + parameter.name() + "`";
  }
  const TrainerOptions& o = run.options;
  Loader loader(run.data.train.size(), o.batch * o.accumulate, o.seed, o.order);
  const std::span<const std::uint32_t> batch = loader.samples(came);
  for (const LayerOutput& output : layer_outputs(model, run.data.train, batch)) {
    if (!is_finite(output.values))
      return "output of `" + output.name + "`" + output.layer.substr(output.name.size());
  }
  return "loss";
}

// What the run recorded last, if that says that it did not end well.
bool looks_cut_off(const ExaminedRun& run) {
  const std::vector<page::Update>& updates = run.seen.updates;
  const auto bad = [](const page::Update& update) {
    return !std::isfinite(update.loss) || !std::isfinite(update.grad_norm);
  };
  return (!run.seen.result.there && run.updates < run.total) || std::ranges::any_of(updates, bad);
}

Finding not_finite(const std::string& what, std::uint64_t update) {
  return {"not-finite",
          fmt::format("the first that is NaN or infinite is the {}, at update {}", what, update),
          kSmallerRate};
}

double last_train_loss(const ExaminedRun& run) {
  if (!run.seen.epochs.empty()) return run.seen.epochs.back().train_loss;
  return run.seen.updates.empty() ? NAN : run.seen.updates.back().loss;
}

// Whether `other` is far better than `own`, and than all that the run came to.
bool far_better(const RateTrial& other, const RateTrial& own, double run_loss) {
  if (other.diverged) return false;
  const bool trial = own.diverged || other.loss < kFarBetter * own.loss;
  return trial && !(run_loss < kRunIsWorse * other.loss);
}

std::string outcome(const RateTrial& trial) {
  return trial.diverged ? "diverges" : fmt::format("reaches the loss {:.3g}", trial.loss);
}

}  // namespace

// The run itself once more, from its newest checkpoint, watched.
Findings find_not_finite(const ExaminedRun& run) {
  if (!looks_cut_off(run)) return {};
  Trial replay(copy_of(run.start), run.loss, run.chain, run.data, run.options, {},
               {.nonfinite = parse_nonfinite(run.config.machine.nonfinite)});
  if (!run.checkpoint.empty() && run.checkpoint.filename().string().find("best") == std::string::npos) {
    load_checkpoint(run.checkpoint, replay.model().params(), replay.optimizer());
  }
  const std::uint64_t first = replay.optimizer().updates();
  const std::uint64_t end = std::min({run.total, run.updates + run.per_epoch, first + kMostReplayed});
  while (replay.optimizer().updates() < end) {
    const std::uint64_t came = replay.optimizer().gradients();
    const std::optional<Report> report = unless_diverged([&] { return replay.trainer().step(); });
    const std::uint64_t update = replay.optimizer().updates() + (report && !report->skipped ? 0 : 1);
    if (!report || !std::isfinite(report->loss)) {
      return {not_finite(first_not_finite(replay.model(), run, came), update)};
    }
    if (report->nonfinite > 0) {
      const std::string what = report->overflows ? "value or state of `" : "gradient of `";
      return {not_finite(what + report->nonfinite_parameter->name() + "`", update)};
    }
  }
  return {};
}

Findings find_rate(const ExaminedRun& run, Diagnosis& diagnosis) {
  std::optional<RateText> text;
  try {
    text.emplace(Chain(run.config.optimizer).text());
  } catch (const Error&) {
    diagnosis.notes.emplace_back("the optimizer does not have exactly one rate: other rates were not tried");
    return {};
  }
  if (text->peak() == 0 || run.data.train.size() < 2) return {};
  const std::uint64_t length = std::min(run.total, kTrialUpdates);
  const Dataset part = set_aside_for(run.data, run.options, length, kJudge);
  const LrTrials training{run.start, run.loss, *text, part, run.options, updates(length)};
  const double rate = text->peak();
  std::vector<double> rates;
  for (const double factor : {1.0, 1e-3, 1e-2, 0.1, 10.0, 100.0, 1000.0}) rates.push_back(rate * factor);
  const std::vector<RateTrial> trials = training.at(rates, run.options.threads);
  const RateTrial& own = trials.front();
  const RateTrial& best = *std::ranges::min_element(
      trials, {}, [](const RateTrial& trial) { return trial.diverged ? INFINITY : trial.loss; });
  const double run_loss = looks_cut_off(run) ? NAN : last_train_loss(run);
  const bool learns = !(best.loss >= kLearns * training.start_loss());
  diagnosis.rate = rate;
  diagnosis.trials = trials;
  std::ranges::sort(diagnosis.trials, {}, &RateTrial::rate);
  if (!learns || !far_better(best, own, run_loss)) return {};
  const bool smaller = best.rate < rate;
  if (!smaller && !run.seen.result.there) return {};  // it may still get there
  return {{smaller ? "rate-too-large" : "rate-too-small",
           fmt::format("in {} updates the rate {:.3g} {}, and {:.3g} {}", length, rate, outcome(own),
                       best.rate, outcome(best)),
           fmt::format("try `--optimizer \"{}\"`; `thalweg lr-find` searches more closely",
                       text->with(best.rate))}};
}

Findings find_dead_units(const ExaminedRun& run) {
  if (!run.trained) return {};
  const std::vector<std::uint32_t> rows = first_rows(run.data.train, kFiringRows);
  Findings findings;
  for (const LayerOutput& output : layer_outputs(*run.trained, run.data.train, rows)) {
    if (output.name != "relu") continue;
    std::vector<bool> fires(output.units, false);
    for (std::size_t i = 0; i < output.values.size(); ++i) {
      if (output.values[i] > 0) fires[i % output.units] = true;
    }
    const auto dead = static_cast<std::size_t>(std::ranges::count(fires, false));
    if (static_cast<double>(dead) < kDeadShare * static_cast<double>(output.units)) continue;
    findings.push_back({"dead-units",
                        fmt::format("{} of the {} units of {} are 0 for all {} training samples", dead,
                                    output.units, output.layer, rows.size()),
                        "use a smaller rate or a warm-up, or `gelu` in place of `relu`"});
  }
  return findings;
}

}  // namespace thalweg
