// Momentum beside plain descent, over all samples, a few and one.
#include <algorithm>

#include "experiments/claims.h"
#include "experiments/contest.h"
#include "experiments/lines.h"

namespace thalweg::experiments {

Findings measure_momentum(const Lab& lab) {
  const Dataset data = lab.load("data");
  const std::vector<std::string>& methods = lab.setup.texts("methods");
  Findings out;
  for (const std::string& size : lab.setup.texts("sizes")) {
    Course course{.model = lab.setup.text("model"),
                  .loss = lab.setup.text("loss"),
                  .batch = lab.setup.whole(size + "_batch"),
                  .updates = lab.setup.whole(size + "_updates")};
    course.every = std::max<std::uint64_t>(1, course.updates / 20);
    const std::vector<Tuned> results = hold(lab,
                                            {size + ".", always(data), course, methods,
                                             lab.setup.texts("optimizers"), lab.setup.numbers("rates")},
                                            &Trajectory::loss, out);
    Picture picture{size, "update", "training loss", {}, page::Scale::log};
    for (std::size_t i = 0; i < methods.size(); ++i)
      picture.lines.push_back(loss_line(methods[i], results[i].runs, course.every));
    out.pictures.push_back(std::move(picture));
  }
  return out;
}

}  // namespace thalweg::experiments
