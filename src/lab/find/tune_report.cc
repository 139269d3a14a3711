// What tuning found: as a table, as JSON, as a page.
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/json.h"
#include "draw/html.h"
#include "draw/number.h"
#include "draw/sweep.h"
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

// The loss over one of the numbers that were drawn.
page::Sweep chart(const Tuned& tuned, const std::string& name, std::size_t number) {
  page::SweepSeries early{"stopped early", page::Look::faint, false, true, {}};
  page::SweepSeries whole{"trained to the end", page::Look::second, false, true, {}};
  bool log = false;
  for (const TuneTrial& trial : tuned.trials) {
    const Drawn* drawn = find(trial, name);
    if (drawn == nullptr || std::isnan(drawn->number)) continue;
    log = log || drawn->log;
    page::SweepSeries& series = trial.epochs == tuned.epochs ? whole : early;
    series.points.push_back({drawn->number, tuned.by_accuracy ? 100 * trial.accuracy : trial.loss});
    series.notes.push_back(tried(trial));
  }
  page::Sweep sweep{.id = fmt::format("value-{}", number),
                    .title = name,
                    .x_name = name,
                    .y_name = tuned.by_accuracy ? "right on samples set aside" : "loss on samples set aside",
                    .y_unit = tuned.by_accuracy ? "%" : "",
                    .log_x = log,
                    .log_y = !tuned.by_accuracy,
                    .series = {}};
  for (const page::SweepSeries* series : {&early, &whole}) {
    if (!series->points.empty()) sweep.series.push_back(*series);
  }
  const Drawn* best = find(tuned.trials.front(), name);
  if (best != nullptr && !std::isnan(best->number)) sweep.marks = {{best->number, "best " + best->value}};
  return sweep;
}

}  // namespace

std::string Tuned::text() const {
  const std::vector<std::string> names = names_of(*this);
  std::map<std::string, std::size_t> width;
  for (const std::string& name : names) {
    width[name] = name.size();
    for (const TuneTrial& trial : trials) width[name] = std::max(width[name], value_of(trial, name).size());
  }
  std::string out = fmt::format("{:>5}  {:>6}  {:>9}  {:>8}", "trial", "epochs", "loss", "right");
  for (const std::string& name : names) out += fmt::format("  {:>{}}", name, width[name]);
  out += "\n";
  for (const TuneTrial& trial : trials) {
    out +=
        fmt::format("{:>5}  {:>6}  {:>9}  {:>8}", trial.trial, trial.epochs, loss_of(trial), right_of(trial));
    for (const std::string& name : names) out += fmt::format("  {:>{}}", value_of(trial, name), width[name]);
    out += "\n";
  }
  return out;
}

std::string Tuned::json() const {
  JsonArray list;
  for (const TuneTrial& trial : trials) {
    JsonObject texts, values;
    for (const SettingText& text : trial.texts) texts.add(text.setting, text.text);
    for (const Drawn& drawn : trial.values) {
      std::isnan(drawn.number) ? values.add(drawn.name, drawn.value) : values.add(drawn.name, drawn.number);
    }
    list.raw(JsonObject()
                 .add("trial", trial.trial)
                 .add("epochs", trial.epochs)
                 .add("diverged", trial.diverged)
                 .add("loss", trial.loss)
                 .add("accuracy", trial.accuracy)
                 .raw("texts", texts.text())
                 .raw("values", values.text())
                 .text());
  }
  return JsonObject()
      .add("schema", 1)
      .add("epochs", epochs)
      .add("trained", trained)
      .add("found", found)
      .add("judge_samples", judge_samples)
      .add("by", by_accuracy ? "accuracy" : "loss")
      .raw("trials", list.text())
      .text();
}

std::string Tuned::html() const {
  const std::vector<std::string> names = names_of(*this);
  std::string charts;
  for (std::size_t i = 0; i < std::min(names.size(), kMostCharts); ++i) {
    const page::Sweep sweep = chart(*this, names[i], i);
    if (!sweep.series.empty())
      charts += page::figure(sweep, "Each point is a trial, as far as it was trained.");
  }
  page::Table table{
      .caption = "Every trial, the best first.", .head = {"Trial", "Epochs", "Loss", "Right"}, .rows = {}};
  table.head.insert(table.head.end(), names.begin(), names.end());
  for (const TuneTrial& trial : trials) {
    table.rows.push_back(
        {std::to_string(trial.trial), std::to_string(trial.epochs), loss_of(trial), right_of(trial)});
    for (const std::string& name : names) table.rows.back().push_back(value_of(trial, name));
  }
  table.marked = 0;
  std::string best;
  for (const SettingText& text : trials.front().texts)
    best += "--" + text.setting + " \"" + text.text + "\"\n";
  const std::string lead = fmt::format(
      "Number {} is the best of {} trials, judged on {} training samples set aside after {} epochs.",
      trials.front().trial, trials.size(), judge_samples, trials.front().epochs);
  return page::finder_page(
      "Loss " + loss_of(trials.front()) + " at best", lead,
      page::section("best", "Best", page::verbatim("Best settings", best)) +
          page::section("charts", "Values",
                        charts.empty() ? "" : "<div class=\"charts\">" + charts + "</div>\n") +
          page::section("trials", "Trials", page::table(table)));
}

}  // namespace thalweg
