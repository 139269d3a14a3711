#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/spec.h"
#include "choice/defaults.h"
#include "find/lr_trials.h"
#include "run/config.h"
#include "run/together.h"
#include "run/weights/load_weights.h"
#include "thalweg/lab/find.h"
#include "train/trial.h"

namespace thalweg {
namespace {

constexpr double kSmoothing = 0.9;  // of the exponential average
constexpr double kClimbed = 2;      // times the loss at the start: the range test has diverged
constexpr double kFallen = 0.1;     // share of the whole fall that a rate must reach to count as moving
// In trainings that are much shorter than the run larger rates win.
constexpr std::uint64_t kMostTrial = 1000;
constexpr int kPerDecade = 2;

void check(const RateSearch& search) {
  const auto refuse = [](const char* what, const std::string& got, const char* want) {
    throw Error(Code::usage, {"rate search", what, got, want, ""});
  };
  if (!(search.from > 0) || !std::isfinite(search.to) || !(search.to > search.from)) {
    refuse("not a range of rates", print_number(search.from) + " to " + print_number(search.to),
           "0 < from < to");
  }
  if (search.sweep < 20) refuse("the range test is too short", std::to_string(search.sweep), "20 or more");
}

std::string text_of(const RateSearch& search) {
  return fmt::format("{} to {}, {} updates", search.from, search.to, search.trial);
}

std::vector<RateSweepPoint> range_test(const LrTrials& trials, const RateSearch& search) {
  const double n = static_cast<double>(search.sweep - 1);
  const Schedule ramp(fmt::format("exponential({}, every={}, gamma={})", print_number(search.from),
                                  search.sweep - 1, print_number(search.to / search.from)));
  Trial trial(copy_of(trials.model), trials.loss, Chain(trials.text.with(ramp)), trials.data, trials.options,
              updates(search.sweep));
  std::vector<RateSweepPoint> points;
  double average = 0;
  for (std::uint64_t k = 0; k < search.sweep; ++k) {
    const std::optional<double> loss = trial.step();
    if (!loss) break;
    average = kSmoothing * average + (1 - kSmoothing) * *loss;
    const double smoothed = average / (1 - std::pow(kSmoothing, static_cast<double>(k + 1)));
    const double rate = search.from * std::pow(search.to / search.from, static_cast<double>(k) / n);
    points.push_back({rate, *loss, smoothed});
    if (smoothed > kClimbed * points.front().smoothed) break;
  }
  return points;
}

// Sets the bounds of what is worth trying: from where the loss has begun to fall, a decade lower - longer
// training favours smaller rates -, to where it has climbed above its start.
void bracket(FoundRate& found, const RateSearch& search) {
  found.low = search.from;
  found.high = search.to;
  if (found.sweep.empty()) return;
  const double start = found.sweep.front().smoothed;
  const auto least = std::ranges::min_element(found.sweep, {}, &RateSweepPoint::smoothed);
  const auto moves = [&](const RateSweepPoint& p) {
    return p.smoothed <= start - kFallen * (start - least->smoothed);
  };
  const auto first = std::ranges::find_if(found.sweep, moves);
  found.low = std::max(search.from, first->rate / 10);
  const auto back =
      std::find_if(least, found.sweep.end(), [&](const RateSweepPoint& p) { return p.smoothed > start; });
  if (back != found.sweep.end()) {
    found.high = back->rate;
  } else if (found.sweep.size() < search.sweep) {
    found.high = found.sweep.back().rate;
  }
}

// Rates 10^(i / kPerDecade) within the bounds, one beyond each.
std::vector<double> ladder(double low, double high) {
  const double first = std::floor(kPerDecade * std::log10(low));
  const double last = std::ceil(kPerDecade * std::log10(high));
  std::vector<double> rates;
  for (double i = first; i <= last; ++i) rates.push_back(std::pow(10.0, i / kPerDecade));
  return rates;
}

void try_all(const LrTrials& trials, const std::vector<double>& rates, FoundRate& found) {
  const std::vector<RateTrial> made = trials.at(rates, trials.options.threads);
  found.trials.insert(found.trials.end(), made.begin(), made.end());
  std::ranges::sort(found.trials, {}, &RateTrial::rate);
}

double score(const RateTrial& trial) { return trial.diverged ? INFINITY : trial.loss; }

std::size_t best_of(const std::vector<RateTrial>& trials) {
  return static_cast<std::size_t>(std::ranges::min_element(trials, {}, score) - trials.begin());
}

// The vertex of the parabola through three points, x being the logarithm of the rate; the middle one is
// lowest, so the vertex is between the others.
double vertex(const RateTrial& a, const RateTrial& b, const RateTrial& c) {
  const double x = std::log(a.rate / b.rate);
  const double z = std::log(c.rate / b.rate);
  const double fa = a.loss - b.loss;
  const double fc = c.loss - b.loss;
  const double curvature = z * fa - x * fc;
  if (!(curvature > 0)) return b.rate;
  return b.rate * std::exp((z * z * fa - x * x * fc) / (2 * curvature));
}

double best_rate(const std::vector<RateTrial>& trials) {
  const std::size_t i = best_of(trials);
  const bool inside = i > 0 && i + 1 < trials.size() && !trials[i - 1].diverged && !trials[i + 1].diverged;
  const double rate = inside ? vertex(trials[i - 1], trials[i], trials[i + 1]) : trials[i].rate;
  const double unit = std::pow(10.0, std::floor(std::log10(rate)) - 1);
  return std::stod(fmt::format("{:.1e}", std::round(rate / unit) * unit));  // two digits
}

std::uint64_t trial_updates(const RateSearch& search) {
  if (search.trial > 0) return search.trial;
  return search.updates > 0 ? std::min(search.updates, kMostTrial) : kMostTrial;
}

}  // namespace

FoundRate find_rate(const Module& model, const Loss& loss, std::string_view optimizer, const Dataset& data,
                    const TrainerOptions& given, const RateSearch& search) {
  check(search);
  TrainerOptions options = given;
  Comm* const comm = std::exchange(options.comm, nullptr);  // a trial has none
  const RateText text(optimizer);
  FoundRate found;
  found.optimizer = std::string(optimizer);
  found.given = text.peak();
  found.trial_updates = trial_updates(search);
  const Dataset part =
      set_aside_for(data, options, std::max(found.trial_updates, search.sweep), search.judge);
  found.train_samples = part.train.size();
  found.judge_samples = part.test.size();
  const LrTrials trials{model, loss, text, part, options, updates(found.trial_updates), comm};
  found.sweep = range_test(trials, search);
  bracket(found, search);

  found.start_loss = trials.start_loss();
  try_all(trials, ladder(found.low, found.high), found);
  const RateTrial coarse = found.trials[best_of(found.trials)];
  if (coarse.diverged || !(coarse.loss < found.start_loss)) {
    found.why = "no rate lowers the loss: check the data or the initial weights";
    return found;
  }
  const double quarter = std::pow(10.0, 0.5 / kPerDecade);
  try_all(trials, {coarse.rate / quarter, coarse.rate * quarter}, found);
  found.rate = best_rate(found.trials);
  found.optimizer = text.with(*found.rate);
  found.why =
      fmt::format("lowest loss on {} training samples set aside, after {} updates at each of {} rates",
                  found.judge_samples, found.trial_updates, found.trials.size());
  return found;
}

FoundRate find_rate(const RunConfig& given, RateSearch search) {
  check_config(given);
  const Dataset data = load_dataset(given.data, given.seed, {}, given.rows.parts);
  RunConfig alone = given;
  alone.machine.comm = nullptr;  // what is auto is that of one process
  const RunConfig config = fit_to_data(alone, data);
  Together(given.machine.comm).check_same(config, data, text_of(search));
  const Module model = initial_model(config, data, config.seed);
  TrainerOptions options = trainer_options_of(config);
  options.comm = given.machine.comm;
  if (search.updates == 0) search.updates = *config.epochs * updates_per_epoch(data.train.size(), options);
  return find_rate(model, Loss(config.loss), config.optimizer, data, options, search);
}

}  // namespace thalweg
