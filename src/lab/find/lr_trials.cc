#include "find/lr_trials.h"

#include <algorithm>
#include <cmath>

#include "comm/spread_jobs.h"
#include "data/subset.h"
#include "train/trial.h"

namespace thalweg {

RateTrial LrTrials::at(double rate) const {
  RateTrial out{.rate = rate, .diverged = true, .loss = NAN, .accuracy = NAN};
  Trial trial(copy_of(model), loss, Chain(text.with(rate)), data, options, length);
  if (!trial.train()) return out;
  if (const std::optional<Evaluation> judged = trial.evaluate(data.test)) {
    out.diverged = false;
    out.loss = judged->loss;
    out.accuracy = judged->accuracy;
  }
  return out;
}

std::vector<RateTrial> LrTrials::at(const std::vector<double>& rates, int threads) const {
  LrTrials each = *this;
  each.options.threads = 1;
  std::vector<RateTrial> trials;
  for (const std::string& made :
       spread(comm, rates.size(), threads, [&](std::size_t i) { return bytes_of(each.at(rates[i])); }))
    trials.push_back(from_bytes<RateTrial>(made));
  return trials;
}

double LrTrials::start_loss() const {
  const auto judged = Trial(copy_of(model), loss, Chain("lr(0)"), data, options).evaluate(data.test);
  return judged ? judged->loss : NAN;
}

Dataset set_aside_for(const Dataset& data, const TrainerOptions& options, std::uint64_t updates,
                      std::size_t judge) {
  const std::size_t all = data.train.size();
  const std::uint64_t batch = std::uint64_t{options.batch} * options.accumulate;
  const bool every = batch == 0 || updates > all / batch;
  return set_aside(data, every ? all : static_cast<std::size_t>(updates * batch), judge, options.seed);
}

}  // namespace thalweg
