// Rates that are too large, too small, and falling: the loss of a convex model above its minimum.
#include <algorithm>
#include <cmath>

#include "base/spec.h"
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

// A line of the experiment: its name, its optimizer with RATE, and the rate.
struct Arm {
  std::string name, optimizer;
  double rate;
};

}  // namespace

Findings measure_rates(const Lab& lab) {
  const Dataset data = lab.load("data");
  const Course course = course_of(lab, data);
  const double least = minimum(lab, data), target = lab.setup.number("target_excess");
  const auto training = [&](const std::string& optimizer, double rate, std::uint64_t seed) {
    return train(data, course, with_rate(optimizer, rate), seed);
  };
  const auto best_rate = [&](const std::string& optimizer) {
    return tuned(
               lab, lab.setup.numbers("rates"),
               [&](double rate, std::uint64_t seed) { return training(optimizer, rate, seed); },
               &Trajectory::loss)
        .rate;
  };
  const std::string &constant = lab.setup.text("constant"), &falling = lab.setup.text("falling");
  const double good = best_rate(constant);
  Findings out;
  Picture picture{"Loss above its minimum", "update", "excess", {}, page::Scale::log};
  for (const Arm& arm :
       {Arm{"small", constant, good * lab.setup.number("small_share")}, Arm{"good", constant, good},
        Arm{"large", constant, good * lab.setup.number("large_share")},
        Arm{"falling", falling, best_rate(falling)}}) {
    const std::vector<Trajectory> runs =
        over_seeds(lab, [&](std::uint64_t seed) { return training(arm.optimizer, arm.rate, seed); });
    out.notes.push_back(arm.name + ": rate " + print_number(arm.rate));
    out.add(arm.name + ".excess", each(runs, [&](const Trajectory& run) { return run.loss() - least; }));
    out.add(arm.name + ".swing", each(runs, swing));
    out.add(arm.name + ".updates",
            each(runs, [&](const Trajectory& run) { return updates_to(run, course.every, least, target); }));
    picture.lines.push_back(loss_line(arm.name, runs, course.every));
    for (page::Point& point : picture.lines.back().points) point.y -= least;
  }
  out.add("minimum.loss", {least});
  out.pictures.push_back(std::move(picture));
  return out;
}

}  // namespace thalweg::experiments
