// Finders: what a run's rate and batch should be, measured. Nothing that is given is changed. Rates may be
// searched by several threads at once; batches by only one, as it measures time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/settings.h"
#include "thalweg/trainer.h"

namespace thalweg {

struct RateSearch {
  std::uint64_t updates = 0;  // of the run that the rate is for; 0: not known
  double from = 1e-7;         // rates of the range test, above 0
  double to = 10;             // above `from`
  std::uint64_t sweep = 120;  // updates of the range test, from 20
  // Updates of a trial. 0: as many as the run, at most 1,000; 1,000 where those are not known.
  std::uint64_t trial = 0;
  std::size_t judge = 2000;  // training samples that trials are judged by, at most a fifth of them
};

// One update of the range test.
struct RateSweepPoint {
  double rate = 0;
  double loss = 0;      // of its batch, before the update
  double smoothed = 0;  // exponential average, corrected for its start
};

// A short training at one rate.
struct RateTrial {
  double rate = 0;
  bool diverged = false;  // the numbers below are then NaN
  double loss = 0;        // of samples that were not trained on
  double accuracy = 0;    // of the same, 0 to 1; NaN for values
};

struct FoundRate {
  std::optional<double> rate;  // none where no rate lowers the loss
  std::string optimizer;       // the text with that rate; as given where there is none
  std::string why;             // one line
  double given = 0;            // the rate of the text as given
  double low = 0;              // bounds of what the range test left to try
  double high = 0;
  std::uint64_t trial_updates = 0;
  std::uint64_t train_samples = 0;  // that trials draw from
  std::uint64_t judge_samples = 0;
  double start_loss = 0;  // of the latter, before training
  std::vector<RateSweepPoint> sweep;
  std::vector<RateTrial> trials;  // by rate

  std::string text() const;  // for people
  std::string json() const;  // one object
  std::string svg() const;
  std::string html() const;  // a page
};

// Finds the rate of `optimizer`, a text with one `lr`, whose schedule keeps its shape. First the range test
// of Smith (2015, arXiv:1506.01186): the rate grows exponentially from update to update, and where the
// smoothed loss falls and where it climbs again bound what is worth trying. A range test alone finds the
// rates that are stable at the initial weights, not the best ones of a training; so rates between the
// bounds, half a decade apart, train for a while each - all from the weights of `model`, on the same batches,
// with the schedule planned for the trial - and are judged by the loss on training samples that were set
// aside. A parabola through the best and its neighbours, in the logarithm of the rate, gives the rate.
//
// `model` is where training begins; trials train copies of it, with their own optimizers. Held-out samples
// are not used. Deterministic; trials run side by side on `options.threads` threads, and spread over the
// ranks of `options.comm`, on each of which it returns the same. Copies at most a trial's samples. Throws
// Error(usage) as RateText, Chain and Trainer do and for options out of range, Error(data) for fewer than two
// training samples.
FoundRate find_rate(const Module& model, const Loss& loss, std::string_view optimizer, const Dataset& data,
                    const TrainerOptions& options, const RateSearch& search = {});

// The same for what `thalweg train` would do with these settings.
FoundRate find_rate(const RunConfig& config, RateSearch search = {});

struct BatchSearch {
  std::uint64_t memory = std::uint64_t{1} << 30;  // bytes that the training may use
  int rounds = 5;                                 // over the ladder, from 1
  double seconds = 0.1;                           // of each measurement, above 0
  double slack = 0.05;        // a share by which a size may fall short of the best; below 1
  std::uint64_t most = 4096;  // samples
};

struct BatchTiming {
  std::uint64_t batch = 0;
  std::uint64_t bytes = 0;  // parameters, gradients, best weights, optimizer state and activations
  double median = 0;        // samples per second
  double low = 0;           // of all rounds
  double high = 0;
};

struct FoundBatch {
  std::uint64_t batch = 0;
  std::string why;  // one line
  std::uint64_t memory = 0;
  int rounds = 0;
  int threads = 0;
  std::vector<BatchTiming> timings;  // by batch

  std::string text() const;
  std::string json() const;
  std::string svg() const;
  std::string html() const;
};

// Trains with 1, 2, 4, ... samples per batch, as far as these fit `memory` and the data, and measures samples
// per second: the ladder is measured in rounds, so that other load of the machine affects all sizes alike.
// Chooses the smallest size whose median is within `slack` of the best: a larger one would only make updates
// fewer. The memory is estimated as `thalweg train --dry-run` does. A measurement: it may choose otherwise
// tomorrow, so write its choice down where a run must be repeatable. Throws as training does, and
// Error(usage) when not even one sample fits or an option is out of range.
FoundBatch find_batch(const RunConfig& config, const BatchSearch& search = {});

}  // namespace thalweg
