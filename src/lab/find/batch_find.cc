#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include <fmt/format.h>

#include "base/json.h"
#include "choice/defaults.h"
#include "draw/chart.h"
#include "draw/html.h"
#include "draw/number.h"
#include "run/config.h"
#include "run/weights/load_weights.h"
#include "thalweg/lab/find.h"
#include "thalweg/quantiles.h"
#include "train/trial.h"

namespace thalweg {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWarmUp = 2;  // updates before the clock starts

void check(const BatchSearch& search) {
  const auto refuse = [](const char* what, const std::string& got, const char* want) {
    throw Error(Code::usage, {"batch search", what, got, want, ""});
  };
  if (search.rounds < 1) refuse("too few rounds", std::to_string(search.rounds), "1 or more");
  if (!(search.seconds > 0)) refuse("no time to measure", fmt::format("{}", search.seconds), "above 0");
  if (!(search.slack >= 0 && search.slack < 1)) {
    refuse("the slack is out of range", fmt::format("{}", search.slack), "0 or more, below 1");
  }
  if (search.most < 1) refuse("no sizes to try", "0", "1 or more");
}

// The training with one size of batch.
Trial trial_of(RunConfig config, const Dataset& data, const Module& start, std::uint64_t batch) {
  config.batch = batch;
  config = fit_to_data(config, data);
  return {copy_of(start), Loss(config.loss),          Chain(config.optimizer),
          data,           trainer_options_of(config), epochs(*config.epochs)};
}

std::uint64_t bytes_of(Trial& trial) {
  constexpr std::uint64_t kCopies = 3;  // values, gradients and the best weights
  return kCopies * sizeof(float) * trial.model().params().elements() + trial.optimizer().state_bytes() +
         trial.trainer().activation_bytes();
}

// Samples a second, from updates for so many seconds at least.
double measure(Trial& trial, double seconds) {
  trial.trainer().activation_bytes();  // records all tapes, that of the last batch of an epoch too
  for (int i = 0; i < kWarmUp; ++i) trial.trainer().step();
  const auto start = Clock::now();
  std::uint64_t samples = 0;
  double passed = 0;
  do {
    samples += trial.trainer().step().samples;
    passed = std::chrono::duration<double>(Clock::now() - start).count();
  } while (passed < seconds);
  return static_cast<double>(samples) / passed;
}

void choose(FoundBatch& found, double slack, bool by_memory) {
  const auto best = std::ranges::max_element(found.timings, {}, &BatchTiming::median);
  const auto chosen = std::ranges::find_if(
      found.timings, [&](const BatchTiming& t) { return t.median >= (1 - slack) * best->median; });
  found.batch = chosen->batch;
  found.why = chosen == best
                  ? fmt::format("the fastest, {} samples a second; no smaller one is within {:.3g} %",
                                page::count(std::round(best->median)), 100 * slack)
                  : fmt::format(
                        "the smallest within {:.3g} % of the fastest, {}, which makes {} samples a "
                        "second",
                        100 * slack, best->batch, page::count(std::round(best->median)));
  if (by_memory)
    found.why += fmt::format("; {} is the largest that fits the memory", found.timings.back().batch);
}

page::Chart chart(const FoundBatch& found) {
  page::Series median{.name = "median", .look = "s0", .marker = page::Marker::circle, .points = {}};
  page::Series range{.name = "slowest and fastest round", .look = "each", .points = {}};
  for (const BatchTiming& t : found.timings) {
    const auto batch = static_cast<double>(t.batch);
    median.points.push_back({batch, t.median});
    median.notes.push_back(page::bytes(t.bytes));
    for (const page::Point& p : {page::Point{batch, t.low}, {batch, t.high}, {batch, NAN}})
      range.points.push_back(p);
  }
  return {.id = "batches",
          .title = "Speed by batch size",
          .x_name = "batch size",
          .y_name = "samples per second",
          .across = page::Across::log,
          .scale = page::Scale::log,
          .series = {range, median},
          .marks = {{static_cast<double>(found.batch), fmt::format("batch {}", found.batch)}}};
}

}  // namespace

