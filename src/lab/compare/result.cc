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

double score_of(const ComparedRun& run) { return run.diverged ? -kInfinity : run.epochs.back().score; }
double loss_of(const ComparedRun& run) { return run.diverged ? kInfinity : run.epochs.back().loss; }

template <class Read>
std::vector<double> of_runs(const ComparedOptimizer& optimizer, Read read) {
  std::vector<double> out;
  for (const ComparedRun& run : optimizer.runs) out.push_back(read(run));
  return out;
}

template <class Read>
ComparedQuartiles quartiles_of(const ComparedOptimizer& optimizer, Read read) {
  const Quartiles q = quartiles(of_runs(optimizer, read));
  return {q.low, q.median, q.high};
}

const ComparedEpoch* at_target(const ComparedRun& run, const CompareOptions& options) {
  for (const ComparedEpoch& epoch : run.epochs) {
    if (options.target_accuracy && epoch.score >= *options.target_accuracy) return &epoch;
    if (options.target_loss && epoch.loss <= *options.target_loss) return &epoch;
  }
  return nullptr;
}

// The median, infinite where that lies among those that are.
double median(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  const std::size_t n = numbers.size();
  return (numbers[(n - 1) / 2] + numbers[n / 2]) / 2;
}

void fill(ComparedOptimizer& o, const CompareOptions& options) {
  o.score = quartiles_of(o, score_of);
  o.loss = quartiles_of(o, loss_of);
  o.diverged = static_cast<std::uint64_t>(
      std::count_if(o.runs.begin(), o.runs.end(), [](const ComparedRun& run) { return run.diverged; }));
  o.seconds = median(of_runs(
      o, [](const ComparedRun& run) { return run.epochs.empty() ? 0.0 : run.epochs.back().seconds; }));
  const auto reached = [&](const ComparedRun& run) { return at_target(run, options) != nullptr; };
  o.reached = static_cast<std::uint64_t>(std::count_if(o.runs.begin(), o.runs.end(), reached));
  o.updates_to_target = median(of_runs(o, [&](const ComparedRun& run) {
    return reached(run) ? static_cast<double>(at_target(run, options)->update) : kInfinity;
  }));
  o.seconds_to_target = median(of_runs(o, [&](const ComparedRun& run) {
    return reached(run) ? at_target(run, options)->seconds : kInfinity;
  }));
}

void rank(std::vector<ComparedOptimizer>& all) {
  const std::size_t seeds = all.front().runs.size();
  for (ComparedOptimizer& o : all) {
    o.average_rank = 0;
    o.seeds_best = 0;
  }
  for (std::size_t seed = 0; seed < seeds; ++seed) {
    std::vector<double> scores;
    for (const ComparedOptimizer& o : all) scores.push_back(-score_of(o.runs[seed]));
    const std::vector<double> ranks = midranks(scores);
    const double best = *std::min_element(scores.begin(), scores.end());
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i].average_rank += ranks[i] / static_cast<double>(seeds);
      all[i].seeds_best += scores[i] == best;
    }
  }
}

// a - b, 0 where both diverged.
double difference(const ComparedRun& a, const ComparedRun& b) {
  return score_of(a) == score_of(b) ? 0.0 : score_of(a) - score_of(b);
}

std::vector<double> differences(const ComparedOptimizer& a, const ComparedOptimizer& b) {
  std::vector<double> out;
  for (std::size_t i = 0; i < a.runs.size(); ++i) out.push_back(difference(a.runs[i], b.runs[i]));
  return out;
}

void compare_pairs(ComparisonResult& result) {
  const auto& all = result.optimizers;
  result.pairs.clear();
  std::vector<double> p;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t k = i + 1; k < all.size(); ++k) {
      p.push_back(signed_rank(differences(all[i], all[k])).p);
      result.pairs.push_back({.first = i, .second = k, .p = p.back(), .p_holm = 1});
    }
  }
  const std::vector<double> corrected = holm(p);
  for (std::size_t i = 0; i < p.size(); ++i) result.pairs[i].p_holm = corrected[i];
  result.least_p = std::min(
      1.0, least_p(all.front().runs.size()) * static_cast<double>(std::max<std::size_t>(1, p.size())));
  result.seeds_to_decide = pairs_to_decide(p.size(), ComparisonResult::kLevel);
}

