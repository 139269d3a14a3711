// Rates that are too large, too small, and falling: the loss of a convex model above its minimum.
#include <algorithm>
#include <cmath>

#include "experiments/claims.h"
#include "experiments/lines.h"
#include "experiments/statistics.h"

namespace thalweg::experiments {
namespace {

Course course_of(const Lab& lab, const Dataset& data) {
  const std::size_t batch = lab.setup.whole("batch");
  return {.model = lab.setup.text("model"),
          .loss = lab.setup.text("loss"),
          .batch = batch,
          .updates = updates_of(data, batch, lab.setup.number("epochs")),
          .every = lab.setup.whole("every")};
}

// The least loss there is, from a long descent over all samples.
double minimum(const Lab& lab, const Dataset& data) {
  Course course = course_of(lab, data);
  course.optimizer = lab.setup.text("minimum_optimizer");
  course.updates = lab.setup.whole("minimum_updates");
  course.batch = 0;
  course.every = course.updates;
  return train(data, course).loss();
}

// The updates until the excess is at most `target`; those of the whole training where it never is.
double updates_to(const Trajectory& run, std::uint64_t every, double least, double target) {
  const auto found = std::ranges::find_if(run.losses, [&](double loss) { return loss - least <= target; });
  const auto place = found == run.losses.end() ? run.losses.size() - 1 : found - run.losses.begin();
  return static_cast<double>(static_cast<std::uint64_t>(place) * every);
}

double swing(const Trajectory& run) {
  return deviation(std::span(run.losses).subspan(run.losses.size() / 2));
}

}  // namespace

Findings measure_rates(const Lab& lab) {
  const Dataset data = lab.load("data");
  const Course course = course_of(lab, data);
  const double least = minimum(lab, data), target = lab.setup.number("target_excess");
  Picture picture{"Loss above its minimum", "update", "loss above the minimum", {}, page::Scale::log};
  Findings out;
  const std::vector<std::string>& names = lab.setup.texts("names");
  const std::vector<std::string>& optimizers = lab.setup.texts("optimizers");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::vector<Trajectory> runs = over_seeds(lab, [&](std::uint64_t seed) {
      Course one = course;
      one.optimizer = optimizers.at(i);
      one.seed = seed;
      return train(data, one);
    });
    out.add(names[i] + ".excess", each(runs, [&](const Trajectory& run) { return run.loss() - least; }));
    out.add(names[i] + ".swing", each(runs, swing));
    out.add(names[i] + ".updates",
            each(runs, [&](const Trajectory& run) { return updates_to(run, course.every, least, target); }));
    Line curve = loss_line(names[i], runs, course.every);
    for (page::Point& point : curve.points) point.y -= least;
    picture.lines.push_back(std::move(curve));
  }
  out.add("minimum.loss", {least});
  out.pictures.push_back(std::move(picture));
  return out;
}

}  // namespace thalweg::experiments