FoundBatch find_batch(const RunConfig& config, const BatchSearch& search) {
  check_config(config);
  check(search);
  const Dataset data = load_dataset(config.data, config.seed, {}, config.rows.parts);
  const RunConfig fitted = fit_to_data(config, data);
  const Module start = initial_model(fitted, data, config.seed);
  FoundBatch found{.batch = 0,
                   .why = {},
                   .memory = search.memory,
                   .rounds = search.rounds,
                   .threads = fitted.threads,
                   .timings = {}};
  bool by_memory = false;
  std::uint64_t bytes = 0;
  for (std::uint64_t batch = 1; batch <= std::min<std::uint64_t>(search.most, data.train.size());
       batch *= 2) {
    Trial trial = trial_of(config, data, start, batch);
    bytes = bytes_of(trial);
    by_memory = bytes > search.memory;
    if (by_memory) break;
    found.timings.push_back({.batch = batch, .bytes = bytes});
  }
  if (found.timings.empty()) {
    throw Error(Code::usage,
                {"--memory", "not even a batch of one sample fits", page::bytes(bytes),
                 "at most " + page::bytes(search.memory), "allow more memory, or use a smaller model"});
  }
  std::vector<std::vector<double>> rates(found.timings.size());
  for (int round = 0; round < search.rounds; ++round) {
    for (std::size_t i = 0; i < rates.size(); ++i) {
      Trial trial = trial_of(config, data, start, found.timings[i].batch);
      rates[i].push_back(measure(trial, search.seconds));
    }
  }
  for (std::size_t i = 0; i < rates.size(); ++i) {
    found.timings[i].median = median(rates[i]);
    found.timings[i].low = std::ranges::min(rates[i]);
    found.timings[i].high = std::ranges::max(rates[i]);
  }
  choose(found, search.slack, by_memory);
  return found;
}

std::string FoundBatch::text() const {
  std::string out = fmt::format("batch      {}\nwhy        {}\n", batch, why);
  out +=
      fmt::format("\n{:>7}  {:>14}  {:>22}  {:>10}\n", "batch", "samples/s", "slowest to fastest", "memory");
  for (const BatchTiming& t : timings) {
    out += fmt::format("{:>7}  {:>14.0f}  {:>22}  {:>10}{}\n", t.batch, t.median,
                       fmt::format("{:.0f} to {:.0f}", t.low, t.high), page::bytes(t.bytes),
                       t.batch == batch ? "  <" : "");
  }
  return out;
}

std::string FoundBatch::json() const {
  const auto measured = [](const BatchTiming& t) {
    return JsonObject()
        .add("batch", t.batch)
        .add("bytes", t.bytes)
        .add("samples_per_second", t.median)
        .add("low", t.low)
        .add("high", t.high)
        .text();
  };
  return JsonObject()
      .add("schema", 1)
      .add("batch", batch)
      .add("why", why)
      .add("memory", memory)
      .add("rounds", rounds)
      .add("threads", threads)
      .raw("timings", json_list(timings, measured))
      .text();
}

std::string FoundBatch::svg() const { return page::standalone(chart(*this)); }

std::string FoundBatch::html() const {
  page::Table table{.caption = "All sizes tried.",
                    .head = {"Batch", "Slowest", "Samples per second", "Fastest", "Memory"},
                    .rows = {}};
  for (const BatchTiming& t : timings) {
    if (t.batch == batch) table.marked = table.rows.size();
    table.rows.push_back({page::count(t.batch), page::count(std::round(t.low)),
                          page::count(std::round(t.median)), page::count(std::round(t.high)),
                          page::bytes(t.bytes)});
  }
  const std::string figure =
      page::figure(chart(*this), fmt::format("Median of {} rounds on {} threads.", rounds, threads));
  return page::document({.title = fmt::format("Batch {}", batch),
                         .subject = "batch-size search",
                         .lead = page::lead("Why: " + why + "."),
                         .body = page::section("charts", "Speed", page::charts(figure)) +
                                 page::section("sizes", "Sizes", page::table(table))});
}

}  // namespace thalweg
