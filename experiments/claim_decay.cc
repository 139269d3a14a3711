// Weight decay: held-out accuracy over a grid of rate and decay, and what is in Adam's moving averages.
#include <algorithm>
#include <cmath>

#include "base/jobs.h"
#include "base/spec.h"
#include "experiments/claims.h"
#include "experiments/lines.h"
#include "experiments/samples.h"
#include "experiments/statistics.h"
#include "thalweg/error.h"

namespace thalweg::experiments {
namespace {

std::string chain_of(const std::string& text, double rate, double decay) {
  return replaced(with_rate(text, rate), "DECAY", print_number(decay));
}

// Held-out samples are in two halves: one to choose by, one to report.
struct Halves {
  Dataset chosen_by, reported;

  explicit Halves(const Dataset& data) : chosen_by(data), reported(data) {
    chosen_by.test = half(data.test, 0);
    reported.test = half(data.test, 1);
  }
};

struct Cell {
  double rate, decay, accuracy;
};

// The accuracy at the end, by which cells are chosen, over the tuning seeds.
std::vector<Cell> grid(const Lab& lab, const Dataset& data, const Course& course, const std::string& method,
                       const std::string& text) {
  std::vector<Cell> cells;
  for (const double rate : lab.setup.numbers(method + "_rates")) {
    for (const double decay : lab.setup.numbers(method + "_decays")) cells.push_back({rate, decay, 0});
  }
  const std::size_t seeds = lab.setup.whole("tuning_seeds");
  std::vector<std::vector<double>> found(cells.size(), std::vector<double>(seeds));
  in_parallel(cells.size() * seeds, lab.threads, [&](std::size_t i) {
    found[i / seeds][i % seeds] =
        train(data, course, chain_of(text, cells[i / seeds].rate, cells[i / seeds].decay),
              1000001 + i % seeds)
            .accuracy();
  });
  for (std::size_t i = 0; i < cells.size(); ++i) cells[i].accuracy = mean(found[i]);
  return cells;
}

Line best_line(const std::string& name, const std::vector<Cell>& cells) {
  Line out{name, {}};
  for (const Cell& cell : cells) {
    if (cell.decay <= 0) continue;
    auto at = std::ranges::find(out.points, cell.decay, &page::Point::x);
    if (at == out.points.end()) at = out.points.insert(at, {cell.decay, 0});
    at->y = std::max(at->y, 100 * cell.accuracy);
  }
  std::ranges::sort(out.points, {}, &page::Point::x);
  return out;
}

void measure_accuracy(const Lab& lab, Findings& out) {
  const Halves data(fewer(lab.load("data"), lab.setup.whole("train_samples"), lab.setup.whole("data_seed")));
  const std::size_t batch = lab.setup.whole("batch");
  const Course course{.model = lab.setup.text("model"),
                      .loss = lab.setup.text("loss"),
                      .batch = batch,
                      .updates = updates_of(data.reported, batch, lab.setup.number("epochs"))};
  Picture picture{"Accuracy on the half to choose by, best rate for each decay",
                  "decay",
                  "accuracy, %",
                  {},
                  page::Scale::linear,
                  true};
  const std::vector<std::string>& methods = lab.setup.texts("methods");
  for (std::size_t m = 0; m < methods.size(); ++m) {
    const std::string& text = lab.setup.texts("optimizers").at(m);
    const std::vector<Cell> cells = grid(lab, data.chosen_by, course, methods[m], text);
    const Cell best = *std::ranges::max_element(cells, {}, &Cell::accuracy);
    const std::vector<Trajectory> runs = over_seeds(lab, [&](std::uint64_t seed) {
      return train(data.reported, course, chain_of(text, best.rate, best.decay), seed);
    });
    out.add(methods[m] + ".accuracy", each(runs, &Trajectory::accuracy));
    out.notes.push_back(methods[m] + ": rate " + print_number(best.rate) + ", decay " +
                        print_number(best.decay));
    picture.lines.push_back(best_line(methods[m], cells));
  }
  out.pictures.push_back(std::move(picture));
}

// Adam's averages of the gradient of the data alone, of one parameter, in double.
struct Averages {
  std::vector<double> m, v, decayed;