void compare_with_best(const ComparisonResult& result, std::size_t number, ComparedOptimizer& o) {
  using Standing = ComparedOptimizer::Standing;
  const std::vector<double> lead = differences(result.optimizers.front(), o);
  const auto count = [&](auto test) {
    return static_cast<std::uint64_t>(std::count_if(lead.begin(), lead.end(), test));
  };
  o.worse = count([](double d) { return d > 0; });
  o.equal = count([](double d) { return d == 0; });
  o.better = count([](double d) { return d < 0; });
  o.behind = median(lead);
  o.p = 1;
  for (const ComparedPair& pair : result.pairs) {
    if (pair.first == 0 && pair.second == number) o.p = pair.p_holm;
  }
  o.standing = number == 0                                                           ? Standing::first
               : o.p <= ComparisonResult::kLevel                                     ? Standing::told_apart
               : o.worse == lead.size() && result.least_p > ComparisonResult::kLevel ? Standing::always_worse
                                                                                     : Standing::close;
}

}  // namespace

std::vector<TriedRate> tried_rates(const Contender& contender, const CompareOptions& options,
                                   const std::vector<ComparedRun>& runs) {
  std::vector<TriedRate> out;
  for (const double factor : contender.factors) {
    TriedRate tried{.factor = factor, .rate = rate_of(with_rate(contender.chain, factor))};
    bool diverged = false;
    for (const ComparedRun& run : runs) {
      if (!run.tuning || run.optimizer != contender.given || run.factor != factor) continue;
      diverged = diverged || run.diverged;
      if (run.diverged) continue;
      tried.score += score_of(run) / static_cast<double>(options.tuning_seeds);
      tried.loss += loss_of(run) / static_cast<double>(options.tuning_seeds);
    }
    if (diverged) tried.score = tried.loss = std::numeric_limits<double>::quiet_NaN();
    out.push_back(tried);
  }
  return out;
}

std::size_t best_rate(const Contender& contender, const std::vector<TriedRate>& rates) {
  std::size_t best = rates.size();
  for (std::size_t i = 0; i < rates.size(); ++i) {
    if (std::isnan(rates[i].score)) continue;
    const bool better = best == rates.size() || std::tuple(rates[i].score, -rates[i].loss) >
                                                    std::tuple(rates[best].score, -rates[best].loss);
    if (better) best = i;
  }
  if (best < rates.size()) return best;
  throw Error(Code::diverged, {contender.given, "the training diverged at every rate",
                               std::to_string(rates.size()) + " rates", "one that does not",
                               "name a smaller rate, or try --decades with more"});
}

std::vector<ComparedRun> final_runs(const Contender& contender, double factor, const RunConfig& config,
                                    const CompareOptions& options, const std::vector<ComparedRun>& runs) {
  std::vector<ComparedRun> out;
  for (std::uint64_t i = 0; i < options.seeds; ++i) {
    for (const ComparedRun& run : runs) {
      const bool wanted = !run.tuning && run.optimizer == contender.given && run.factor == factor;
      if (wanted && run.seed == config.seed + i) out.push_back(run);
    }
  }
  return out;
}

void judge(ComparisonResult& result) {
  std::vector<ComparedOptimizer>& all = result.optimizers;
  for (ComparedOptimizer& o : all) fill(o, result.options);
  rank(all);
  std::stable_sort(all.begin(), all.end(), [](const ComparedOptimizer& a, const ComparedOptimizer& b) {
    return std::tuple(-a.score.median, a.average_rank, a.loss.median) <
           std::tuple(-b.score.median, b.average_rank, b.loss.median);
  });
  compare_pairs(result);
  for (std::size_t i = 0; i < all.size(); ++i) compare_with_best(result, i, all[i]);
}

}  // namespace thalweg
