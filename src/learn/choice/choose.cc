#include "choice/choose.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "base/jobs.h"
#include "base/threads.h"
#include "choice/defaults.h"
#include "choice/outliers.h"
#include "data/subset.h"
#include "train/trial.h"

namespace thalweg {
namespace {

constexpr std::size_t kFolds = 5;
constexpr std::size_t kFewest = 20;  // training samples; fewer judge nothing

// What a core does in a second, about, and what an update costs beside its products.
constexpr double kSecond = 2e10, kUpdate = 4e4;
constexpr double kLongest = 5 * kSecond;  // of the training itself
constexpr double kAlways = 0.4 * kSecond, kTimes = 3;

// A decay, and how long beside what the data would get by themselves.
struct Form {
  double decay;
  double length;
};

// The more it decays, or the shorter it is, the less a training fits by heart: one that goes all the way, one
// that is held, and such as stop early. Of classes, which soon are told apart where they are few and clear,
// one goes further, where the work allows. Found by bench/tables.
constexpr Form kForValues[] = {{0.01, 1}, {1, 1}, {0.1, 0.1}, {3, 0.1}};
constexpr Form kForClasses[] = {{0.01, 1}, {1, 1}, {3, 0.3}, {0.1, 3}};
constexpr Form kOfThatLength[] = {{0.01, 1}, {1, 1}, {3, 1}, {0.1, 1}};

bool is_open(const RunConfig& config, const Dataset& data) {
  return config.optimizer == "auto" && data.image.empty() && config.order != "file" &&
         data.train.size() >= kFewest && config.keeping.init.empty() && !config.schedule_epochs &&
         config.machine.memory == 0;
}

std::uint64_t multiply_adds(const RunConfig& config, const Dataset& data) {
  std::uint64_t sum = 0;
  for (const LayerSummary& layer : Module(config.model, inputs_of(data, config.model)).summary())
    sum += layer.depth == 0 ? layer.multiply_adds : 0;
  return sum;
}

// Of a training on so many samples: forward, and twice as much backward.
double work_of(const RunConfig& config, std::size_t samples, std::uint64_t multiply_adds) {
  const TrainerOptions options = trainer_options_of(config);
  const auto epochs = static_cast<double>(*config.epochs);
  return epochs * (3.0 * static_cast<double>(samples_per_epoch(samples, options) * multiply_adds) +
                   kUpdate * static_cast<double>(updates_per_epoch(samples, options)));
}

// The forms that there are, that of fit_to_data() first. Where outliers would decide the loss, that one is
// also tried with one that follows them less.
std::vector<RunConfig> settings_of(const RunConfig& config, const Dataset& data, bool outliers) {
  const RunConfig first = fit_to_data(config, data);
  std::vector<RunConfig> settings = {first};
  const std::span<const Form> forms = config.epochs      ? std::span<const Form>(kOfThatLength)
                                      : data.classes > 0 ? std::span<const Form>(kForClasses)
                                                         : std::span<const Form>(kForValues);
  for (const Form& form : forms) {
    RunConfig one = first;
    one.epochs = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(std::llround(form.length * static_cast<double>(*first.epochs))));
    one.optimizer = optimizer_of(form.decay, one, data);
    if (one.optimizer != first.optimizer || one.epochs != first.epochs) settings.push_back(std::move(one));
  }
  if (outliers) {
    settings.push_back(first);
    settings.back().loss = "huber";
  }
  return settings;
}

// Those whose work is allowed.
Choice what_fits(const RunConfig& config, const Dataset& data, bool outliers) {
  if (!is_open(config, data)) return {};
  Choice choice{.settings = settings_of(config, data, outliers)};
  const RunConfig& first = choice.settings.front();
  const std::uint64_t each = multiply_adds(first, data);
  const double whole = work_of(first, data.train.size(), each);
  if (whole > kLongest) return {};
  choice.allowed = std::max(kAlways, kTimes * whole);
  double sum = 0;
  for (std::size_t i = 0; i < choice.settings.size();) {
    const double work = work_of(choice.settings[i], data.train.size() - data.train.size() / kFolds, each);
    if (sum + work > choice.allowed) {
      choice.settings.erase(choice.settings.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    sum += work;
    choice.work.push_back(work);
    ++i;
  }
  return choice.settings.size() > 1 ? choice : Choice{};
}

std::string form_text(const RunConfig& config, const RunConfig& first) {
  const std::string& text = config.optimizer;
  const std::size_t decay = text.find("decay=");
  return fmt::format("{} for {} epochs{}", text.substr(decay, text.size() - decay - 1), *config.epochs,
                     config.loss == first.loss ? "" : " of " + config.loss);
}

// What the folds so far said of a setting.
struct Verdict {
  double loss = 0;  // summed over what `mass` counts
  double mass = 0;

  void add(const std::optional<Evaluation>& judged) {
    loss += judged ? judged->loss * judged->mass : INFINITY;
    mass += judged ? judged->mass : 1;
  }
  double mean() const { return mass > 0 ? loss / mass : INFINITY; }
};

// By the loss `by`, whichever it trains with.
std::optional<Evaluation> judge(RunConfig config, const std::string& by, const Dataset& part,
                                const std::function<bool()>& stop) {
  config.threads = 1;
  Trial trial(make_model(config.model, inputs_of(part, config.model), config.seed), Loss(config.loss),
              Chain(config.optimizer), part, trainer_options_of(config), epochs(*config.epochs));
  if (!trial.train(stop)) return std::nullopt;
  if (config.loss != by)
    return Trial(copy_of(trial.model()), Loss(by), Chain("lr(0)"), part, trainer_options_of(config))
        .evaluate(part.test);
  std::optional<Evaluation> judged = trial.evaluate(part.test);
  if (judged && judged->has_no_loss()) judged->loss = 0;  // it says nothing of any setting
  return judged;
}

std::string why(const Choice& choice, const std::vector<Verdict>& verdicts, std::size_t best) {
  const RunConfig& first = choice.settings.front();
  std::string out = "optimizer auto: took " + form_text(choice.settings[best], first) +
                    " by the loss on folds of the training part:";
  for (std::size_t i = 0; i < choice.settings.size(); ++i)
    out += fmt::format("{} {:.4g} of {}", i > 0 ? "," : "", verdicts[i].mean(),
                       form_text(choice.settings[i], first));
  return out;
}

}  // namespace

bool Choice::has_huber() const { return !settings.empty() && settings.back().loss != settings.front().loss; }

std::string Choice::text() const {
  if (settings.empty()) return "";
  std::string out = "optimizer auto: a training first tries";
  for (std::size_t i = 0; i < settings.size(); ++i)
    out += (i > 0 ? ", " : " ") + form_text(settings[i], settings.front());
  return out + " on folds of its training part; the first is shown";
}

Choice choice_of(const RunConfig& config, const Dataset& data) {
  const std::optional<Outliers> outliers = config.loss == "auto" ? outliers_of(data) : std::nullopt;
  Choice choice = what_fits(config, data, outliers.has_value());
  if (outliers) {
    choice.outliers =
        outliers->text(data) +
        (choice.has_huber() ? "; tried: mse and huber" : "; --loss huber follows them less than mse");
  }
  return choice;
}

Chosen choose(const RunConfig& config, const Dataset& data, const std::function<bool()>& stop) {
  const Choice choice = choice_of(config, data);
  if (choice.settings.empty()) return {config, "", choice.outliers};
  const int threads = config.threads == 0 ? available_threads() : config.threads;
  std::vector<Verdict> verdicts(choice.settings.size());
  std::vector<std::size_t> left(choice.settings.size());  // the best first
  std::iota(left.begin(), left.end(), std::size_t{0});
  double spent = 0;
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    if (fold > 0) left.resize(std::max<std::size_t>(2, (left.size() + 1) / 2));
    for (const std::size_t i : left) spent += choice.work[i];
    if (spent > choice.allowed) break;
    const Dataset part = fold_of(data, fold, kFolds, config.seed);
    std::vector<std::optional<Evaluation>> judged(left.size());
    in_parallel(left.size(), threads, [&](std::size_t i) {
      judged[i] = judge(choice.settings[left[i]], choice.settings.front().loss, part, stop);
    });
    if (stop && stop()) return {.config = config, .stopped = true};
    for (std::size_t i = 0; i < left.size(); ++i) verdicts[left[i]].add(judged[i]);
    std::ranges::stable_sort(left, {}, [&](std::size_t i) { return verdicts[i].mean(); });
  }
  const RunConfig& best = choice.settings[left.front()];
  Chosen chosen{config, why(choice, verdicts, left.front()), choice.outliers};
  chosen.config.optimizer = best.optimizer;
  chosen.config.epochs = best.epochs;
  if (choice.has_huber()) {
    chosen.config.loss = best.loss;
    chosen.outliers += "; taken: " + best.loss;
  }
  return chosen;
}

}  // namespace thalweg