  void take(std::span<const float> grad, std::span<const float> value, double beta1, double beta2) {
    m.resize(grad.size());
    v.resize(grad.size());
    decayed.resize(grad.size());
    for (std::size_t i = 0; i < grad.size(); ++i) {
      const double g = grad[i];
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      decayed[i] = beta1 * decayed[i] + (1 - beta1) * value[i];
    }
  }
};

struct Content {
  double contained = 0;    // norm of what is in m beside the average of the data's gradient, by its norm
  double unexplained = 0;  // share of that which is not decay * (average of the weights), by norm
  double spread = 0;       // deviation over |mean| of (what decay did to a weight) / (the weight)
};

double norm(std::span<const double> x) {
  double sum = 0;
  for (const double one : x) sum += one * one;
  return std::sqrt(sum);
}

// The state "PARAMETER/adam.m" of the optimizer.
std::span<const float> first_moment(Optimizer& optimizer, const Parameter& parameter) {
  for (const StateTensor& state : optimizer.state()) {
    if (state.parameter == &parameter && state.name.ends_with("adam.m")) {
      return {static_cast<const float*>(state.buffer.data), parameter.size()};
    }
  }
  throw Error(Code::usage, {parameter.name(), "no state `adam.m`", "", "a chain with adam", ""});
}

// What decay did to the weights in the last update: (before - after) / rate less Adam's step on the data's
// gradient, divided by the weight; of weights that are large enough to divide by.
double spread_of(const Averages& data, std::span<const float> before, std::span<const float> after,
                 const Setup& setup, double updates) {
  const double beta1 = setup.number("beta1"), beta2 = setup.number("beta2");
  std::vector<double> shares;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (std::fabs(before[i]) < setup.number("least_weight")) continue;
    const double m = data.m[i] / (1 - std::pow(beta1, updates)),
                 v = data.v[i] / (1 - std::pow(beta2, updates));
    const double step = m / (std::sqrt(v) + setup.number("eps"));
    shares.push_back(((before[i] - after[i]) / setup.number("state_rate") - step) / before[i]);
  }
  return deviation(shares) / std::fabs(mean(shares));
}

// Follows the first weight matrix through a training.
Content content_of(const Lab& lab, const Dataset& dataset, const std::string& text, double decay,
                   std::uint64_t seed) {
  Trial trial = begin(dataset, {.model = lab.setup.text("model"),
                                .loss = lab.setup.text("loss"),
                                .optimizer = chain_of(text, lab.setup.number("state_rate"), decay),
                                .batch = lab.setup.whole("batch"),
                                .seed = seed});
  const Parameter& weights = trial.model().params()[0];
  const std::span<const float> value = weights.value<float>();
  std::vector<float> before;
  Averages data;
  const std::uint64_t updates = lab.setup.whole("state_updates");
  for (std::uint64_t i = 0; i < updates; ++i) {
    before.assign(value.begin(), value.end());
    trial.trainer().step();
    data.take(weights.grad<float>(), before, lab.setup.number("beta1"), lab.setup.number("beta2"));
  }
  const std::span<const float> m = first_moment(trial.optimizer(), weights);
  std::vector<double> beside, left;
  for (std::size_t i = 0; i < m.size(); ++i) {
    beside.push_back(m[i] - data.m[i]);
    left.push_back(beside.back() - decay * data.decayed[i]);
  }
  return {norm(beside) / norm(data.m), norm(left) / norm(beside),
          spread_of(data, before, value, lab.setup, static_cast<double>(updates))};
}

void measure_state(const Lab& lab, Findings& out) {
  const Dataset data = lab.load("data");
  for (const std::string method : {"adamw", "adam_l2"}) {
    std::vector<Content> found(lab.seeds());
    in_parallel(found.size(), lab.threads, [&](std::size_t i) {
      found[i] = content_of(lab, data, lab.setup.text(method + "_state"),
                            lab.setup.number(method + "_state_decay"), i + 1);
    });
    Quantity contained{method + ".contained", {}}, left{method + ".unexplained", {}},
        spread{method + ".spread", {}};
    for (const Content& one : found) {
      contained.samples.push_back(one.contained);
      left.samples.push_back(one.unexplained);
      spread.samples.push_back(one.spread);
    }
    out.quantities.push_back(contained);
    if (method == "adam_l2") out.quantities.push_back(left);
    out.quantities.push_back(spread);
  }
}

}  // namespace

Findings measure_decay(const Lab& lab) {
  Findings out;
  measure_accuracy(lab, out);
  measure_state(lab, out);
  return out;
}

}  // namespace thalweg::experiments
