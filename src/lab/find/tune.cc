#include "thalweg/lab/tune.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "choice/defaults.h"
#include "comm/spread_jobs.h"
#include "data/subset.h"
#include "find/tune_folder.h"
#include "metrics/json.h"
#include "run/config.h"
#include "run/together.h"
#include "run/weights/load_weights.h"
#include "train/trial.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kEta = 3;  // one in this many continues, this many times as long
constexpr std::size_t kJudge = 2000;

// What one trial trains, nothing of it auto.
struct Candidate {
  TuneTrial trial;
  RunConfig config;
};

struct Search {
  const Dataset& part;  // of the data: to train on and to judge by
  std::vector<Candidate> drawn;
  TuneFolder& folder;
  Comm* comm;  // whose ranks share the trainings
};

std::vector<Template> templates_of(const std::vector<SettingText>& texts) {
  std::vector<Template> templates;
  for (const SettingText& text : texts) templates.emplace_back("--" + text.setting, text.text);
  const bool any = std::ranges::any_of(templates, [](const Template& t) { return t.has_ranges(); });
  if (any) return templates;
  throw Error(Code::usage, {"tune", "nothing to search", "", "a range in a text",
                            "such as --optimizer \"adamw(lr=log(1e-5, 1e-1))\""});
}

// Each text draws by a seed of its own, so that equal ranges in two of them differ.
Candidate draw(const RunSettings& base, const std::vector<SettingText>& texts,
               const std::vector<Template>& templates, const Dataset& data, std::uint64_t seed,
               std::uint64_t number) {
  RunSettings settings = base;
  Candidate out;
  out.trial.trial = number;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    DrawnText text = templates[i].draw(seed + 0x9E3779B97F4A7C15u * i, number);
    settings.set(texts[i].setting, text.text);
    out.trial.texts.push_back({texts[i].setting, std::move(text.text)});
    std::ranges::move(text.values, std::back_inserter(out.trial.values));
  }
  out.config = settings.config();
  out.config.machine.comm = nullptr;  // a training has none
  out.config = fit_to_data(out.config, data);
  out.config.threads = 1;
  return out;
}

// Also tells what is wrong with its settings, before any trains.
Trial trial_of(RunConfig config, const Dataset& part, std::uint64_t epochs, std::uint64_t repeat) {
  config.seed += repeat;
  return {initial_model(config, part, config.seed),
          Loss(config.loss),
          Chain(config.optimizer),
          part,
          trainer_options_of(config),
          thalweg::epochs(epochs)};
}

TuneTraining train(const Search& search, TuneTraining training) {
  Trial trial = trial_of(search.drawn[training.trial].config, search.part, training.epochs, training.repeat);
  const std::optional<Evaluation> judged =
      trial.train() ? trial.evaluate(search.part.test, Metrics::all) : std::nullopt;
  training.diverged = !judged;
  for (const Metric& metric : metrics()) {
    const double number = judged ? metric.read(*judged) : NAN;
    if (std::isfinite(number)) training.metrics.emplace_back(metric.name, number);
  }
  training.loss = judged ? judged->loss : NAN;
  training.accuracy = judged ? judged->accuracy : NAN;
  return training;
}

// Lengths of the rungs in epochs, the shortest first.
std::vector<std::uint64_t> rungs(std::uint64_t trials, std::uint64_t epochs, bool halving) {
  std::vector<std::uint64_t> lengths = {epochs};
  for (std::uint64_t n = trials; halving && n >= kEta && lengths.back() >= kEta; n /= kEta) {
    lengths.push_back(lengths.back() / kEta);
  }
  std::ranges::reverse(lengths);
  return lengths;
}

// The smaller, the better; what does not decide breaks ties.
std::pair<double, double> score(const TuneTrial& trial, const Metric& by) {
  if (trial.diverged) return {INFINITY, INFINITY};
  const double wrong = std::isnan(trial.accuracy) ? 0 : 1 - trial.accuracy;
  if (by.kind == Metric::Kind::loss) return {trial.loss, wrong};
  if (by.name == "accuracy") return {wrong, trial.loss};
  if (std::isnan(trial.judged)) return {INFINITY, trial.loss};
  return {by.higher_is_better ? -trial.judged : trial.judged, trial.loss};
}

double number_of(const TuneTraining& training, std::string_view metric) {
  const auto found = std::ranges::find(training.metrics, metric, &std::pair<std::string, double>::first);
  return found == training.metrics.end() ? NAN : found->second;
}

