// Trainings as experiments need them: no directory, everything measured in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "experiments/setup.h"
#include "thalweg/dataset.h"
#include "train/trial.h"

namespace thalweg::experiments {

struct Course {
  std::string model;
  std::string loss = "cross_entropy";
  std::string optimizer = {};
  std::size_t batch = 64;  // 0: all samples
  std::uint64_t updates = 0;
  std::uint64_t seed = 1;  // of weights and order
  Order order = Order::shuffle;
  std::uint64_t every = 0;  // updates between evaluations; 0: at the end alone
};

// A training that met a loss that is not finite continues as infinite losses and an accuracy of 0.
struct Trajectory {
  std::vector<double> batch_losses;  // each before its update
  std::vector<double> losses;        // over the training set, terms included: after 0, every, ... updates
  std::vector<double> accuracies;    // held out, 0 to 1, at the same places; empty without held-out samples
  double loss() const { return losses.back(); }
  double accuracy() const { return accuracies.back(); }
};
Trajectory train(const Dataset& data, const Course& course);
// The same with this optimizer and this seed.
Trajectory train(const Dataset& data, Course course, const std::string& optimizer, std::uint64_t seed);

// That training before its first update. `data` must outlive it.
Trial begin(const Dataset& data, const Course& course);

// The loss over `data`, on which it trains, plus the terms; infinite where that is not a number.
double objective(Trial& trial, const Dataset& data);

// The updates of so many epochs.
std::uint64_t updates_of(const Dataset& data, std::size_t batch, double epochs);

// `text` with RATE replaced by the number.
std::string with_rate(std::string text, double rate);
std::string replaced(std::string text, const std::string& what, const std::string& by);

// What all experiments are given.
struct Lab {
  const Setup& setup;
  std::string data;  // the folder of data sets, which DATA in a text stands for
  std::string work;  // a folder to write in
  int threads = 1;   // trainings at a time
  std::uint64_t seeds() const { return setup.whole("seeds"); }
  Dataset load(const std::string& key) const;  // the source that this setting names
};

using Training = std::function<Trajectory(std::uint64_t seed)>;

// Seeds 1 to `seeds`, in parallel.
std::vector<Trajectory> over_seeds(const Lab& lab, const Training& training);

// A method at the best of some rates: the one with the lowest median of `score` over `tuning_seeds` seeds
// that are not among those that are then measured. A score that is not a number counts as the worst.
struct Tuned {
  double rate = 0;
  std::vector<Trajectory> runs;
};
using RatedTraining = std::function<Trajectory(double rate, std::uint64_t seed)>;
using Score = std::function<double(const Trajectory&)>;
Tuned tuned(const Lab& lab, const std::vector<double>& rates, const RatedTraining& training,
            const Score& score);

// One number of each run.
std::vector<double> each(const std::vector<Trajectory>& runs, const Score& number);

}  // namespace thalweg::experiments
