// Optimizers compared: the same model, data, order and initial weights for all, a rate for each, found
// within the same budget, and what many seeds say together.
//
//   Comparison comparison = Comparison::open({.data = "digits"}, {.optimizers = {"sgd", "adam"}}, "out");
//   for (ComparedTrial trial; comparison.next(trial);) log(trial);  // stop any time: finished ones are kept
//   std::cout << comparison.result().headline();
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "thalweg/quantiles.h"
#include "thalweg/settings.h"

namespace thalweg {

struct CompareOptions {
  // Chains, as in `thalweg train`. One without a rate gets `schedule`. The recipe `gd` is gradient
  // descent over the whole training part: one update per epoch, whatever the batch of the others. A name may
  // stand before a chain, "mine = adam | cautious | lr(1e-3)", by which it is called in all that comes of it;
  // runs are found again by the chain.
  std::vector<std::string> optimizers = {};

  std::uint64_t seeds = 10;  // trials per optimizer, 1 to 200: of seed, seed + 1, ...

  // The rates that every optimizer is tried with: this many, evenly over this many decades on a log scale,
  // around its given rate, else around 10^-1.5. One rate: the given one, untuned. 1 to 101; 0 to 20.
  std::uint64_t rates = 11;
  double decades = 5;
  std::uint64_t tuning_seeds = 3;                   // trials per rate, 1 to 20: of seed + 1,000,000, ...
  std::optional<std::uint64_t> tuning_epochs = {};  // of a trial that tunes; none: as many as others have

  std::string schedule = "cosine(1, warmup=5%)";  // of optimizers without a rate, times the rate

  // The held-out metric that judges (kMetricNames); empty: accuracy, or r2 of values.
  std::string monitor = {};

  // Updates and seconds until the held-out accuracy (0 to 1) is this high, or the held-out loss this low, at
  // the end of an epoch. At most one of them.
  std::optional<double> target_accuracy = {};
  std::optional<double> target_loss = {};
};

// The end of an epoch, on samples that are not trained on.
struct ComparedEpoch {
  std::uint64_t update = 0;  // updates done
  double seconds = 0;        // of processor time of the trial's one thread so far, evaluations left out
  double loss = 0;
  double score = 0;  // the metric that judges; NaN where it is not defined, as R2 of targets all the same
};

struct ComparedTrial {
  std::string optimizer;  // as its chain was given
  std::string name = {};  // that stood before it
  bool tuning = false;    // judged on the validation part, and trained without it
  double factor = 1;      // that multiplies the rates of the chain
  std::uint64_t seed = 0;
  bool diverged = false;                   // it counts as worse than all that did not
  std::vector<ComparedEpoch> epochs = {};  // without those from where it diverged
  // At the end, but of tuning: what needs no model (Evaluation::baseline), and all metrics that have a
  // number.
  double baseline = std::numeric_limits<double>::quiet_NaN();
  std::vector<std::pair<std::string, double>> metrics = {};
};

// One rate and what it gave on the validation part.
struct TriedRate {
  double factor = 1;
  double rate = 0;   // the highest value of the chain's first rate
  double score = 0;  // mean over the tuning seeds; NaN where one diverged, or it is not defined
  double loss = 0;   // likewise; NaN where one diverged
};

struct ComparedOptimizer {
  // first: it is the best. told_apart: p is at most the level. always_worse: it is worse in every seed, but
  // that few seeds cannot bring p down to the level. close: neither.
  enum class Standing { first, told_apart, always_worse, close };

  // How many trials reached the target, and the medians, infinite where fewer than half did.
  struct ToTarget {
    std::uint64_t reached = 0;
    double updates = 0;
    double seconds = 0;
  };

  // Seed by seed against the best one.
  struct AgainstBest {
    double behind = 0;                               // median of how far the best one is ahead
    std::uint64_t worse = 0, equal = 0, better = 0;  // in how many seeds
    double p = 1;                                    // of the pair, after Holm's correction
    Standing standing = Standing::first;
  };

  // Whether the chosen rate is the lowest or the highest of several: a better one may lie beyond.
  bool at_edge() const { return rates.size() > 1 && (chosen == 0 || chosen + 1 == rates.size()); }

  // The text of its chain as it was given.
  const std::string& text() const { return trials.empty() ? given : trials.front().optimizer; }

