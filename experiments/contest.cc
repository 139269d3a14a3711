#include "experiments/contest.h"

#include "base/spec.h"

namespace thalweg::experiments {

std::vector<Tuned> hold(const Lab& lab, const Contest& contest, const Score& score, Findings& out) {
  std::vector<Tuned> results;
  for (std::size_t i = 0; i < contest.names.size(); ++i) {
    const auto training = [&](double rate, std::uint64_t seed) {
      return train(contest.data(seed), contest.course, with_rate(contest.optimizers.at(i), rate), seed);
    };
    results.push_back(tuned(lab, contest.rates, training, score));
    const std::string name = contest.prefix + contest.names[i];
    out.add(name + ".loss", each(results.back().runs, score));
    const double chosen = results.back().rate;
    const bool edge = chosen == contest.rates.front() || chosen == contest.rates.back();
    out.notes.push_back(name + ": rate " + print_number(chosen) + (edge ? ", at the end of the grid" : ""));
  }
  return results;
}

}  // namespace thalweg::experiments
