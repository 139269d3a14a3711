// A comparison as a page.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "base/spec.h"
#include "compare/comparison.h"
#include "draw/number.h"
#include "thalweg/lab/compare.h"

namespace thalweg {
namespace {

using page::ComparedRow;
using page::ComparisonPage;

bool classes(const ComparisonResult& result) { return result.score_name == "accuracy"; }

std::string number(const ComparisonResult& result, double score) {
  if (!std::isfinite(score)) return page::kNone;
  return page::fixed(score * (classes(result) ? 100 : 1), classes(result) ? 2 : 4);
}

double in_units(const ComparisonResult& result, double score) {
  return classes(result) ? 100 * score : score;
}

// The median of the scores after each epoch; a gap where a run had diverged by then.
std::vector<page::Point> median_curve(const ComparisonResult& result, const ComparedOptimizer& o) {
  std::vector<page::Point> out;
  for (std::size_t epoch = 0; epoch < *result.config.epochs; ++epoch) {
    std::vector<double> scores;
    for (const ComparedTrial& trial : o.trials)
      scores.push_back(epoch < trial.epochs.size() ? trial.epochs[epoch].score : -INFINITY);
    const double middle = median(std::move(scores));
    out.push_back({static_cast<double>(epoch + 1), std::isfinite(middle) ? in_units(result, middle) : NAN});
  }
  return out;
}

std::string standing_text(const ComparisonResult& result, const ComparedOptimizer& o) {
  switch (o.against_best.standing) {
    case ComparedOptimizer::Standing::first:
      return "the best";
    case ComparedOptimizer::Standing::told_apart:
      return "worse";
    case ComparedOptimizer::Standing::always_worse:
      return fmt::format("worse in {} of {} seeds", o.against_best.worse, result.options.seeds);
    case ComparedOptimizer::Standing::close:
      return fmt::format("not told apart: worse in {}, better in {} of {}", o.against_best.worse,
                         o.against_best.better, result.options.seeds);
  }
  return "";
}

ComparedRow row(const ComparisonResult& result, const ComparedOptimizer& o) {
  ComparedRow out;
  out.name = o.given;
  out.chain = o.chain;
  out.rate = print_number(o.rates[o.chosen].rate) + (o.at_edge() ? "*" : "");
  out.batch = page::count(static_cast<double>(o.batch));
  out.rank = page::fixed(o.average_rank, 1);
  const bool first = o.against_best.standing == ComparedOptimizer::Standing::first;
  out.behind = first ? "" : number(result, o.against_best.behind);
  out.p = first ? "" : page::significant(o.against_best.p, 2);
  out.standing = standing_text(result, o);
  out.score = number(result, o.score.value) + (classes(result) && std::isfinite(o.score.value) ? " %" : "");
  out.quartiles = number(result, o.score.low) + " to " + number(result, o.score.high);
  out.loss = std::isfinite(o.loss.value) ? page::significant(o.loss.value, 3) : page::kNone;
  const bool half = std::isfinite(o.target.updates);
  out.reached = fmt::format("{} of {}", o.target.reached, o.trials.size());
  out.updates = half ? page::count(o.target.updates) : page::kNone;
  out.seconds = half ? page::significant(o.target.seconds, 2) : page::kNone;
  for (const ComparedTrial& trial : o.trials) {
    if (!trial.diverged) out.scores.push_back(in_units(result, trial.epochs.back().score));
  }
  out.low = in_units(result, o.score.low);
  out.median = in_units(result, o.score.value);
  out.high = in_units(result, o.score.high);
  out.curve = median_curve(result, o);
  for (const TriedRate& rate : o.rates) out.rates.push_back({rate.rate, in_units(result, rate.score)});
  out.chosen = out.rates[o.chosen];
  return out;
}

std::string setting(const ComparisonResult& result) {
  const RunConfig& c = result.config;
  std::string out = fmt::format(
      "{} on {}, {} epochs, batches of {}: the same weights, order and data for all, seeds {} to {}. Judged "
      "on "
      "{} held-out samples, one split; the seeds vary weights and order. ",
      c.model, c.data, *c.epochs, *c.batch == 0 ? "all" : std::to_string(*c.batch), c.seed,
      c.seed + result.options.seeds - 1, page::count(static_cast<double>(result.held_out)));
  if (result.tuning_trials == 0) return out + "Rates as they are named, untuned.";
  return out + fmt::format(
                   "The rate of each is the best of {} over {} decades: {} runs of {} epochs, judged by {} "
                   "samples of the training part that these runs did not see.",
                   result.options.rates, print_number(result.options.decades), result.tuning_trials,
                   result.tuning_epochs, page::count(static_cast<double>(result.validation)));
}

std::string target(const CompareOptions& options) {
  if (options.target_accuracy) return page::percent(*options.target_accuracy);
  return options.target_loss ? "loss " + page::significant(*options.target_loss, 3) : "";
}

std::vector<std::string> notes(const ComparisonResult& result) {
  std::vector<std::string> out;
  std::string edge;
  for (const ComparedOptimizer& o : result.optimizers) {
    if (o.at_edge()) edge += (edge.empty() ? "" : ", ") + o.given;
    if (o.diverged > 0)
      out.push_back(fmt::format("{} diverged in {} of {} runs, which count as worse than any other.", o.given,
                                o.diverged, o.trials.size()));
    if (o.batch == result.training && *result.config.batch != 0)
      out.push_back(fmt::format(
          "{} takes all {} samples an update: {} updates for the same passes over the data.", o.given,
          page::count(static_cast<double>(o.batch)), page::count(static_cast<double>(o.updates))));
  }
  if (!edge.empty())
    out.push_back("* The lowest or highest rate tried (" + edge + "): a better one may lie beyond.");
  if (!target(result.options).empty())
    out.emplace_back(
        "Updates and seconds to the target are medians, looked at once an epoch. Seconds are "
        "processor time of one thread, evaluation left out.");
  return out;
}

}  // namespace

void write_comparison_page(const ComparisonResult& result, const std::filesystem::path& path) {
  ComparisonPage made;
  made.headline = result.headline();
  made.doubt = result.doubt();
  made.setting = setting(result);
  made.score_name = result.score_name;
  made.unit = classes(result) ? "%" : "";
  made.target = target(result.options);
  for (const ComparedOptimizer& o : result.optimizers) made.rows.push_back(row(result, o));
  made.notes = notes(result);
  for (const ComparedPair& pair : result.pairs) {
    made.pairs.push_back({result.optimizers[pair.first].given, result.optimizers[pair.second].given,
                          page::significant(pair.p, 2), page::significant(pair.p_holm, 2)});
  }
  replace_file(path, page::render(made));
}

}  // namespace thalweg
