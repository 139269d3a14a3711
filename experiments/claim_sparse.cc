// Rates of each parameter's own where most inputs are 0.
#include "experiments/claims.h"
#include "experiments/contest.h"
#include "experiments/lines.h"
#include "experiments/statistics.h"

namespace thalweg::experiments {

Findings measure_sparse(const Lab& lab) {
  Findings out;
  for (const std::string& name : lab.setup.texts("data_names")) {
    const Dataset data = lab.load(name);
    const std::size_t batch = lab.setup.whole("batch");
    Course course{.model = data.classes == 2 ? lab.setup.text("model") : lab.setup.text("dense_model"),
                  .loss = lab.setup.text("loss"),
                  .batch = batch,
                  .updates = updates_of(data, batch, lab.setup.number(name + "_epochs"))};
    course.every = std::max<std::uint64_t>(1, course.updates / 20);
    const std::vector<std::string>& methods = lab.setup.texts("methods");
    const std::vector<Tuned> results = hold(lab,
                                            {name + ".", always(data), course, methods,
                                             lab.setup.texts("optimizers"), lab.setup.numbers("rates")},
                                            &Trajectory::loss, out);
    Picture picture{name, "update", "training loss", {}, page::Scale::log};
    for (std::size_t i = 0; i < methods.size(); ++i) {
      picture.lines.push_back(loss_line(methods[i], results[i].runs, course.every));
      picture.lines.back().points.erase(picture.lines.back().points.begin());
    }
    out.pictures.push_back(std::move(picture));
  }
  return out;
}

}  // namespace thalweg::experiments
