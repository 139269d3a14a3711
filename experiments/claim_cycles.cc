// Cycles of a cosine: the loss at an equal budget, how far and behind what barrier their ends lie from each
// other, and what their mean predicts.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/jobs.h"
#include "experiments/claims.h"
#include "experiments/lines.h"
#include "experiments/statistics.h"
#include "thalweg/checkpoint.h"
#include "thalweg/run.h"

namespace thalweg::experiments {
namespace {

namespace fs = std::filesystem;

std::vector<float> weights_of(const Params& params) {
  std::vector<float> out;
  for (const Parameter& parameter : params) {
    const std::span<const float> value = parameter.value<float>();
    out.insert(out.end(), value.begin(), value.end());
  }
  return out;
}

void set_weights(Params& params, std::span<const float> from) {
  for (Parameter& parameter : params) {
    std::ranges::copy(from.first(parameter.size()), parameter.value<float>().begin());
    from = from.subspan(parameter.size());
  }
}

double distance(std::span<const float> a, std::span<const float> b) {
  double apart = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    apart += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
    size += static_cast<double>(a[i]) * a[i];
  }
  return std::sqrt(apart / size);
}

// The training loss along the straight line between two weights.
std::vector<double> along(const Lab& lab, const Dataset& data, std::span<const float> a,
                          std::span<const float> b) {
  Trial trial =
      begin(data, {.model = lab.setup.text("model"), .loss = lab.setup.text("loss"), .optimizer = "lr(0)"});
  std::vector<double> losses;
  const std::uint64_t points = lab.setup.whole("line_points");
  for (std::uint64_t i = 0; i <= points; ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(points);
    std::vector<float> between;
    for (std::size_t j = 0; j < a.size(); ++j)
      between.push_back(static_cast<float>((1 - t) * a[j] + t * b[j]));
    set_weights(trial.model().params(), between);
    losses.push_back(objective(trial, data));
  }
  return losses;
}

// How far the loss rises above the straight line between the losses of both ends.
double barrier(std::span<const double> losses) {
  double highest = 0;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(losses.size() - 1);
    highest = std::max(highest, losses[i] - (1 - t) * losses.front() - t * losses.back());
  }
  return highest;
}

struct Found {
  double loss = 0, last = 0, ensemble = 0, distance = 0, barrier = 0;
  std::vector<double> line = {};  // between the last two ends
};

// The updates of the checkpoints that were kept permanently, ascending.
std::vector<std::uint64_t> kept(const fs::path& run) {
  std::vector<std::uint64_t> found;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints")) {
    const std::string name = entry.path().stem().string();
    if (name.starts_with("kept-")) found.push_back(std::stoull(name.substr(5)));
  }
  std::ranges::sort(found);
  return found;
}

void train_run(const Lab& lab, const std::string& optimizer, const std::string& keep, std::uint64_t seed,
               const fs::path& directory) {
  fs::remove_all(directory);
  RunConfig config;
  config.data = replaced(lab.setup.text("data"), "DATA", lab.data);
  config.model = lab.setup.text("model");
  config.loss = lab.setup.text("loss");
  config.optimizer = optimizer;
  config.batch = lab.setup.whole("batch");
  config.epochs = lab.setup.whole("epochs");
  config.keeping.checkpoint_every = keep;
  config.seed = seed;
  Run run = Run::create(config, directory);
  for (Report report; run.next(report);) continue;
  run.finish();
}

// Held-out samples depend on the seed of a run: it decides the split.
Found inspect(const Lab& lab, const fs::path& directory, std::uint64_t seed) {
  const Dataset data = load_dataset(replaced(lab.setup.text("data"), "DATA", lab.data), seed);
  std::vector<std::uint64_t> ends = kept(directory);
  const std::size_t members = std::min<std::size_t>(lab.setup.whole("members"), ends.size());
  ends.erase(ends.begin(), ends.end() - static_cast<std::ptrdiff_t>(members));
  std::vector<std::string> names;
  std::vector<std::vector<float>> weights;
  Module model(lab.setup.text("model"), inputs_of(data, lab.setup.text("model")));
  for (const std::uint64_t updates : ends) {
    names.push_back(std::to_string(updates));
    load_parameters(directory / "checkpoints" / ("kept-" + names.back() + ".safetensors"), model.params());
    weights.push_back(weights_of(model.params()));
  }
  Found out;
  out.last = evaluate_run(directory, {}, 1, names.back()).test.accuracy;
  out.ensemble = evaluate_run(directory, std::span(names)).test.accuracy;
  std::vector<double> distances, barriers;
  for (std::size_t i = 0; i + 1 < weights.size(); ++i) {
    out.line = along(lab, data, weights[i], weights[i + 1]);
    distances.push_back(distance(weights[i], weights[i + 1]));
    barriers.push_back(barrier(out.line));
  }
  out.loss = along(lab, data, weights.back(), weights.back()).back();
  out.distance = distances.empty() ? 0 : median(distances);
  out.barrier = barriers.empty() ? 0 : median(barriers);
  return out;
}

// An optimizer of the setup. One that diverges has an infinite loss and predicts nothing.
Found train_and_inspect(const Lab& lab, std::size_t optimizer, std::uint64_t seed,
                        const fs::path& directory) {
  const bool trained = unless_diverged([&] {
                         train_run(lab, lab.setup.texts("optimizers").at(optimizer),
                                   lab.setup.texts("keeps").at(optimizer), seed, directory);
                         return true;
                       }).has_value();
  return trained ? inspect(lab, directory, seed) : Found{.loss = INFINITY};
}

void add(const std::string& name, const std::vector<Found>& found, Findings& out) {
  const auto column = [&](const char* what, double Found::*number) {
    Quantity quantity{name + "." + what, {}};
    for (const Found& one : found) quantity.samples.push_back(one.*number);
    out.quantities.push_back(std::move(quantity));
  };
  column("loss", &Found::loss);
  column("accuracy", &Found::last);
  column("ensemble", &Found::ensemble);
  column("distance", &Found::distance);
  column("barrier", &Found::barrier);
}

}  // namespace

Findings measure_cycles(const Lab& lab) {
  Findings out;
  Picture picture{"Between the last two ends of cycles, first seed",
                  "per cent of the way",
                  "training loss",
                  {},
                  page::Scale::automatic};
  const std::vector<std::string>& names = lab.setup.texts("names");
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::vector<Found> found(lab.seeds());
    in_parallel(found.size(), lab.threads, [&](std::size_t job) {
      const fs::path directory = fs::path(lab.work) / (names[i] + "-" + std::to_string(job));
      found[job] = train_and_inspect(lab, i, job + 1, directory);
      fs::remove_all(directory);
    });
    add(names[i], found, out);
    std::vector<double> places;
    const std::vector<double>& losses = found.front().line;
    for (std::size_t j = 0; j < losses.size(); ++j) {
      places.push_back(100 * static_cast<double>(j) / static_cast<double>(losses.size() - 1));
    }
    if (!losses.empty()) picture.lines.push_back(line(names[i], places, losses));
  }
  out.pictures.push_back(std::move(picture));
  return out;
}

}  // namespace thalweg::experiments
