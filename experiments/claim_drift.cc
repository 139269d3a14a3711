// Targets that move: the loss of each row before it is learned from, once AdaGrad has slowed down.
#include <algorithm>
#include <map>
#include <mutex>

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
    out.points.push_back({static_cast<double>(begin + every), median(std::move(means))});
  }
  return out;
}

// The stream of each seed, loaded when it is first asked for.
class Streams {
 public:
  Streams(const Lab& lab, const std::string& key) : text_(lab.setup.text(key)) {}

  const Dataset& operator()(std::uint64_t seed) {
    const std::lock_guard lock(mutex_);
    auto found = streams_.find(seed);
    if (found == streams_.end()) {
      found = streams_.emplace(seed, load_dataset(replaced(text_, "SEED", std::to_string(seed)), 1)).first;
    }
    return found->second;
  }

 private:
  std::string text_;
  std::mutex mutex_;
  std::map<std::uint64_t, Dataset> streams_;
};

struct Plan {
  const Lab& lab;
  Course course;
  Score score;
  std::vector<std::string> methods, optimizers;
};

void add_picture(const Plan& plan, const std::string& title, const std::vector<Tuned>& results,
                 Findings& out) {
  Picture picture{title, "row", "loss before the update", {}, page::Scale::log};
  for (std::size_t i = 0; i < results.size(); ++i) {
    picture.lines.push_back(smooth_line(plan.methods[i], results[i].runs, plan.lab.setup.whole("window")));
  }
  out.pictures.push_back(std::move(picture));
}

std::vector<Tuned> follow(const Plan& plan, const std::string& name, Findings& out) {
  Streams streams(plan.lab, name);
  const Contest contest{name + ".",      [&](std::uint64_t seed) -> const Dataset& { return streams(seed); },
                        plan.course,     plan.methods,
                        plan.optimizers, plan.lab.setup.numbers("rates")};
  std::vector<Tuned> results = hold(plan.lab, contest, plan.score, out);
  add_picture(plan, name, results, out);
  return results;
}

// A stream at the rates that were best for another one, before anybody knew.
void follow_at(const Plan& plan, const std::string& name, const std::string& as, std::vector<Tuned> results,
               Findings& out) {
  Streams streams(plan.lab, name);
  for (std::size_t i = 0; i < results.size(); ++i) {
    results[i].runs = over_seeds(plan.lab, [&](std::uint64_t seed) {
      return train(streams(seed), plan.course, with_rate(plan.optimizers[i], results[i].rate), seed);
    });
    out.add(as + "." + plan.methods[i] + ".loss", each(results[i].runs, plan.score));
  }
  add_picture(plan, as, results, out);
}

}  // namespace

Findings measure_drift(const Lab& lab) {
  const std::uint64_t from = lab.setup.whole("measured_from");
  const Plan plan{lab,
                  {.model = lab.setup.text("model"),
                   .loss = lab.setup.text("loss"),
                   .batch = 1,
                   .updates = lab.setup.whole("rows"),
                   .order = Order::file},
                  [from](const Trajectory& run) { return mean(std::span(run.batch_losses).subspan(from)); },
                  lab.setup.texts("methods"),
                  lab.setup.texts("optimizers")};
  Findings out;
  follow(plan, "drift", out);
  follow(plan, "switch", out);
  const std::vector<Tuned> still = follow(plan, "still", out);
  follow_at(plan, "switch", "unforeseen", still, out);
  return out;
}

}  // namespace thalweg::experiments
