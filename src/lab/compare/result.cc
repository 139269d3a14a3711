#include "compare/result.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "compare/signed_rank.h"
#include "thalweg/error.h"

namespace thalweg {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double score_of(const ComparedTrial& trial, double of_diverged = -kInfinity) {
  return trial.diverged ? of_diverged : trial.epochs.back().score;
}
double loss_of(const ComparedTrial& trial) { return trial.diverged ? kInfinity : trial.epochs.back().loss; }

// What a trial is judged by: the larger, the better.
double merit(const ComparisonResult& result, const ComparedTrial& trial) {
  if (result.by_loss) return -loss_of(trial);
  return result.lower_is_better ? -score_of(trial, kInfinity) : score_of(trial);
}

bool is_undefined(const ComparedTrial& trial) {
  return !trial.diverged && !std::isfinite(trial.epochs.back().score);
}

template <class Read>
std::vector<double> of_trials(const ComparedOptimizer& optimizer, Read read) {
  std::vector<double> out;
  for (const ComparedTrial& trial : optimizer.trials) out.push_back(read(trial));
  return out;
}

const ComparedEpoch* at_target(const ComparedTrial& trial, const CompareOptions& options) {
  for (const ComparedEpoch& epoch : trial.epochs) {
    if (options.target_accuracy && epoch.score >= *options.target_accuracy) return &epoch;
    if (options.target_loss && epoch.loss <= *options.target_loss) return &epoch;
  }
  return nullptr;
}

void fill(ComparedOptimizer& o, const ComparisonResult& result) {
  const CompareOptions& options = result.options;
  const double of_diverged = result.lower_is_better ? kInfinity : -kInfinity;
  o.score = std::ranges::any_of(o.trials, is_undefined) || result.is_undefined()
                ? Median{NAN, NAN, NAN}
                : quartiles(of_trials(o, [&](const ComparedTrial& t) { return score_of(t, of_diverged); }));
  o.loss = quartiles(of_trials(o, loss_of));
  o.diverged = static_cast<std::uint64_t>(std::ranges::count(o.trials, true, &ComparedTrial::diverged));
  o.seconds = median(of_trials(o, [](const ComparedTrial& trial) {
    return trial.epochs.empty() ? 0.0 : trial.epochs.back().seconds;
  }));
  const auto reached = [&](const ComparedTrial& trial) { return at_target(trial, options) != nullptr; };
  o.target.reached = static_cast<std::uint64_t>(std::ranges::count_if(o.trials, reached));
  o.target.updates = median(of_trials(o, [&](const ComparedTrial& trial) {
    return reached(trial) ? static_cast<double>(at_target(trial, options)->update) : kInfinity;
  }));
  o.target.seconds = median(of_trials(o, [&](const ComparedTrial& trial) {
    return reached(trial) ? at_target(trial, options)->seconds : kInfinity;
  }));
}

void rank(ComparisonResult& result) {
  std::vector<ComparedOptimizer>& all = result.optimizers;
  const std::size_t seeds = all.front().trials.size();
  for (ComparedOptimizer& o : all) {
    o.average_rank = 0;
    o.seeds_best = 0;
  }
  for (std::size_t seed = 0; seed < seeds; ++seed) {
    std::vector<double> scores;
    for (const ComparedOptimizer& o : all) scores.push_back(-merit(result, o.trials[seed]));
    const std::vector<double> ranks = midranks(scores);
    const double best = *std::min_element(scores.begin(), scores.end());
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i].average_rank += ranks[i] / static_cast<double>(seeds);
      all[i].seeds_best += scores[i] == best;
    }
  }
}

// a - b, 0 where both diverged.
double difference(double a, double b) { return a == b ? 0.0 : a - b; }

std::vector<double> differences(const ComparisonResult& result, std::size_t a, std::size_t b) {
  const std::vector<ComparedTrial>& first = result.optimizers[a].trials;
  const std::vector<ComparedTrial>& second = result.optimizers[b].trials;
  std::vector<double> out;
  for (std::size_t i = 0; i < first.size(); ++i)
    out.push_back(difference(merit(result, first[i]), merit(result, second[i])));
  return out;
}

void compare_pairs(ComparisonResult& result) {
  const auto& all = result.optimizers;
  result.pairs.clear();
  std::vector<double> p;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t k = i + 1; k < all.size(); ++k) {
      p.push_back(signed_rank(differences(result, i, k)).p);
      result.pairs.push_back({.first = i, .second = k, .p = p.back(), .p_holm = 1});
    }
  }
  const std::vector<double> corrected = holm(p);
  for (std::size_t i = 0; i < p.size(); ++i) result.pairs[i].p_holm = corrected[i];
  result.least_p = std::min(
      1.0, least_p(all.front().trials.size()) * static_cast<double>(std::max<std::size_t>(1, p.size())));
  result.seeds_to_decide = pairs_to_decide(p.size(), ComparisonResult::kLevel);
}

