// What an update costs by the size of the data, what a loss costs by the size of the batch.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "draw/number.h"
#include "experiments/claims.h"
#include "experiments/lines.h"
#include "experiments/samples.h"
#include "experiments/statistics.h"

namespace thalweg::experiments {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Trial begin_timed(const Lab& lab, const Dataset& data, std::size_t batch, double rate, std::uint64_t seed) {
  return begin(data, {.model = lab.setup.text("model"),
                      .loss = lab.setup.text("loss"),
                      .optimizer = with_rate(lab.setup.text("optimizer"), rate),
                      .batch = batch,
                      .seed = seed});
}

// Seconds of so many updates.
double run(Trial& trial, std::uint64_t updates) {
  const Clock::time_point start = Clock::now();
  for (std::uint64_t i = 0; i < updates; ++i) trial.trainer().step();
  return seconds_since(start);
}

// Seconds of one update: the median of some rounds, after one that warms up.
double update_seconds(const Lab& lab, const Dataset& data, std::size_t batch, std::uint64_t updates) {
  Trial trial = begin_timed(lab, data, batch, lab.setup.numbers("rates").front(), 1);
  run(trial, updates);
  std::vector<double> rounds;
  for (std::uint64_t i = 0; i < lab.setup.whole("rounds"); ++i) {
    rounds.push_back(run(trial, updates) / static_cast<double>(updates));
  }
  return median(std::move(rounds));
}

// Cost of an update against the size of the data.
void measure_sizes(const Lab& lab, const Dataset& data, Findings& out) {
  const std::vector<double>& sizes = lab.setup.numbers("sizes");
  std::vector<double> full_powers, single_powers, full, single;
  for (std::uint64_t seed = 1; seed <= lab.seeds(); ++seed) {
    full.clear();
    single.clear();
    for (const double size : sizes) {
      const Dataset grown = repeated(data, static_cast<std::size_t>(size));
      full.push_back(1e6 * update_seconds(lab, grown, 0, 3));
      single.push_back(1e6 * update_seconds(lab, grown, 1, lab.setup.whole("single_updates")));
    }
    full_powers.push_back(power(sizes, full));
    single_powers.push_back(power(sizes, single));
  }
  out.add("full.power", full_powers);
  out.add("single.power", single_powers);
  out.pictures.push_back({"Time of one update",
                          "samples in the data",
                          "microseconds",
                          {line("all samples", sizes, full), line("one sample", sizes, single)},
                          page::Scale::log,
                          true});
}

// Seconds of training, evaluations left out, until the loss is at most the target; infinite when the time is
// over before.
double seconds_to_target(const Lab& lab, const Dataset& data, std::size_t batch, double rate,
                         std::uint64_t seed) {
  Trial trial = begin_timed(lab, data, batch, rate, seed);
  const double most = lab.setup.number("most_seconds"), target = lab.setup.number("target_loss");
  const std::uint64_t between =
      std::max<std::uint64_t>(1, updates_of(data, batch, lab.setup.number("check_epochs")));
  double seconds = 0;
  const std::optional<double> found = unless_diverged([&] {
    while (seconds < most) {
      seconds += run(trial, between);
      if (objective(trial, data) <= target) return seconds;
    }
    return static_cast<double>(INFINITY);
  });
  return found.value_or(INFINITY);
}

struct Timing {
  double rate = 0;
  std::vector<double> seconds;
};

// At the rate that is fastest for this batch.
Timing best_timing(const Lab& lab, const Dataset& data, std::size_t batch) {
  Timing best;
  double fastest = INFINITY;
  for (const double rate : lab.setup.numbers("rates")) {
    std::vector<double> seconds;
    for (std::uint64_t seed = 1; seed <= lab.seeds(); ++seed) {
      seconds.push_back(seconds_to_target(lab, data, batch, rate, seed));
    }
    const double found = median(seconds);
    if (best.seconds.empty() || found < fastest) best = {rate, seconds};
    fastest = std::min(fastest, found);
  }
  return best;
}

void measure_batches(const Lab& lab, const Dataset& data, Findings& out) {
  std::vector<double> batches = lab.setup.numbers("batches"), middles_of;
  std::vector<std::vector<double>> seconds;
  for (const double batch : batches) {
    const Timing timing = best_timing(lab, data, static_cast<std::size_t>(batch));
    const std::string name = "batch" + page::coordinate(batch);
    out.add(name + ".seconds", timing.seconds);
    out.notes.push_back(name + ": rate " + page::coordinate(timing.rate));
    seconds.push_back(timing.seconds);
    middles_of.push_back(median(timing.seconds));
  }
  const Timing full = best_timing(lab, data, 0);
  out.add("full.seconds", full.seconds);
  out.notes.push_back("all samples: rate " + page::coordinate(full.rate));
  batches.push_back(static_cast<double>(data.train.size()));
  middles_of.push_back(median(full.seconds));
  const auto best = std::ranges::min_element(middles_of);
  const auto place = static_cast<std::size_t>(best - middles_of.begin());
  out.add("best.batch", {batches[place]});
  out.add("best.seconds", place < seconds.size() ? seconds[place] : full.seconds);
  out.pictures.push_back({"Time to the target loss",
                          "samples in the batch",
                          "seconds",
                          {line("seconds", batches, middles_of)},
                          page::Scale::log,
                          true});
}

// Where a batch twice as large makes samples less than 10 % cheaper.
void measure_saturation(const Lab& lab, const Dataset& data, Findings& out) {
  const std::vector<double>& batches = lab.setup.numbers("ladder");
  const Dataset grown = repeated(data, static_cast<std::size_t>(batches.back()));
  const double gain = lab.setup.number("least_gain");
  std::vector<double> saturated, speeds;
  for (std::uint64_t seed = 1; seed <= lab.seeds(); ++seed) {
    speeds.clear();
    for (const double batch : batches) {
      const auto updates =
          static_cast<std::uint64_t>(std::max(3.0, lab.setup.number("ladder_samples") / batch));
      speeds.push_back(batch / update_seconds(lab, grown, static_cast<std::size_t>(batch), updates));
    }
    std::size_t i = 0;
    while (i + 1 < speeds.size() && speeds[i + 1] > gain * speeds[i]) ++i;
    saturated.push_back(batches[i]);
  }
  out.add("saturation.batch", saturated);
  out.add("saturation.gain", {*std::ranges::max_element(speeds) / speeds.front()});
  out.pictures.push_back({"Speed of training",
                          "samples in the batch",
                          "samples per second",
                          {line("samples per second", batches, speeds)},
                          page::Scale::log,
                          true});
  const auto chunk_bytes = static_cast<double>(
      begin_timed(lab, grown, static_cast<std::size_t>(batches.back()), 0.1, 1).trainer().activation_bytes());
  out.add("chunk.bytes", {chunk_bytes});
  const double memory =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  const double of_sample = chunk_bytes / static_cast<double>(Trainer::kChunk);
  out.add("memory.batch", {std::floor(memory / of_sample)});
  out.notes.push_back(
      "a batch passes through the model in chunks of at most 1,024 samples, so that it "
      "does not exhaust memory; `memory.batch` is the size at which a single chunk would");
}

}  // namespace

Findings measure_costs(const Lab& lab) {
  const Dataset data = lab.load("data");
  Findings out;
  measure_sizes(lab, data, out);
  measure_batches(lab, data, out);
  measure_saturation(lab, data, out);
  return out;
}

}  // namespace thalweg::experiments
