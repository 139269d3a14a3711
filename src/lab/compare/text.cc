// A comparison in words, as a table and as JSON.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/json.h"
#include "base/spec.h"
#include "base/utf8.h"
#include "compare/result.h"
#include "thalweg/lab/compare.h"

namespace thalweg {
namespace {

using Standing = ComparedOptimizer::Standing;

constexpr std::size_t kMostNamed = 3;

bool classes(const ComparisonResult& result) { return result.score_name == "accuracy"; }

// The median that the optimizers are judged by; infinite where half of the trainings diverged.
const Median& deciding(const ComparisonResult& result, const ComparedOptimizer& o) {
  return result.by_loss ? o.loss : o.score;
}

std::string decided_text(const ComparisonResult& result, double number) {
  if (result.by_loss) return fmt::format("loss {:.4g}", number);
  return classes(result) ? fmt::format("{:.2f} %", 100 * number)
                         : fmt::format("{} {:.4f}", result.score_name, number);
}

// Beside an accuracy where one class has most of the samples, three in four or more.
std::string beside(const ComparisonResult& result) {
  if (!classes(result) || result.by_loss || !(result.baseline >= 0.75)) return "";
  return fmt::format(" (always the commonest class: {:.2f} %)", 100 * result.baseline);
}

std::string name_of(const ComparedOptimizer& o) { return shown(o.given, 200); }

// "a", "a and b", "a, b and c", "9 others".
std::string listed(const std::vector<std::string>& names) {
  if (names.size() > kMostNamed) return std::to_string(names.size()) + " others";
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  }
  return out;
}

std::vector<std::string> standing(const ComparisonResult& result, Standing wanted) {
  std::vector<std::string> out;
  for (const ComparedOptimizer& o : result.optimizers) {
    if (o.against_best.standing == wanted) out.push_back(name_of(o));
  }
  return out;
}

std::string_view standing_word(Standing standing) {
  static constexpr std::string_view kWords[] = {"best", "worse", "worse in every seed", "not significant"};
  return kWords[static_cast<std::size_t>(standing)];
}

std::string quartiles_json(const Median& q) {
  return JsonObject().add("low", q.low).add("median", q.value).add("high", q.high).text();
}

std::string rate_json(const TriedRate& rate) {
  return JsonObject()
      .add("rate", rate.rate)
      .add("factor", rate.factor)
      .add("score", rate.score)
      .add("loss", rate.loss)
      .text();
}

std::string run_json(const ComparedTrial& trial) {
  JsonObject metrics;
  for (const auto& [name, number] : trial.metrics) metrics.add(name, number);
  const ComparedEpoch last = trial.epochs.empty() ? ComparedEpoch() : trial.epochs.back();
  return JsonObject()
      .add("seed", trial.seed)
      .add("diverged", trial.diverged)
      .add("score", trial.diverged ? NAN : last.score)
      .add("loss", trial.diverged ? NAN : last.loss)
      .add("updates", last.update)
      .add("seconds", last.seconds)
      .raw("metrics", metrics.text())
      .text();
}

std::string optimizer_json(const ComparisonResult& result, const ComparedOptimizer& o) {
  JsonObject out, metrics;
  for (const auto& [name, median] : metric_medians(o)) metrics.raw(name, quartiles_json(median));
  out.add("name", o.given)
      .add("optimizer", o.text())
      .add("chain", o.chain)
      .add("batch", o.batch)
      .add("updates", o.updates)
      .add("rate", o.rates[o.chosen].rate)
      .add("factor", o.rates[o.chosen].factor)
      .add("at_edge", o.at_edge())
      .raw("score", quartiles_json(o.score))
      .raw("loss", quartiles_json(o.loss))
      .raw("metrics", metrics.text())
      .add("seconds", o.seconds)
      .add("diverged", o.diverged)
      .add("average_rank", o.average_rank)
      .add("seeds_best", o.seeds_best)
      .add("standing", standing_word(o.against_best.standing))
      .add("behind", o.against_best.behind)
      .add("worse", o.against_best.worse)
      .add("equal", o.against_best.equal)
      .add("better", o.against_best.better)
      .add("p", o.against_best.p);
  if (result.options.target_accuracy || result.options.target_loss) {
    out.add("reached", o.target.reached)
        .add("updates_to_target", o.target.updates)
        .add("seconds_to_target", o.target.seconds);
  }
  return out.raw("rates", json_list(o.rates, rate_json)).raw("runs", json_list(o.trials, run_json)).text();
}

std::string tuning_json(const ComparisonResult& result) {
  return JsonObject()
      .add("runs", result.tuning_trials)
      .add("rates", result.options.rates)
      .add("decades", result.options.decades)
      .add("seeds", result.options.tuning_seeds)
      .add("epochs", result.tuning_epochs)
      .add("validation_samples", result.validation)
      .text();
}

std::string row(const ComparisonResult& result, const ComparedOptimizer& o, int width) {
  const auto loss = [](double x) { return std::isfinite(x) ? fmt::format("{:.4g}", x) : std::string("-"); };
  const auto number = [&](double x) {
    if (result.by_loss || !std::isfinite(x)) return loss(x);
    return classes(result) ? fmt::format("{:.2f}", 100 * x) : fmt::format("{:.4f}", x);
  };
  const Median& median = deciding(result, o);
  std::string out = fmt::format("{:<{}}  {:>9}{} {:>9} {:>15}  {:>9}  {:>4.1f}  {:>8}", name_of(o), width,
                                print_number(o.rates[o.chosen].rate), o.at_edge() ? "*" : " ",
                                std::isfinite(median.value) ? number(median.value) : "diverged",
                                number(median.low) + " " + number(median.high),
                                result.is_undefined() ? "undefined"
                                : result.by_loss      ? loss(o.score.value)
                                                      : loss(o.loss.value),
                                o.average_rank, number(o.against_best.behind));
  if (result.options.target_accuracy || result.options.target_loss) {
    const bool half = std::isfinite(o.target.updates);
    out += fmt::format("  {:>3} of {:<3} {:>8} {:>8}", o.target.reached, o.trials.size(),
                       half ? fmt::format("{:.0f}", o.target.updates) : "-",
                       half ? fmt::format("{:.3g}", o.target.seconds) : "-");
  }
  const std::string p =
      o.against_best.standing == Standing::first ? "" : fmt::format("{:.2g}", o.against_best.p);
  return out + fmt::format("  {:>6}  {}\n", p, standing_word(o.against_best.standing));
}

std::string table(const ComparisonResult& result) {
  int width = 9;
  bool edge = false;
  for (const ComparedOptimizer& o : result.optimizers) {
    width = std::max(width, static_cast<int>(name_of(o).size()));
    edge = edge || o.at_edge();
  }
  std::string out = fmt::format("{:<{}}  {:>9}  {:>9} {:>15}  {:>9}  {:>4}  {:>8}", "optimizer", width,
                                "rate", result.measure(), "quartiles",
                                result.by_loss ? result.score_name : "loss", "rank", "behind");
  if (result.options.target_accuracy || result.options.target_loss)
    out += fmt::format("  {:>10} {:>8} {:>8}", "target", "updates", "seconds");
  out += fmt::format("  {:>6}\n", "p");
  for (const ComparedOptimizer& o : result.optimizers) out += row(result, o, width);
  if (edge) out += "* the lowest or highest rate tried: a better one may lie beyond\n";
  return out;
}

std::string budget(const ComparisonResult& result) {
  if (result.tuning_trials == 0) return "Rates as given, untuned.";
  return fmt::format(
      "Each rate is the best of {} over {} decades, found in {} runs of {} epochs on {} samples, judged by "
      "the "
      "loss on {} others of the training part.",
      result.options.rates, print_number(result.options.decades), result.tuning_trials, result.tuning_epochs,
      result.training - result.validation, result.validation);
}

}  // namespace

