// Adam's numbers: alpha on the digits, beta2 on sparse rows, epsilon on the digits.
#include "base/spec.h"
#include "experiments/claims.h"
#include "experiments/contest.h"
#include "experiments/lines.h"
#include "experiments/statistics.h"

namespace thalweg::experiments {
namespace {

Course digits_course(const Lab& lab, const Dataset& data) {
  const std::size_t batch = lab.setup.whole("batch");
  return {.model = lab.setup.text("model"),
          .loss = lab.setup.text("loss"),
          .batch = batch,
          .updates = updates_of(data, batch, lab.setup.number("epochs")),
          .every = lab.setup.whole("every")};
}

void measure_alpha(const Lab& lab, const Dataset& data, Findings& out) {
  const Course course = digits_course(lab, data);
  const std::uint64_t early = lab.setup.whole("early_updates") / course.every;
  Picture picture{"alpha", "update", "training loss", {}, page::Scale::log};
  for (const double alpha : lab.setup.numbers("alphas")) {
    const std::vector<Trajectory> runs = over_seeds(lab, [&](std::uint64_t seed) {
      return train(data, course, with_rate(lab.setup.text("optimizer"), alpha), seed);
    });
    const std::string name = "alpha" + print_number(alpha);
    out.add(name + ".early", each(runs, [&](const Trajectory& run) { return run.losses.at(early); }));
    out.add(name + ".loss", each(runs, &Trajectory::loss));
    picture.lines.push_back(loss_line(print_number(alpha), runs, course.every));
  }
  out.pictures.push_back(std::move(picture));
}

// A number of Adam's at several values, VALUE in the text of the optimizer, each at its best rate.
std::vector<double> measure_option(const Lab& lab, const Dataset& data, const Course& course,
                                   const std::string& prefix, const std::vector<double>& values,
                                   const std::string& optimizer, Findings& out) {
  std::vector<std::string> names, optimizers;
  for (const double value : values) {
    names.push_back(prefix + print_number(value));
    optimizers.push_back(replaced(optimizer, "VALUE", print_number(value)));
  }
  const std::vector<Tuned> results = hold(
      lab, {"", always(data), course, names, optimizers, lab.setup.numbers("rates")}, &Trajectory::loss, out);
  std::vector<double> losses;
  for (const Tuned& result : results) losses.push_back(median(each(result.runs, &Trajectory::loss)));
  return losses;
}

void measure_beta2(const Lab& lab, Findings& out) {
  const std::vector<double>& values = lab.setup.numbers("beta2s");
  std::vector<double> forgetting;
  for (const double value : values) forgetting.push_back(1 - value);
  Picture picture{"beta2, each at its best rate", "1 - beta2", "training loss", {}, page::Scale::log, true};
  for (const std::string& name : lab.setup.texts("beta2_data")) {
    const Dataset data = lab.load(name);
    Course course = digits_course(lab, data);
    course.model = lab.setup.text("linear_model");
    if (data.classes == 10) course.model = lab.setup.text("dense_model");
    course.batch = lab.setup.whole("sparse_batch");
    course.updates = lab.setup.whole("sparse_updates");
    course.every = 0;
    std::vector<double> losses =
        measure_option(lab, data, course, name + ".beta2_", values, lab.setup.text("beta2_optimizer"), out);
    picture.lines.push_back(
        line(name, {forgetting.rbegin(), forgetting.rend()}, {losses.rbegin(), losses.rend()}));
  }
  out.pictures.push_back(std::move(picture));
}

void measure_eps(const Lab& lab, const Dataset& data, Findings& out) {
  Course course = digits_course(lab, data);
  course.every = 0;
  const std::vector<double>& values = lab.setup.numbers("epss");
  const std::vector<double> fixed_rate = {lab.setup.number("eps_rate")};
  std::vector<double> losses;
  for (const double value : values) {
    const std::vector<Trajectory> runs = over_seeds(lab, [&](std::uint64_t seed) {
      return train(
          data, course,
          with_rate(replaced(lab.setup.text("eps_optimizer"), "VALUE", print_number(value)), fixed_rate[0]),
          seed);
    });
    out.add("eps" + print_number(value) + ".loss", each(runs, &Trajectory::loss));
    losses.push_back(median(each(runs, &Trajectory::loss)));
  }
  const std::vector<double> tuned_losses =
      measure_option(lab, data, course, "tuned.eps", values, lab.setup.text("eps_optimizer"), out);
  out.pictures.push_back(
      {"epsilon",
       "epsilon",
       "training loss",
       {line("the usual rate", values, losses), line("its best rate", values, tuned_losses)},
       page::Scale::log,
       true});
}

}  // namespace

Findings measure_adam(const Lab& lab) {
  const Dataset data = lab.load("data");
  Findings out;
  measure_alpha(lab, data, out);
  measure_beta2(lab, out);
  measure_eps(lab, data, out);
  return out;
}

}  // namespace thalweg::experiments
