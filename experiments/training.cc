#include "experiments/training.h"

#include <cmath>
#include <limits>

#include "base/jobs.h"
#include "base/spec.h"
#include "experiments/statistics.h"

namespace thalweg::experiments {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr std::uint64_t kTuningSeed = 1000001;  // the first that tunes

bool evaluates(const Course& course, std::uint64_t update) {
  return update == course.updates || (course.every > 0 && update % course.every == 0);
}

// What is not there because the loss was not finite.
void fill_up(const Course& course, bool held_out, std::uint64_t from, Trajectory& out) {
  out.batch_losses.resize(course.updates, kInfinite);
  for (std::uint64_t update = from; update <= course.updates; ++update) {
    if (!evaluates(course, update)) continue;
    out.losses.push_back(kInfinite);
    if (held_out) out.accuracies.push_back(0);
  }
}

}  // namespace

double objective(Trial& trial, const Dataset& data) {
  const double sum = trial.trainer().evaluate(data.train).loss + trial.loss().penalty(trial.model().params());
  return std::isfinite(sum) ? sum : kInfinite;
}

Trial begin(const Dataset& data, const Course& course) {
  return {make_model(course.model, inputs_of(data, course.model), course.seed),
          Loss(course.loss),
          Chain(course.optimizer),
          data,
          {.batch = course.batch, .order = course.order, .seed = course.seed},
          updates(course.updates)};
}

Trajectory train(const Dataset& data, const Course& course) {
  Trial trial = begin(data, course);
  const bool held_out = data.test.size() > 0;
  Trajectory out;
  for (std::uint64_t update = 0; update <= course.updates; ++update) {
    if (evaluates(course, update)) {
      out.losses.push_back(objective(trial, data));
      if (held_out) out.accuracies.push_back(trial.trainer().evaluate(data.test).accuracy);
    }
    if (update == course.updates) break;
    const std::optional<Report> report = unless_diverged([&] { return trial.trainer().step(); });
    if (!report) {
      fill_up(course, held_out, update + 1, out);
      break;
    }
    out.batch_losses.push_back(report->loss);
  }
  return out;
}

Trajectory train(const Dataset& data, Course course, const std::string& optimizer, std::uint64_t seed) {
  course.optimizer = optimizer;
  course.seed = seed;
  return train(data, course);
}

std::uint64_t updates_of(const Dataset& data, std::size_t batch, double epochs) {
  const std::uint64_t each = updates_per_epoch(data.train.size(), {.batch = batch});
  return static_cast<std::uint64_t>(std::llround(epochs * static_cast<double>(each)));
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

std::string with_rate(std::string text, double rate) {
  return replaced(std::move(text), "RATE", print_number(rate));
}

Dataset Lab::load(const std::string& key) const {
  return load_dataset(replaced(setup.text(key), "DATA", data), setup.whole("data_seed"));
}

std::vector<Trajectory> over_seeds(const Lab& lab, const Training& training) {
  std::vector<Trajectory> runs(lab.seeds());
  in_parallel(runs.size(), lab.threads, [&](std::size_t i) { runs[i] = training(i + 1); });
  return runs;
}

std::vector<double> each(const std::vector<Trajectory>& runs, const Score& number) {
  std::vector<double> out;
  for (const Trajectory& run : runs) out.push_back(number(run));
  return out;
}

Tuned tuned(const Lab& lab, const std::vector<double>& rates, const RatedTraining& training,
            const Score& score) {
  const std::size_t seeds = lab.setup.whole("tuning_seeds");
  std::vector<double> scores(rates.size() * seeds);
  in_parallel(scores.size(), lab.threads, [&](std::size_t i) {
    const double found = score(training(rates[i / seeds], kTuningSeed + i % seeds));
    scores[i] = std::isnan(found) ? kInfinite : found;
  });
  std::size_t best = 0;
  double lowest = kInfinite;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const auto first = scores.begin() + static_cast<std::ptrdiff_t>(i * seeds);
    const double found = median({first, first + static_cast<std::ptrdiff_t>(seeds)});
    if (found < lowest) best = i;
    lowest = std::min(lowest, found);
  }
  return {rates[best], over_seeds(lab, [&](std::uint64_t seed) { return training(rates[best], seed); })};
}

}  // namespace thalweg::experiments