  std::string given;        // what it is called: the name that stood before its text, else the text
  std::string chain;        // what was run, with the rate that was found
  std::uint64_t batch = 0;  // samples per update
  std::uint64_t updates = 0;
  std::vector<TriedRate> rates;  // ascending
  std::size_t chosen = 0;        // among them: the lowest loss, then the highest score

  std::vector<ComparedTrial> trials;  // one per seed
  std::uint64_t diverged = 0;         // of them
  Median score;                       // of the last epoch, with quartiles; infinitely bad for one that
                                      // diverged, NaN where it is not defined
  Median loss;                        // likewise; infinity
  double seconds = 0;                 // median over the trials
  double average_rank = 0;            // over the seeds, 1 the best; equal scores share their ranks
  std::uint64_t seeds_best = 0;       // in which no other has a higher score
  ToTarget target;
  AgainstBest against_best;
};

// Two optimizers over the seeds: Wilcoxon's signed-rank test, exact.
struct ComparedPair {
  std::size_t first = 0;  // numbers of optimizers
  std::size_t second = 0;
  double p = 1;       // two-sided
  double p_holm = 1;  // after Holm's correction for all pairs
};

struct ComparisonResult {
  static constexpr double kLevel = 0.05;

  RunConfig config;  // nothing is auto
  CompareOptions options;
  std::string score_name;                                      // "accuracy", "R2" or another metric
  bool lower_is_better = false;                                // of the score
  double baseline = std::numeric_limits<double>::quiet_NaN();  // see Evaluation
  std::uint64_t training = 0, validation = 0, held_out = 0;    // samples; validation is part of training
  std::uint64_t tuning_epochs = 0;
  std::uint64_t tuning_trials = 0;  // of each optimizer
  bool by_loss = false;             // the loss decides: it is asked for, or the score is not defined
  std::vector<ComparedOptimizer> optimizers;  // best first: by median score, average rank, median loss
  std::vector<ComparedPair> pairs;            // of all
  double least_p = 1;                         // that this many seeds can give, corrected for all pairs
  std::uint64_t seeds_to_decide = 0;          // that can bring a pair below kLevel

  bool is_undefined() const { return by_loss && options.monitor != "loss"; }  // the score
  // What the optimizers are judged by: "accuracy", "R2", "loss" or another metric.
  std::string measure() const { return by_loss ? "loss" : score_name; }

  // Which one, and how sure: a sentence or two.
  std::string headline() const;
  std::string doubt() const;
  std::string text() const;  // headline and tables
  std::string json() const;  // one object
};

class Comparison {
 public:
  // Checks everything, reads the data, and only then makes `directory`, or comparisons/<n> with the next free
  // number when it is empty. It holds settings.json and runs.jsonl, a line per finished trial. Those that
  // are in it are not repeated; other optimizers, seeds and targets may be added. Throws Error(usage) for
  // texts and numbers, another setting that differs from those of the directory, and a directory in which
  // another process works; Error(data) for data without a held-out part and for a malformed file.
  // Trials begin with the weights of config.keeping.init, where it names a file, else with those of their
  // seeds. config.threads trials run at once, each with one thread; patience, restore_best and checkpoints of
  // `config` are not used. Ranks of config.machine.comm share the trials: all of them call the same functions
  // and hear the same, and the first has the directory.
  static Comparison open(const RunConfig& config, const CompareOptions& options,
                         const std::filesystem::path& directory);

  // Ends the running trials and discards them.
  ~Comparison();
  Comparison(Comparison&&) noexcept;
  Comparison& operator=(Comparison&&) noexcept;

  const std::filesystem::path& directory() const;
  std::uint64_t total() const;     // trials, tuning included
  std::uint64_t done() const;      // those that are finished
  std::uint64_t restored() const;  // those that were there when it was opened

  // Waits for the next trial to finish, at most `seconds`. True when one did, and `trial` is it; false when
  // all are done, or time is up (finished() tells). Throws what a trial throws, except for divergence.
  bool next(ComparedTrial& trial, double seconds = 1e9);
  bool finished() const;

  // When finished().
  ComparisonResult result() const;

 private:
  struct Impl;
  explicit Comparison(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// One HTML page of the result; `command` is what made it, to be shown at its foot.
std::string comparison_html(const ComparisonResult& result, const std::string& command = "");

}  // namespace thalweg
