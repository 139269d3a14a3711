// The curves of a run: loss, held-out score, rate and gradient norm over its updates.
#include <algorithm>

#include "draw/chart.h"
#include "draw/html.h"
#include "draw/number.h"
#include "page/parts.h"

namespace thalweg::page {
namespace {

template <class Row>
Series curve(std::string name, std::string look, Marker marker, const std::vector<Row>& rows,
             double Row::*y) {
  Series series{std::move(name), std::move(look), marker, {}};
  for (const Row& row : rows) series.points.push_back({row.update, row.*y});
  return series;
}

Series held_out(const std::vector<Epoch>& epochs, double Score::*y, double factor) {
  Series series{"held-out", "held-out", Marker::square, {}};
  for (const Epoch& epoch : epochs) series.points.push_back({epoch.update, epoch.test.*y * factor});
  return series;
}

struct Figure {
  Chart chart;
  std::string caption;
};

Chart chart(std::string id, std::string title, std::string y_name, std::vector<Series> series) {
  return {.id = std::move(id),
          .title = std::move(title),
          .x_name = "update",
          .y_name = std::move(y_name),
          .series = std::move(series)};
}

// Held-out accuracy; where there is none, the loss that the run is judged by, on a scale of its own.
Figure judged(const std::vector<Epoch>& epochs) {
  const Series right = held_out(epochs, &Score::accuracy, 100), losses = held_out(epochs, &Score::loss, 1);
  if (has_points(right)) {
    Chart accuracy = chart("accuracy", "Held-out accuracy", "examples classified correctly", {right});
    if (epochs.back().test.is_dominated()) {
      Series balanced = held_out(epochs, &Score::balanced_accuracy, 100);
      balanced.name = "balanced";
      balanced.look = look_of(1);
      accuracy.series.push_back(std::move(balanced));
    }
    accuracy.y_unit = "%";
    return {std::move(accuracy), "Once an epoch, on held-out data."};
  }
  const bool tested = has_points(losses);
  Chart loss = tested ? chart("judged", "Held-out loss", "loss", {losses})
                      : chart("judged", "Training loss by epoch", "loss",
                              {curve("train", "train", Marker::circle, epochs, &Epoch::train_loss)});
  loss.scale = Scale::automatic;
  return {std::move(loss), tested ? "Once an epoch, on held-out data." : "Mean over each epoch."};
}

// What tells the best epoch, where that is neither the loss nor the accuracy.
void add_monitored(const RunData& data, std::vector<Figure>& out) {
  const Series monitored = held_out(data.epochs, &Score::monitored, 1);
  if (data.asked.monitor == "accuracy" || !has_points(monitored)) return;
  const std::string name = metric_label(data.asked.monitor);
  out.insert(out.begin() + 2, {chart("monitored", "Held-out " + name, name, {monitored}),
                               "Once an epoch, on held-out data; by which the best epoch is told."});
}

std::vector<Figure> figures(const RunData& data) {
  const std::vector<Update>& updates = data.updates;
  const std::vector<Epoch>& epochs = data.epochs;
  Chart loss = chart("loss", "Loss", "loss",
                     {curve("each update", "each", Marker::none, updates, &Update::loss),
                      curve("train", "train", Marker::circle, epochs, &Epoch::train_loss),
                      held_out(epochs, &Score::loss, 1)});
  loss.scale = Scale::automatic;
  Chart rate = chart("rate", "Learning rate", "learning rate",
                     {curve("learning rate", "train", Marker::none, updates, &Update::lr)});
  rate.from_zero = true;
  Chart gradient = chart("gradient", "Gradient norm", "gradient norm",
                         {curve("gradient norm", "train fine", Marker::none, updates, &Update::grad_norm)});
  gradient.scale = Scale::log;
  std::vector<Figure> out = {
      {std::move(loss), "Each mini-batch, and the training and held-out means once an epoch."},
      judged(epochs),
      {std::move(rate), "As used in each update."},
      {std::move(gradient), "Norm of the whole gradient, over all parameters."}};
  add_monitored(data, out);
  return out;
}

}  // namespace

std::string curves_section(const RunData& data, double updates) {
  std::string out;
  for (Figure& figure : figures(data)) {
    // A legend names no series without a number.
    std::erase_if(figure.chart.series, [](const Series& series) { return !has_points(series); });
    figure.chart.x_least = {0, updates};
    out += page::figure(figure.chart, figure.caption);
  }
  return section("curves", "Curves", charts(out));
}

}  // namespace thalweg::page