// The means over the repeats of one length.
void judge(TuneTrial& trial, const TuneFolder& folder, std::uint64_t epochs, std::uint64_t repeats,
           const Metric& by) {
  trial.epochs = epochs;
  trial.loss = trial.accuracy = 0;
  trial.metrics.clear();
  for (std::uint64_t repeat = 0; repeat < repeats; ++repeat) {
    const TuneTraining& training = *folder.find({trial.trial, epochs, repeat, false, 0, 0});
    trial.diverged = trial.diverged || training.diverged;
    trial.loss += training.loss / static_cast<double>(repeats);
    trial.accuracy += training.accuracy / static_cast<double>(repeats);
  }
  for (const Metric& metric : metrics()) {
    double sum = 0;
    for (std::uint64_t repeat = 0; repeat < repeats; ++repeat)
      sum += number_of(*folder.find({trial.trial, epochs, repeat, false, 0, 0}), metric.name);
    const double mean = sum / static_cast<double>(repeats);
    if (metric.name == by.name) trial.judged = mean;
    if (std::isfinite(mean)) trial.metrics.emplace_back(metric.name, mean);
  }
}

// Trains the trials that are left for so many epochs, as far as that was not done before.
void climb(Search& search, const std::vector<std::size_t>& left, std::uint64_t epochs,
           const TuneOptions& options, const Metric& by, Tuned& tuned) {
  std::vector<TuneTraining> wanted;
  for (const std::size_t trial : left) {
    for (std::uint64_t repeat = 0; repeat < options.repeats; ++repeat) {
      const TuneTraining key{trial, epochs, repeat, false, 0, 0};
      if (search.folder.find(key) == nullptr) {
        wanted.push_back(key);
      } else {
        ++tuned.found;
      }
    }
  }
  spread(
      search.comm, wanted.size(), options.threads,
      [&](std::size_t i) { return line_of(train(search, wanted[i])); },
      [&](std::size_t, const std::string& made) { search.folder.add(training_of(made)); });
  tuned.trained += wanted.size();
  for (const std::size_t trial : left)
    judge(search.drawn[trial].trial, search.folder, epochs, options.repeats, by);
}

std::string search_text(const RunSettings& base, const std::vector<SettingText>& texts, std::uint64_t seed) {
  RunConfig config = base.config();
  config.threads = 1;
  config.early_stopping.monitor = EarlyStoppingOptions().monitor;  // trainings are the same by any
  std::string out = print_config(config) + "seed of tune = " + std::to_string(seed) + "\n";
  for (const SettingText& text : texts) out += text.setting + " = " + text.text + "\n";
  return out;
}

std::string text_of(const TuneOptions& options) {
  return std::to_string(options.trials) + " trials, " + std::to_string(options.repeats) + " repeats, " +
         (options.halving ? "halving" : "random") + ", by " + options.by;
}

void check(const TuneOptions& options) {
  const auto refuse = [](const char* what) {
    throw Error(Code::usage, {"tune", what, "0", "1 or more", ""});
  };
  if (options.trials < 1) refuse("too few trials");
  if (options.repeats < 1) refuse("too few repeats");
}

}  // namespace

Tuned tune(const RunSettings& base, const std::vector<SettingText>& texts, const TuneOptions& options) {
  check(options);
  const std::vector<Template> templates = templates_of(texts);
  RunConfig config = base.config();
  Comm* const comm = std::exchange(config.machine.comm, nullptr);
  const Dataset data = load_dataset(config.data, config.seed, {}, config.rows.parts);
  const Metric& by = metric_of(options.by.empty() ? config.early_stopping.monitor : options.by, "tune");
  const RunConfig fitted = fit_to_data(config, data);
  std::vector<Candidate> drawn;
  const Dataset part = set_aside(data, data.train.size(), kJudge, config.seed);
  for (std::uint64_t trial = 0; trial < options.trials; ++trial) {
    drawn.push_back(draw(base, texts, templates, data, options.seed, trial));
    drawn.back().config.epochs = fitted.epochs;  // the same for all, whatever their batch
    check_config(drawn.back().config);
    Trial first = trial_of(drawn.back().config, part, *fitted.epochs, 0);
    check_measured(by, part, first.loss(), count(first.model().outputs()), "tune");
  }
  const std::string sought = search_text(base, texts, options.seed);
  Together together(comm);
  together.check_same(config, data, sought + text_of(options));
  TuneFolder folder(options.folder, sought, together);
  Search search{part, std::move(drawn), folder, comm};
  Tuned tuned{
      .trials = {}, .epochs = *fitted.epochs, .judge_samples = part.test.size(), .by = std::string(by.name)};
  std::vector<std::size_t> left(options.trials);
  std::iota(left.begin(), left.end(), std::size_t{0});
  for (const std::uint64_t epochs : rungs(options.trials, *fitted.epochs, options.halving)) {
    if (search.drawn.front().trial.epochs > 0) left.resize((left.size() + kEta - 1) / kEta);
    climb(search, left, epochs, options, by, tuned);
    std::ranges::stable_sort(left, {},
                             [&](std::size_t trial) { return score(search.drawn[trial].trial, by); });
  }
  for (Candidate& candidate : search.drawn) tuned.trials.push_back(std::move(candidate.trial));
  std::ranges::stable_sort(tuned.trials, {}, [&](const TuneTrial& trial) {
    return std::pair(-static_cast<double>(trial.epochs), score(trial, by));
  });
  return tuned;
}

}  // namespace thalweg
