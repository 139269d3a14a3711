// Targets that move: the loss of each row before it is learned from, once AdaGrad has slowed down.
#include <algorithm>

#include "experiments/claims.h"
#include "experiments/contest.h"
#include "experiments/lines.h"
#include "experiments/statistics.h"

namespace thalweg::experiments {
namespace {

// Means of `every` losses at a time.
Line smooth_line(std::string name, const std::vector<Trajectory>& runs, std::size_t every) {
  Line out{std::move(name), {}};
  for (std::size_t begin = 0; begin + every <= runs.front().batch_losses.size(); begin += every) {
    std::vector<double> means;
    for (const Trajectory& run : runs)
      means.push_back(mean(std::span(run.batch_losses).subspan(begin, every)));
    out.points.push_back({static_cast<double>(begin + every), middle(std::move(means))});
  }
  return out;
}

}  // namespace

Findings measure_drift(const Lab& lab) {
  Findings out;
  for (const std::string& name : lab.setup.texts("streams")) {
    const Dataset data = lab.load(name);
    const std::vector<std::string>& methods = lab.setup.texts("methods");
    const std::uint64_t from = lab.setup.whole("measured_from");
    const Score online = [&](const Trajectory& run) {
      return mean(std::span(run.batch_losses).subspan(from));
    };
    const Course course{.model = lab.setup.text("model"),
                        .loss = lab.setup.text("loss"),
                        .batch = 1,
                        .updates = data.train.size(),
                        .order = Order::file};
    const std::vector<Tuned> results = hold(
        lab, {name + ".", data, course, methods, lab.setup.texts("optimizers"), lab.setup.numbers("rates")},
        online, out);
    Picture picture{name, "row", "loss before the update", {}, page::Scale::log};
    for (std::size_t i = 0; i < methods.size(); ++i) {
      picture.lines.push_back(smooth_line(methods[i], results[i].runs, lab.setup.whole("window")));
    }
    out.pictures.push_back(std::move(picture));
  }
  return out;
}

}  // namespace thalweg::experiments
