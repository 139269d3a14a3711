// What tuning found: as a table, as JSON, as a page.
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/json.h"
#include "draw/chart.h"
#include "draw/html.h"
#include "draw/number.h"
#include "thalweg/lab/tune.h"

namespace thalweg {
namespace {

constexpr std::size_t kMostCharts = 8;

std::vector<std::string> names_of(const Tuned& tuned) {
  std::vector<std::string> names;
  for (const TuneTrial& trial : tuned.trials) {
    for (const Drawn& drawn : trial.values) {
      if (std::ranges::find(names, drawn.name) == names.end()) names.push_back(drawn.name);
    }
  }
  return names;
}

const Drawn* find(const TuneTrial& trial, const std::string& name) {
  const auto found = std::ranges::find(trial.values, name, &Drawn::name);
  return found == trial.values.end() ? nullptr : &*found;
}

std::string value_of(const TuneTrial& trial, const std::string& name) {
  const Drawn* drawn = find(trial, name);
  return drawn == nullptr ? "-" : drawn->value;
}

std::string loss_of(const TuneTrial& trial) {
  return trial.diverged ? "diverged" : fmt::format("{:.4g}", trial.loss);
}

std::string right_of(const TuneTrial& trial) {
  return std::isnan(trial.accuracy) ? "" : fmt::format("{:.2f} %", 100 * trial.accuracy);
}

std::string tried(const TuneTrial& trial) {
  std::string out = fmt::format("trial {}, {} epochs, loss {} {}", trial.trial, trial.epochs, loss_of(trial),
                                right_of(trial));
  for (const Drawn& drawn : trial.values) out += "\n" + drawn.name + " " + drawn.value;
  return out;
}

bool by_accuracy(const Tuned& tuned) { return tuned.by == "accuracy"; }
bool by_loss(const Tuned& tuned) { return tuned.by == "loss"; }

// What judged a trial, as it is drawn.
double decided(const Tuned& tuned, const TuneTrial& trial) {
  return by_accuracy(tuned) ? 100 * trial.accuracy : by_loss(tuned) ? trial.loss : trial.judged;
}

// Whether it has a column of its own.
bool has_column(const Tuned& tuned) { return !by_accuracy(tuned) && !by_loss(tuned); }

std::string judged_of(const TuneTrial& trial) {
  return std::isnan(trial.judged) ? "-" : fmt::format("{:.4f}", trial.judged);
}

// Trials by one of the numbers that were drawn.
page::Series trials_by(const Tuned& tuned, const std::string& name, bool whole) {
  std::vector<std::pair<double, const TuneTrial*>> shown;
  for (const TuneTrial& trial : tuned.trials) {
    const Drawn* drawn = find(trial, name);
    const bool there = drawn != nullptr && !std::isnan(drawn->number);
    if (there && (trial.epochs == tuned.epochs) == whole) shown.emplace_back(drawn->number, &trial);
  }
  std::ranges::stable_sort(shown, {}, [](const auto& one) { return one.first; });
  page::Series series{.name = whole ? "trained to the end" : "stopped early",
                      .look = whole ? "s1" : "each",
                      .marker = whole ? page::Marker::square : page::Marker::circle,
                      .points = {},
                      .line = false};
  for (const auto& [number, trial] : shown) {
    series.points.push_back({number, decided(tuned, *trial)});
    series.notes.push_back(tried(*trial));
  }
  return series;
}

// The loss over one of the numbers that were drawn.
page::Chart chart(const Tuned& tuned, const std::string& name, std::size_t number) {
  const bool log = std::ranges::any_of(tuned.trials, [&](const TuneTrial& trial) {
    const Drawn* drawn = find(trial, name);
    return drawn != nullptr && drawn->log;
  });
  page::Chart chart{.id = fmt::format("value-{}", number),
                    .title = name,
                    .x_name = name,
                    .y_name = (by_accuracy(tuned) ? "correct" : tuned.by) + " on samples set aside",
                    .y_unit = by_accuracy(tuned) ? "%" : "",
                    .across = log ? page::Across::log : page::Across::linear,
                    .scale = by_loss(tuned) ? page::Scale::log : page::Scale::linear};
  for (const bool whole : {false, true}) {
    page::Series series = trials_by(tuned, name, whole);
    if (!series.points.empty()) chart.series.push_back(std::move(series));
  }
  const Drawn* best = find(tuned.trials.front(), name);
  if (best != nullptr && !std::isnan(best->number)) chart.marks = {{best->number, "best " + best->value}};
  return chart;
}

}  // namespace

std::string Tuned::text() const {
  const std::vector<std::string> names = names_of(*this);
  std::map<std::string, std::size_t> width;
  for (const std::string& name : names) {
    width[name] = name.size();
    for (const TuneTrial& trial : trials) width[name] = std::max(width[name], value_of(trial, name).size());
  }
  const int wide = static_cast<int>(std::max<std::size_t>(6, by.size()));
  std::string out = fmt::format("{:>5}  {:>6}  {:>9}  {:>8}", "trial", "epochs", "loss", "right");
  if (has_column(*this)) out += fmt::format("  {:>{}}", by, wide);
  for (const std::string& name : names) out += fmt::format("  {:>{}}", name, width[name]);
  out += "\n";
  for (const TuneTrial& trial : trials) {
    out +=
        fmt::format("{:>5}  {:>6}  {:>9}  {:>8}", trial.trial, trial.epochs, loss_of(trial), right_of(trial));
    if (has_column(*this)) out += fmt::format("  {:>{}}", judged_of(trial), wide);
    for (const std::string& name : names) out += fmt::format("  {:>{}}", value_of(trial, name), width[name]);
    out += "\n";
  }
  return out;
}

std::string Tuned::json() const {
  const auto one = [](const TuneTrial& trial) {
    JsonObject texts, values, metrics;
    for (const auto& [metric, number] : trial.metrics) metrics.add(metric, number);
    for (const SettingText& text : trial.texts) texts.add(text.setting, text.text);
    for (const Drawn& drawn : trial.values) {
      std::isnan(drawn.number) ? values.add(drawn.name, drawn.value) : values.add(drawn.name, drawn.number);
    }
    return JsonObject()
        .add("trial", trial.trial)
        .add("epochs", trial.epochs)
        .add("diverged", trial.diverged)
        .add("loss", trial.loss)
        .add("accuracy", trial.accuracy)
        .raw("metrics", metrics.text())
        .raw("texts", texts.text())
        .raw("values", values.text())
        .text();
  };
  return JsonObject()
      .add("schema", 1)
      .add("epochs", epochs)
      .add("trained", trained)
      .add("found", found)
      .add("judge_samples", judge_samples)
      .add("by", by)
      .raw("trials", json_list(trials, one))
      .text();
}

std::string Tuned::html() const {
  const std::vector<std::string> names = names_of(*this);
  std::string charts;
  for (std::size_t i = 0; i < std::min(names.size(), kMostCharts); ++i) {
    charts += page::figure(chart(*this, names[i], i), "Each point is a trial, at the end of its training.");
  }
  page::Table table{
      .caption = "All trials, the best first.", .head = {"Trial", "Epochs", "Loss", "Correct"}, .rows = {}};
  if (has_column(*this)) table.head.push_back(by);
  table.head.insert(table.head.end(), names.begin(), names.end());
  for (const TuneTrial& trial : trials) {
    table.rows.push_back(
        {std::to_string(trial.trial), std::to_string(trial.epochs), loss_of(trial), right_of(trial)});
    if (has_column(*this)) table.rows.back().push_back(judged_of(trial));
    for (const std::string& name : names) table.rows.back().push_back(value_of(trial, name));
  }
  table.marked = 0;
  std::string best;
  for (const SettingText& text : trials.front().texts)
    best += "--" + text.setting + " \"" + text.text + "\"\n";
  const std::string lead =
      fmt::format("Trial {} is the best of {}, judged on {} training samples set aside, after {} epochs.",
                  trials.front().trial, trials.size(), judge_samples, trials.front().epochs);
  return page::document({.title = "Best loss " + loss_of(trials.front()),
                         .subject = "tuning",
                         .lead = page::lead(lead),
                         .body = page::section("best", "Best", page::verbatim("Best settings", best)) +
                                 page::section("charts", "Values", page::charts(charts)) +
                                 page::section("trials", "Trials", page::table(table))});
}

}  // namespace thalweg
