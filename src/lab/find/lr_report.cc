// What the search for a rate found: as text, as JSON, as a picture.
#include <cmath>

#include <fmt/format.h>

#include "base/json.h"
#include "base/spec.h"
#include "draw/chart.h"
#include "draw/html.h"
#include "draw/number.h"
#include "find/trial_words.h"
#include "thalweg/lab/find.h"

namespace thalweg {
namespace {

page::Chart range_chart(const FoundRate& found) {
  page::Series each{.name = "each update", .look = "each", .points = {}};
  page::Series smooth{.name = "smoothed", .look = "s0", .points = {}};
  double most = 0;
  for (const RateSweepPoint& p : found.sweep) {
    each.points.push_back({p.rate, p.loss});
    smooth.points.push_back({p.rate, p.smoothed});
    most = std::max(most, p.smoothed);
  }
  return {.id = "range",
          .title = "Range test",
          .x_name = "learning rate",
          .y_name = "loss",
          .across = page::Across::log,
          .y_most = most,
          .series = {each, smooth},
          .span = {found.low, found.high}};
}

page::Chart trial_chart(const FoundRate& found) {
  page::Chart chart = trials_chart("trials", "Short training runs", found.trials);
  if (found.rate) chart.marks = {{*found.rate, "rate " + print_number(*found.rate)}};
  return chart;
}

}  // namespace

std::string FoundRate::text() const {
  std::string out = rate ? "rate       " + print_number(*rate) + "\n" : "rate       none\n";
  out += fmt::format("why        {}\n", why);
  out +=
      fmt::format("range      {:.2g} to {:.2g} by the range test of {} updates\n", low, high, sweep.size());
  out += fmt::format("\n{:>10}  {:>10}{}\n", "rate", "loss",
                     trials.empty() || std::isnan(trials[0].accuracy) ? "" : "      right");
  for (const RateTrial& trial : trials) out += trial_text(trial);
  return out + "\n" + (rate ? "optimizer  " + optimizer + "\n" : "");
}

std::string FoundRate::json() const {
  const auto point = [](const RateSweepPoint& p) {
    return JsonObject().add("rate", p.rate).add("loss", p.loss).add("smoothed", p.smoothed).text();
  };
  return JsonObject()
      .add("schema", 1)
      .add("rate", rate.value_or(NAN))
      .add("optimizer", optimizer)
      .add("why", why)
      .add("given", given)
      .add("low", low)
      .add("high", high)
      .add("trial_updates", trial_updates)
      .add("train_samples", train_samples)
      .add("judge_samples", judge_samples)
      .add("start_loss", start_loss)
      .raw("trials", json_list(trials, trial_json))
      .raw("sweep", json_list(sweep, point))
      .text();
}

std::string FoundRate::svg() const { return page::standalone(trial_chart(*this)); }

std::string FoundRate::html() const {
  const std::string range = page::figure(
      range_chart(*this), "The rate grows with each update; the band marks the rates worth trying.");
  const std::string tried = page::figure(trial_chart(*this), "Each point is a separate short training run.");
  page::Table table{.caption = "All trials.", .head = {"Rate", "Correct", "Loss"}, .rows = {}};
  for (const RateTrial& t : trials) {
    table.rows.push_back({page::significant(t.rate, 3),
                          std::isnan(t.accuracy) ? page::kNone : page::percent(t.accuracy),
                          t.diverged ? "diverged" : page::significant(t.loss, 4)});
  }
  return page::document({.title = rate ? "Learning rate " + print_number(*rate) : "No rate to suggest",
                         .subject = "learning-rate search",
                         .lead = page::lead("Why: " + why + "."),
                         .body = page::section("charts", "Search", page::charts(tried + range)) +
                                 page::section("trials-made", "Trials", page::table(table)) +
                                 page::section("text", "Optimizer", page::verbatim("Optimizer", optimizer))});
}

}  // namespace thalweg
