// Schedules at an equal budget, each at its best peak.
#include "experiments/claims.h"
#include "experiments/contest.h"
#include "experiments/lines.h"
#include "experiments/statistics.h"

namespace thalweg::experiments {

Findings measure_schedules(const Lab& lab) {
  const Dataset data = lab.load("data");
  const std::size_t batch = lab.setup.whole("batch");
  Course course{.model = lab.setup.text("model"),
                .loss = lab.setup.text("loss"),
                .batch = batch,
                .updates = updates_of(data, batch, lab.setup.number("epochs"))};
  course.every = lab.setup.whole("every");
  const std::vector<std::string>& names = lab.setup.texts("names");
  std::vector<std::string> optimizers;
  for (const std::string& schedule : lab.setup.texts("schedules")) {
    optimizers.push_back(replaced(lab.setup.text("optimizer"), "SCHEDULE", schedule));
  }
  Findings out;
  const std::vector<Tuned> results = hold(
      lab, {"", always(data), course, names, optimizers, lab.setup.numbers("rates")}, &Trajectory::loss, out);
  Picture falling{"Constant and falling", "update", "training loss", {}, page::Scale::log};
  Picture cyclic{"Cosines", "update", "training loss", {}, page::Scale::log};
  for (std::size_t i = 0; i < names.size(); ++i) {
    out.add(names[i] + ".accuracy", each(results[i].runs, &Trajectory::accuracy));
    (2 * i < names.size() ? falling : cyclic)
        .lines.push_back(loss_line(names[i], results[i].runs, course.every));
  }
  out.pictures = {std::move(falling), std::move(cyclic)};
  return out;
}

}  // namespace thalweg::experiments
