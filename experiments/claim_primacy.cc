// A cluster of strong, related samples that comes first, and what a warm-up does about it.
#include <algorithm>
#include <numeric>

#include "base/random.h"
#include "base/spec.h"
#include "experiments/claims.h"
#include "experiments/lines.h"
#include "experiments/samples.h"
#include "experiments/statistics.h"

namespace thalweg::experiments {
namespace {

bool in_cluster(const Lab& lab, std::int32_t label) {
  return std::ranges::find(lab.setup.numbers("cluster_classes"), label) !=
         lab.setup.numbers("cluster_classes").end();
}

// The training samples in the order of a first epoch: the cluster, its inputs stronger, then the others, both
// by chance.
Dataset with_cluster_first(const Lab& lab, const Dataset& data, std::uint64_t seed) {
  const std::vector<std::uint32_t> order = Random(seed, Purpose::shuffle, 0).permutation(data.train.size());
  std::vector<std::uint32_t> cluster, others;
  for (const std::uint32_t row : order) {
    const bool taken =
        in_cluster(lab, data.train.labels[row]) && cluster.size() < lab.setup.whole("cluster_samples");
    (taken ? cluster : others).push_back(row);
  }
  std::vector<float> factors(data.train.size(), 1);
  std::fill_n(factors.begin(), cluster.size(), static_cast<float>(lab.setup.number("cluster_strength")));
  cluster.insert(cluster.end(), others.begin(), others.end());
  Dataset out = data;
  out.train = multiplied(data.train.subset(cluster), factors);
  return out;
}

// A first epoch with the cluster first or shuffled like all others; accuracies every `every` updates.
Trajectory train_on(const Lab& lab, const Dataset& data, std::size_t batch, const std::string& optimizer_text,
                    bool first, std::uint64_t every, std::uint64_t seed) {
  const Dataset clustered = with_cluster_first(lab, data, seed);
  const std::uint64_t updates = updates_of(clustered, batch, lab.setup.number("epochs"));
  const std::uint64_t first_epoch = updates_of(clustered, batch, 1);
  Trial trial = begin(clustered, {.model = lab.setup.text("model"),
                                  .loss = lab.setup.text("loss"),
                                  .optimizer = optimizer_text,
                                  .batch = batch,
                                  .updates = updates,
                                  .seed = seed});
  Trainer& shuffled = trial.trainer();
  Trainer in_order(trial.model(), trial.loss(), trial.optimizer(), clustered,
                   {.batch = batch, .order = Order::file, .seed = seed});
  Trajectory out;
  for (std::uint64_t update = 0; update <= updates; ++update) {
    if (update % every == 0) out.accuracies.push_back(shuffled.evaluate(clustered.test).accuracy);
    if (update == updates) break;
    Trainer& trainer = first && update < first_epoch ? in_order : shuffled;
    if (!unless_diverged([&] { return trainer.step(); })) {
      out.accuracies.resize(updates / every + 1, 0);
      break;
    }
  }
  return out;
}

// Epochs until the accuracy is the target; all of them where it never is.
double epochs_to(const Trajectory& run, double target, double epochs_each) {
  const auto found =
      std::ranges::find_if(run.accuracies, [&](double accuracy) { return accuracy >= target; });
  const auto place = std::min<std::ptrdiff_t>(found - run.accuracies.begin(),
                                              static_cast<std::ptrdiff_t>(run.accuracies.size()) - 1);
  return static_cast<double>(place) * epochs_each;
}

struct Arm {
  const char* name;
  const char* label;      // in the picture
  const char* optimizer;  // its setting
  bool first;
};

void measure_batch(const Lab& lab, const Dataset& data, const std::string& size, Findings& out) {
  constexpr Arm kArms[] = {{"shuffled.cold", "cold", "cold", false},
                           {"shuffled.warm", "warm", "warm", false},
                           {"first.cold", "first cold", "cold", true},
                           {"first.warm", "first warm", "warm", true}};
  const std::size_t batch = lab.setup.whole(size + "_batch");
  const std::uint64_t every = lab.setup.whole(size + "_every");
  const double epoch = static_cast<double>(updates_of(data, batch, 1));
  Picture picture{"Batches of " + std::to_string(batch), "update", "accuracy, %", {}, page::Scale::linear};
  for (const Arm& arm : kArms) {
    const std::string text = with_rate(lab.setup.text(arm.optimizer), lab.setup.number(size + "_rate"));
    const std::vector<Trajectory> runs = over_seeds(
        lab, [&](std::uint64_t seed) { return train_on(lab, data, batch, text, arm.first, every, seed); });
    const double target = lab.setup.number("target_accuracy");
    out.add(size + "." + arm.name + ".epochs", each(runs, [&](const Trajectory& run) {
              return epochs_to(run, target, static_cast<double>(every) / epoch);
            }));
    out.add(size + "." + arm.name + ".accuracy", each(runs, &Trajectory::accuracy));
    picture.lines.push_back(accuracy_line(arm.label, runs, every));
  }
  out.pictures.push_back(std::move(picture));
}

}  // namespace

Findings measure_primacy(const Lab& lab) {
  const Dataset data = lab.load("data");
  Findings out;
  for (const std::string& size : lab.setup.texts("sizes")) measure_batch(lab, data, size, out);
  return out;
}

}  // namespace thalweg::experiments
