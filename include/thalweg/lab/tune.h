// Tune: the numbers in the texts of a run, searched for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "thalweg/lab/template.h"
#include "thalweg/settings.h"

namespace thalweg {

// A setting of a run by its name, and its text: a Template, or what was drawn from it.
struct SettingText {
  std::string setting;  // "optimizer"
  std::string text;
};

struct TuneOptions {
  std::uint64_t trials = 16;          // drawn, from 1
  std::uint64_t repeats = 1;          // trainings of each, with other weights and orders, from 1
  std::uint64_t seed = 1;             // of what is drawn
  bool halving = true;                // successive halving; else every trial trains to the end
  bool by_accuracy = false;           // judged by accuracy, else by loss
  int threads = 1;                    // trainings side by side, each on one thread
  std::filesystem::path folder = {};  // where trials.jsonl is kept; empty: nowhere
};

struct TuneTrial {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

  std::uint64_t trial = 0;         // from 0
  std::vector<SettingText> texts;  // what to give `thalweg train`
  std::vector<Drawn> values;
  std::uint64_t epochs = 0;  // of the longest training
  bool diverged = false;     // one of these trainings; the numbers below are then NaN
  double loss = kNone;       // on samples set aside, mean over the repeats
  double accuracy = kNone;   // likewise; NaN for values
};

struct Tuned {
  std::vector<TuneTrial> trials;  // best first: the longest trained, then the best judged
  std::uint64_t epochs = 0;       // of the longest training
  std::uint64_t trained = 0;      // trainings made now
  std::uint64_t found = 0;        // trainings taken from the folder
  std::uint64_t judge_samples = 0;
  bool by_accuracy = false;

  std::string text() const;  // a table
  std::string json() const;  // one object
  std::string html() const;  // a page
};

// Draws `trials` settings from `texts` over those of `base` and trains each in memory. Judged on a fifth of
// the training samples, at most 2,000, that no trial trains on; held-out samples are not looked at. With
// `halving` all trials train for a part of the epochs, the better third of them goes on, three times as long,
// and so forth until the last ones train for all epochs of `base` (Jamieson and Talwalkar 2015,
// arXiv:1502.07943, with eta = 3). A longer training begins anew, with its schedules laid out for its length:
// a schedule that is cut off in its middle says little about where it ends.
//
// Deterministic for any number of threads. Every training is written to `folder` when it is done, and those
// found there are not made again; more trials or epochs than before go on from what is there. Throws
// Error(usage) for a text or setting that is none, before anything is trained, and for a folder of another
// search.
Tuned tune(const RunSettings& base, const std::vector<SettingText>& texts, const TuneOptions& options = {});

}  // namespace thalweg
