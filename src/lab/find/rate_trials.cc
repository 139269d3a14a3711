#include "find/rate_trials.h"

#include <algorithm>
#include <cmath>

#include "base/jobs.h"
#include "train/trial.h"

namespace thalweg {

Chain RateBench::resolved(const std::string& chain, std::uint64_t length) const {
  return Chain(chain).resolve(
      {.updates = length, .per_epoch = updates_per_epoch(data.train.size(), options)});
}

RateTrial RateBench::try_rate(double rate) const {
  RateTrial out{.rate = rate, .diverged = true, .loss = NAN, .accuracy = NAN};
  Trial trial(model, loss, resolved(text.with(rate), updates), data, options);
  if (!trial.train(updates)) return out;
  if (const std::optional<Evaluation> judged = trial.evaluate(data.test)) {
    out.diverged = false;
    out.loss = judged->loss;
    out.accuracy = judged->accuracy;
  }
  return out;
}

std::vector<RateTrial> RateBench::try_rates(const std::vector<double>& rates, int threads) const {
  RateBench bench = *this;
  bench.options.threads = 1;
  std::vector<RateTrial> trials(rates.size());
  in_parallel(rates.size(), threads, [&](std::size_t i) { trials[i] = bench.try_rate(rates[i]); });
  return trials;
}

std::size_t samples_visited(const TrainerOptions& options, std::uint64_t updates, std::size_t all) {
  const std::uint64_t batch = std::uint64_t{options.batch} * options.accumulate;
  return batch == 0 || updates > all / batch ? all : static_cast<std::size_t>(updates * batch);
}

}  // namespace thalweg
