// What a run tries on its training part before it begins, where its configuration leaves the optimizer to the
// data: how strongly to decay and how far to go, which no rule knows for all tables, and whether to follow
// targets that are far off.
//
// Settings are trained on folds of the training part, the rest of which judges them by the loss: all of them
// on the first fold, the better half on the next one, and so on as far as the work allows. What is held out
// takes no part. The work is counted in multiply-adds, so that what is taken depends on the data and the seed
// alone: at most three times that of the training itself, or what a core does in some 0.4 s if that is more;
// nothing is tried where the training alone takes a core some 5 s or more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "thalweg/dataset.h"
#include "thalweg/settings.h"

namespace thalweg {

// What would be tried.
struct Choice {
  // Nothing in them auto, the first being fit_to_data()'s; none: no choice.
  std::vector<RunConfig> settings = {};
  std::vector<double> work = {};  // multiply-adds that training each of them on one fold takes
  double allowed = 0;             // of all together
  std::string outliers = {};  // one line on targets that would decide the loss, where that is auto; or empty

  bool has_huber() const;  // the last of them, for such targets
  // One line; empty where nothing is tried.
  std::string text() const;
};

// Nothing is tried where an optimizer is given, the samples are images, in an order or fewer than 20, the
// weights begin with those of a file, schedules are planned for other epochs, or memory is bounded. Throws
// Error(usage) for a model that is none.
Choice choice_of(const RunConfig& config, const Dataset& data);

// A setting and why: one line; empty where nothing was tried.
struct Chosen {
  RunConfig config;
  std::string why = {};
  std::string outliers = {};  // as Choice::outliers, and which loss was taken
  bool stopped = false;       // before there was a choice
};

// Trains and judges. `config` as it is where nothing is tried, else with optimizer and epochs, and where
// huber was tried with the loss. All are judged by the loss of the first. The same for any number of threads;
// as many settings at a time as `config.threads`, each on one. `stop` is asked before every update, by
// several threads at once.
Chosen choose(const RunConfig& config, const Dataset& data, const std::function<bool()>& stop = {});

}  // namespace thalweg
