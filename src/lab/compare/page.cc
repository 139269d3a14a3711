// A comparison as a page.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "base/spec.h"
#include "compare/curves.h"
#include "compare/result.h"
#include "draw/chart.h"
#include "draw/html.h"
#include "draw/number.h"
#include "thalweg/lab/compare.h"
#include "thalweg/quantiles.h"

namespace thalweg {
namespace page {

extern const Asset kComparisonCss;

}  // namespace page

namespace {

using page::coordinate;
using page::escape;
using page::kNone;
using page::significant;
using Optimizer = ComparedOptimizer;
using Standing = ComparedOptimizer::Standing;

// The drawing of all runs.
constexpr double kWidth = 560, kSide = 24, kRowHeight = 46, kFoot = 44;

bool classes(const ComparisonResult& result) { return result.score_name == "accuracy"; }
const char* unit(const ComparisonResult& result) { return classes(result) ? "%" : ""; }
double in_units(const ComparisonResult& result, double score) {
  return classes(result) ? 100 * score : score;
}

// What decides: the score, or the loss where that is not defined.
const Median& deciding(const ComparisonResult& result, const Optimizer& o) {
  return result.by_loss ? o.loss : o.score;
}
double deciding(const ComparisonResult& result, const ComparedEpoch& epoch) {
  return result.by_loss ? epoch.loss : epoch.score;
}

std::string number(const ComparisonResult& result, double score) {
  if (result.by_loss && std::isfinite(score)) return significant(score, 4);
  return std::isfinite(score) ? page::fixed(in_units(result, score), classes(result) ? 2 : 4) : kNone;
}

std::string median_text(const ComparisonResult& result, const Optimizer& o) {
  const double median = deciding(result, o).value;
  if (!std::isfinite(median)) return "diverged";
  return number(result, median) + (classes(result) ? " %" : "");
}

std::string quartiles_text(const ComparisonResult& result, const Optimizer& o) {
  return number(result, deciding(result, o).low) + " to " + number(result, deciding(result, o).high);
}

std::string standing_text(const ComparisonResult& result, const Optimizer& o) {
  switch (o.against_best.standing) {
    case Standing::first:
      return "best";
    case Standing::told_apart:
      return "worse";
    case Standing::always_worse:
      return fmt::format("worse in {} of {} seeds", o.against_best.worse, result.options.seeds);
    case Standing::close:
      return fmt::format("not distinguishable: worse in {}, better in {} of {}", o.against_best.worse,
                         o.against_best.better, result.options.seeds);
  }
  return "";
}

std::string target_text(const CompareOptions& options) {
  if (options.target_accuracy) return page::percent(*options.target_accuracy);
  return options.target_loss ? "loss " + significant(*options.target_loss, 3) : "";
}

std::string results_table(const ComparisonResult& result) {
  page::Table made;
  made.caption =
      "Median over the seeds, with quartiles. Behind: the median, over the seeds, of the difference from "
      "the best. "
      "p: Wilcoxon's signed-rank test against the best, with Holm's correction for all pairs.";
  made.head = {"Optimizer", "Held-out " + result.measure(), "Quartiles", "Behind", "p", "Standing"};
  made.marked = 0;
  for (const Optimizer& o : result.optimizers) {
    const bool first = o.against_best.standing == Standing::first;
    made.rows.push_back({o.given, median_text(result, o), quartiles_text(result, o),
                         first ? "" : number(result, o.against_best.behind),
                         first ? "" : significant(o.against_best.p, 2), standing_text(result, o)});
  }
  return page::table(made);
}

// What it took, and with what rate.
std::string costs_table(const ComparisonResult& result) {
  page::Table made;
  made.id = "costs";
  made.caption = "Rates and costs.";
  made.head = {"Optimizer", "Rate", "Samples per update", "Average rank", "Held-out loss"};
  const std::string target = target_text(result.options);
  if (!target.empty())
    made.head.insert(made.head.end(), {target + " reached", "Updates to it", "Seconds to it"});
  for (const Optimizer& o : result.optimizers) {
    made.rows.push_back({o.given, print_number(o.rates[o.chosen].rate) + (o.at_edge() ? "*" : ""),
                         page::count(o.batch), page::fixed(o.average_rank, 1), significant(o.loss.value, 3)});
    if (target.empty()) continue;
    made.rows.back().insert(made.rows.back().end(),
                            {fmt::format("{} of {}", o.target.reached, o.trials.size()),
                             page::count(o.target.updates), significant(o.target.seconds, 2)});
  }
  return page::table(made);
}

// Medians of what else was measured at the end; empty where nothing was.
std::string metrics_table(const ComparisonResult& result) {
  page::Table made;
  made.id = "metrics";
  made.caption = "Medians over the seeds, on held-out samples; of classes the plain mean over them.";
  if (std::isfinite(result.baseline))
    made.caption += result.score_name == "R2" || result.score_name == "rmse" || result.score_name == "mae"
                        ? " Always the mean: rmse " + significant(result.baseline, 4) + "."
                        : " Always the commonest class: " + page::percent(result.baseline) + ".";
  made.head = {"Optimizer"};
  for (const auto& [name, median] : metric_medians(result.optimizers.front())) made.head.push_back(name);
  for (const Optimizer& o : result.optimizers) {
    std::vector<std::string> row = {o.given};
    const auto medians = metric_medians(o);
    for (std::size_t i = 1; i < made.head.size(); ++i) {
      const auto found = std::ranges::find(medians, made.head[i], &std::pair<std::string, Median>::first);
      row.push_back(found == medians.end() ? kNone : significant(found->second.value, 4));
    }
    made.rows.push_back(std::move(row));
  }
  return made.head.size() > 1 ? "<details class=\"further\"><summary>All metrics</summary>\n" +
                                    page::table(made) + "</details>\n"
                              : "";
}

std::string pairs_table(const ComparisonResult& result) {
  page::Table made;
  made.id = "pairs";
  made.caption = "Wilcoxon's signed-rank test of every pair.";
  made.head = {"Optimizer", "Against", "p", "p, corrected"};
  for (const ComparedPair& pair : result.pairs) {
    made.rows.push_back({result.optimizers[pair.first].given, result.optimizers[pair.second].given,
                         significant(pair.p, 2), significant(pair.p_holm, 2)});
  }
  return page::table(made);
}

std::vector<std::string> notes(const ComparisonResult& result) {
  std::vector<std::string> out;
  std::string edge;
  for (const Optimizer& o : result.optimizers) {
    if (o.at_edge()) edge += (edge.empty() ? "" : ", ") + o.given;
    if (o.diverged > 0)
      out.push_back(fmt::format("{} diverged in {} of {} runs; these count as worse than any other run.",
                                o.given, o.diverged, o.trials.size()));
    if (o.batch == result.training && *result.config.batch != 0)
      out.push_back(fmt::format(
          "{} takes all {} samples in each update: {} updates for the same number of passes over the data.",
          o.given, page::count(o.batch), page::count(o.updates)));
  }
  if (!edge.empty())
    out.push_back("* The lowest or highest rate tried (" + edge + "): a better one may lie beyond.");
  if (!target_text(result.options).empty())
    out.emplace_back(
        "Updates and seconds to the target are medians, checked once an epoch. Seconds are processor time of "
        "one "
        "thread, evaluation excluded.");
  return out;
}

std::string tables(const ComparisonResult& result) {
  std::string said;
  for (const std::string& note : notes(result)) said += "<li>" + escape(note) + "</li>\n";
  std::string out = "<div class=\"compared\">\n" + results_table(result) + "<div class=\"further\">" +
                    costs_table(result) + "</div>\n";
  if (!said.empty()) out += "<ul class=\"notes\">\n" + said + "</ul>\n";
  return out + metrics_table(result) + "<details class=\"further\"><summary>All pairs</summary>\n" +
         pairs_table(result) + "</details>\n</div>\n";
}

// Scores of the last epoch, one a seed, those that diverged left out; in units of the axis.
std::vector<double> scores(const ComparisonResult& result, const Optimizer& o) {
  std::vector<double> out;
  for (const ComparedTrial& run : o.trials) {
    if (!run.diverged) out.push_back(in_units(result, deciding(result, run.epochs.back())));
  }
  return out;
}

std::string draw_row(const ComparisonResult& result, const Optimizer& o, const std::string& name, double y,
                     const page::Axis& axis) {
  const auto at = [&](double score) { return kSide + axis.place(score) * (kWidth - 2 * kSide); };
  std::string out = page::text("said", 0, y - 14, name);
  const Median& median = deciding(result, o);
  if (std::isfinite(median.low) && std::isfinite(median.high))
    out += page::horizontal("range", y, at(in_units(result, median.low)), at(in_units(result, median.high)));
  const std::vector<double> dots = scores(result, o);
  for (const double score : dots) {
    out += fmt::format("<circle class=\"dot\" cx=\"{}\" cy=\"{}\" r=\"3.5\"><title>{}</title></circle>",
                       coordinate(at(score)), coordinate(y), escape(significant(score, 4)));
  }
  if (std::isfinite(median.value))
    out += page::vertical("middle", at(in_units(result, median.value)), y - 9, y + 9);
  if (dots.empty()) out += page::text("", kSide, y + 5, "every run diverged");
  return "<g class=\"spread\">" + out + "</g>";
}

// A line for each optimizer: every seed a ring, the quartiles a bar, the median a stroke.
std::string draw_seeds(const ComparisonResult& result) {
  const double floor = kRowHeight * static_cast<double>(result.optimizers.size()) + 10,
               height = floor + kFoot;
  const std::vector<std::string> names = names_in_pictures(result);
  std::string words, grid, rows;
  page::Limits limits;
  for (const Optimizer& o : result.optimizers) {
    words += o.given + ": " + median_text(result, o) + ", " + quartiles_text(result, o) + ". ";
    for (const double score : scores(result, o)) limits.add(score);
  }
  std::string out = fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"seeds-title seeds-desc\"><title "
      "id=\"seeds-title\">Every run</title><desc id=\"seeds-desc\">{}</desc>",
      kWidth, height, escape(words));
  if (limits.lo > limits.hi) return out + "</svg>";
  const page::Axis axis = page::linear_axis(limits.lo, limits.hi, 6, page::Fit::ticks);
  for (const double tick : axis.ticks) {
    const double x = kSide + axis.place(tick) * (kWidth - 2 * kSide);
    grid +=
        page::vertical("grid", x, 6, floor) + page::text("x", x, floor + 20, axis.label(tick) + unit(result));
  }
  for (std::size_t i = 0; i < result.optimizers.size(); ++i)
    rows += draw_row(result, result.optimizers[i], names[i], kRowHeight * static_cast<double>(i) + 32, axis);
  return out + grid + rows + page::text("x", kWidth / 2, height - 4, "held-out " + result.measure()) +
         "</svg>";
}

page::Series series_of(const ComparisonResult& result, std::size_t i) {
  return {.name = names_in_pictures(result)[i], .look = page::look_of(i), .points = {}};
}

// No series where rates were not tuned.
page::Chart rates_chart(const ComparisonResult& result) {
  page::Chart out{.id = "rates-of",
                  .title = "Learning rates tried",
                  .x_name = "learning rate",
                  .y_name = "validation loss",
                  .across = page::Across::log,
                  .scale = page::Scale::automatic,
                  .legend = false};
  for (std::size_t i = 0; i < result.optimizers.size(); ++i) {
    const Optimizer& o = result.optimizers[i];
    if (o.rates.size() < 2) continue;
    page::Series series = series_of(result, i);
    series.marker = page::marker_of(i);
    for (const TriedRate& rate : o.rates) series.points.push_back({rate.rate, rate.loss});
    series.labels = {{series.points[o.chosen], ""}};
    out.series.push_back(std::move(series));
  }
  return out;
}

std::string pictures(const ComparisonResult& result) {
  std::vector<page::Series> names;
  for (std::size_t i = 0; i < result.optimizers.size(); ++i) {
    names.push_back(series_of(result, i));
    names.back().marker = page::marker_of(i);
  }
  return page::legend(names) +
         page::charts(
             page::figure("Every run",
                          "Each ring is one seed, the bar is the middle half, the stroke is the "
                          "median.",
                          draw_seeds(result)) +
             progress_figures(result) +
             page::figure(rates_chart(result),
                          "Loss on the validation part; the ring is the rate chosen. Gaps are rates at "
                          "which training diverged."));
}

std::string chains(const ComparisonResult& result) {
  std::string out;
  for (const Optimizer& o : result.optimizers) {
    out += fmt::format("<div><dt>{}, {} samples per update</dt><dd><code>{}</code></dd></div>\n",
                       escape(o.given), page::count(o.batch), escape(o.chain));
  }
  return "<dl class=\"chains\">\n" + out + "</dl>\n";
}

// Model, data, budget: a sentence or two.
std::string setting(const ComparisonResult& result) {
  const RunConfig& c = result.config;
  std::string out = fmt::format(
      "{} on {}, {} epochs, batches of {}: the same weights, order and data for all, seeds {} to {}. Judged "
      "on {} held-out samples, one split; the seeds vary {}. ",
      c.model, c.data, *c.epochs, *c.batch == 0 ? "all" : std::to_string(*c.batch), c.seed,
      c.seed + result.options.seeds - 1, page::count(result.held_out),
      c.keeping.init.empty() ? "weights and order"
                             : "the order, and all runs begin with the weights of " + c.keeping.init);
  if (result.tuning_trials == 0) return out + "Rates as given, untuned.";
  return out + fmt::format(
                   "The rate of each is the best of {} over {} decades: {} runs of {} epochs, judged by the "
                   "loss on {} "
                   "samples of the training part that these runs did not see.",
                   result.options.rates, print_number(result.options.decades), result.tuning_trials,
                   result.tuning_epochs, page::count(result.validation));
}

}  // namespace

std::string comparison_html(const ComparisonResult& result, const std::string& command) {
  const std::string doubt = "<p class=\"sure\">" + escape(result.doubt()) + "</p>\n";
  return page::document({.title = result.headline(),
                         .subject = "comparison of optimizers",
                         .lead = doubt + page::lead(setting(result)),
                         .body = page::section("results", "Results", tables(result)) +
                                 page::section("pictures", "Charts", pictures(result)) +
                                 page::section("chains", "What was run", chains(result)) +
                                 page::made_by(command),
                         .style = page::kComparisonCss.text});
}

}  // namespace thalweg
