// How far the gradient of a batch is from that of all samples, and how the loss swings.
#include <cmath>

#include "base/jobs.h"
#include "draw/number.h"
#include "experiments/claims.h"
#include "experiments/lines.h"
#include "experiments/statistics.h"

namespace thalweg::experiments {
namespace {

// A model that has been trained for a while, whose gradients can be asked for.
class Gradients {
 public:
  Gradients(const Lab& lab, const Dataset& data, std::uint64_t seed)
      : data_(data),
        trained_(begin(data, {.model = lab.setup.text("model"),
                              .loss = lab.setup.text("loss"),
                              .optimizer = lab.setup.text("optimizer"),
                              .batch = 32,
                              .seed = seed})),
        seed_(seed) {
    for (std::uint64_t i = 0; i < lab.setup.whole("warm_updates"); ++i) trained_.trainer().step();
  }

  // The squared distance of the gradients of `draws` batches, drawn with replacement, from that of all.
  double variance(std::size_t batch, std::uint64_t draws) {
    const std::vector<double> whole = drawn(0, 1).front();
    double sum = 0;
    for (const std::vector<double>& one : drawn(batch, draws)) {
      for (std::size_t i = 0; i < one.size(); ++i) sum += (one[i] - whole[i]) * (one[i] - whole[i]);
    }
    return sum / static_cast<double>(draws);
  }

 private:
  std::vector<std::vector<double>> drawn(std::size_t batch, std::uint64_t draws) {
    Trial still(copy_of(trained_.model()), trained_.loss(), Chain("lr(0)"), data_,
                {.batch = batch, .order = batch == 0 ? Order::file : Order::replacement, .seed = seed_});
    std::vector<std::vector<double>> out;
    for (std::uint64_t i = 0; i < draws; ++i) {
      still.trainer().step();
      out.emplace_back();
      for (const Parameter& parameter : still.model().params()) {
        const std::span<const float> grad = parameter.grad<float>();
        out.back().insert(out.back().end(), grad.begin(), grad.end());
      }
    }
    return out;
  }

  const Dataset& data_;
  Trial trained_;
  std::uint64_t seed_;
};

void measure_gradients(const Lab& lab, const Dataset& data, Findings& out) {
  const std::vector<double>& batches = lab.setup.numbers("batches");
  std::vector<std::vector<double>> variances(lab.seeds());
  in_parallel(variances.size(), lab.threads, [&](std::size_t i) {
    Gradients gradients(lab, data, i + 1);
    for (const double batch : batches) {
      variances[i].push_back(gradients.variance(static_cast<std::size_t>(batch), lab.setup.whole("draws")));
    }
  });
  std::vector<double> powers;
  for (const std::vector<double>& one : variances) powers.push_back(power(batches, one));
  out.add("variance.power", powers);
  out.pictures.push_back({"Squared distance from the full gradient",
                          "samples in the batch",
                          "squared distance",
                          {line("median over seeds", batches, middles(variances))},
                          page::Scale::log,
                          true});
}

// Differences of the training loss from update to update, without what goes steadily down.
double swing(const Trajectory& run) {
  std::vector<double> changes;
  for (std::size_t i = run.losses.size() / 2 + 1; i < run.losses.size(); ++i) {
    changes.push_back(run.losses[i] - run.losses[i - 1]);
  }
  return deviation(changes);
}

void measure_swings(const Lab& lab, const Dataset& data, Findings& out) {
  Picture picture{"Training loss after every update, first seed", "update", "loss", {}};
  for (const double batch : lab.setup.numbers("swing_batches")) {
    const std::vector<Trajectory> runs = over_seeds(lab, [&](std::uint64_t seed) {
      return train(data, {.model = lab.setup.text("model"),
                          .loss = lab.setup.text("loss"),
                          .optimizer = lab.setup.text("optimizer"),
                          .batch = static_cast<std::size_t>(batch),
                          .updates = lab.setup.whole("swing_updates"),
                          .seed = seed,
                          .every = 1});
    });
    const std::string name = batch == 0 ? "full" : "batch" + page::coordinate(batch);
    out.add(name + ".rises", each(runs, [](const Trajectory& run) { return rises(run.losses); }));
    out.add(name + ".swing", each(runs, swing));
    picture.lines.push_back(loss_line(name, {runs.front()}, 1));
  }
  out.pictures.push_back(std::move(picture));
}

}  // namespace

Findings measure_variance(const Lab& lab) {
  const Dataset data = lab.load("data");
  Findings out;
  measure_gradients(lab, data, out);
  measure_swings(lab, data, out);
  return out;
}

}  // namespace thalweg::experiments