ComparedOptimizer::AgainstBest compare_with_best(const ComparisonResult& result, std::size_t number) {
  using Standing = ComparedOptimizer::Standing;
  const std::vector<double> lead = differences(result, 0, number);
  const auto count = [&](auto test) { return static_cast<std::uint64_t>(std::ranges::count_if(lead, test)); };
  ComparedOptimizer::AgainstBest out{.behind = median(lead),
                                     .worse = count([](double d) { return d > 0; }),
                                     .equal = count([](double d) { return d == 0; }),
                                     .better = count([](double d) { return d < 0; })};
  for (const ComparedPair& pair : result.pairs) {
    if (pair.first == 0 && pair.second == number) out.p = pair.p_holm;
  }
  const bool decides = result.least_p <= ComparisonResult::kLevel;
  out.standing = number == 0                            ? Standing::first
                 : out.p <= ComparisonResult::kLevel    ? Standing::told_apart
                 : out.worse == lead.size() && !decides ? Standing::always_worse
                                                        : Standing::close;
  return out;
}

}  // namespace

std::vector<std::pair<std::string, Median>> metric_medians(const ComparedOptimizer& o) {
  std::vector<std::pair<std::string, Median>> out;
  if (o.trials.empty()) return out;
  for (const auto& [name, number] : o.trials.front().metrics) {
    std::vector<double> all;
    for (const ComparedTrial& trial : o.trials) {
      for (const auto& [other, of_other] : trial.metrics)
        if (other == name) all.push_back(of_other);
    }
    if (all.size() == o.trials.size()) out.emplace_back(name, quartiles(std::move(all)));
  }
  return out;
}

std::vector<TriedRate> tried_rates(const Contender& contender, const CompareOptions& options,
                                   const std::vector<ComparedTrial>& trials) {
  std::vector<TriedRate> out;
  for (const double factor : contender.factors) {
    TriedRate tried{.factor = factor, .rate = times(contender.chain, factor).rate().value_or(0)};
    bool diverged = false;
    for (const ComparedTrial& trial : trials) {
      if (!trial.tuning || trial.optimizer != contender.given || trial.factor != factor) continue;
      diverged = diverged || trial.diverged;
      if (trial.diverged) continue;
      tried.score += score_of(trial) / static_cast<double>(options.tuning_seeds);
      tried.loss += loss_of(trial) / static_cast<double>(options.tuning_seeds);
    }
    if (diverged) tried.score = tried.loss = NAN;
    out.push_back(tried);
  }
  return out;
}

std::size_t best_rate(const Contender& contender, const std::vector<TriedRate>& rates) {
  const auto best = std::ranges::min_element(rates, {}, [](const TriedRate& rate) {
    return std::pair(std::isnan(rate.loss) ? kInfinity : rate.loss, std::isnan(rate.score) ? 0 : -rate.score);
  });
  if (best != rates.end() && !std::isnan(best->loss)) return static_cast<std::size_t>(best - rates.begin());
  throw Error(Code::diverged, {contender.given, "the training diverged at every rate",
                               std::to_string(rates.size()) + " rates", "one that does not",
                               "give a smaller rate, or a larger --decades"});
}

std::vector<ComparedTrial> final_trials(const Contender& contender, double factor, const RunConfig& config,
                                        const CompareOptions& options,
                                        const std::vector<ComparedTrial>& trials) {
  std::vector<ComparedTrial> out;
  for (std::uint64_t i = 0; i < options.seeds; ++i) {
    for (const ComparedTrial& trial : trials) {
      const bool wanted = !trial.tuning && trial.optimizer == contender.given && trial.factor == factor;
      if (wanted && trial.seed == config.seed + i) out.push_back(trial);
    }
  }
  return out;
}

void judge(ComparisonResult& result) {
  std::vector<ComparedOptimizer>& all = result.optimizers;
  result.by_loss =
      result.options.monitor == "loss" || std::ranges::any_of(all, [](const ComparedOptimizer& o) {
        return std::ranges::any_of(o.trials, is_undefined);
      });
  for (ComparedOptimizer& o : all) fill(o, result);
  rank(result);
  std::ranges::stable_sort(all, {}, [&](const ComparedOptimizer& o) {
    const double score = result.lower_is_better ? o.score.value : -o.score.value;
    return std::tuple(result.by_loss ? o.loss.value : score, o.average_rank, o.loss.value);
  });
  compare_pairs(result);
  for (std::size_t i = 0; i < all.size(); ++i) all[i].against_best = compare_with_best(result, i);
}

}  // namespace thalweg