std::string ComparisonResult::headline() const {
  const double median = deciding(*this, optimizers.front()).value;
  if (!std::isfinite(median)) return "No optimizer leads: half or more of the trainings of each diverged";
  const std::string best = name_of(optimizers.front());
  const std::string score = decided_text(*this, median) + beside(*this);
  const std::vector<std::string> close = standing(*this, Standing::close);
  if (!close.empty()) return best + " leads with " + score + ", not clearly ahead of " + listed(close);
  if (standing(*this, Standing::always_worse).empty()) return best + " is best: " + score;
  return fmt::format("{} is best in each of {} seeds: {}", best, options.seeds, score);
}

std::string ComparisonResult::doubt() const {
  if (!std::isfinite(deciding(*this, optimizers.front()).value))
    return "Give smaller rates, or more --decades.";
  const std::string by = is_undefined()
                             ? fmt::format(
                                   " {} is not defined on the held-out samples, whose targets are all "
                                   "the same: the loss decides.",
                                   score_name)
                             : "";
  const std::vector<std::string> close = standing(*this, Standing::close);
  const std::vector<std::string> apart = standing(*this, Standing::told_apart);
  const std::vector<std::string> always = standing(*this, Standing::always_worse);
  const bool many = pairs.size() > 1;
  if (least_p > kLevel) {
    std::string out =
        fmt::format("{} seeds cannot prove it: no pair has a p below {:.3g}{}; {} seeds could.",
                    options.seeds, std::exp2(1.0 - static_cast<double>(options.seeds)),
                    many ? fmt::format(", and there are {} pairs", pairs.size()) : "", seeds_to_decide);
    if (!always.empty()) out += fmt::format(" Worse in every seed: {}.", listed(always));
    return out + by;
  }
  std::string out = apart.empty() ? "No other differs significantly from it"
                                  : fmt::format("It differs significantly from {}", listed(apart));
  if (!apart.empty() && !close.empty()) out += ", not from " + listed(close);
  return out +
         fmt::format(": Wilcoxon's signed-rank test over {} seeds, p at most {}{}.", options.seeds,
                     print_number(kLevel),
                     many ? fmt::format(" after Holm's correction for {} pairs", pairs.size()) : "") +
         by;
}

std::string ComparisonResult::text() const {
  return headline() + "\n" + doubt() + "\n\n" + table(*this) + "\n" + budget(*this) + "\n";
}

std::string ComparisonResult::json() const {
  const auto test = [&](const ComparedPair& pair) {
    return JsonObject()
        .add("first", optimizers[pair.first].given)
        .add("second", optimizers[pair.second].given)
        .add("p", pair.p)
        .add("p_holm", pair.p_holm)
        .text();
  };
  JsonObject out;
  out.add("schema", 1)
      .add("headline", headline())
      .add("doubt", doubt())
      .add("data", config.data)
      .add("model", config.model)
      .add("loss", config.loss)
      .add("epochs", *config.epochs)
      .add("batch", *config.batch == 0 ? training : *config.batch)
      .add("seed", config.seed)
      .add("seeds", options.seeds)
      .add("training_samples", training)
      .add("held_out_samples", held_out)
      .add("measure", measure())
      .add("baseline", baseline)
      .add("target_accuracy", options.target_accuracy.value_or(NAN))
      .add("target_loss", options.target_loss.value_or(NAN))
      .raw("tuning", tuning_json(*this))
      .add("least_p", least_p)
      .add("seeds_to_decide", seeds_to_decide)
      .raw("optimizers", json_list(optimizers, [&](const auto& o) { return optimizer_json(*this, o); }))
      .raw("pairs", json_list(pairs, test));
  return out.text();
}

}  // namespace thalweg
