// Tune: the numbers in the texts of a run, searched for: "adamw(lr=log(1e-5, 1e-1), decay=log(1e-4, 1))". One
// search at a time writes into a folder; everything else may be called from several threads at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thalweg/settings.h"

namespace thalweg {

// What was drawn for one range.
struct Drawn {
  std::string name;   // where it is: "adamw.lr", "dense", "dense#2"
  std::string value;  // as text
  double number = 0;  // NaN if it is not one
  bool log = false;   // drawn evenly in the logarithm
};

struct DrawnText {
  std::string text;
  std::vector<Drawn> values;
};

// A text of the one grammar (text.h) in which a value, or an item of a chain, may be a range:
//
//   log(a, b)            a number of [a, b), evenly in the logarithm; 0 < a < b
//   uniform(a, b)        a number of [a, b), evenly; a < b
//   whole(a, b)          a whole number of a, ..., b, all equally likely; a <= b
//   choice(x, y, ...)    one of them: words, numbers or texts, which may hold ranges again
//
// No schedule, transform, layer or loss has one of these names - `linear` is a schedule and never a range -
// so a text means the same with and without ranges elsewhere. Drawn numbers have four significant digits.
class Template {
 public:
  // `where` says in errors which text it is. A text without ranges is kept as it is, whatever it says.
  // Throws Error(usage) with a caret for a malformed range.
  Template(std::string_view where, std::string_view text);

  bool has_ranges() const { return has_ranges_; }
  const std::string& text() const { return text_; }

  // The text with everything drawn, a function of (seed, trial) and the place alone.
  DrawnText draw(std::uint64_t seed, std::uint64_t trial) const;

 private:
  std::string where_;
  std::string text_;
  bool has_ranges_ = false;
};

// A setting of a run by its name, and its text: a Template, or what was drawn from it.
struct SettingText {
  std::string setting;  // "optimizer"
  std::string text;
};

struct TuneOptions {
  std::uint64_t trials = 16;          // drawn, from 1
  std::uint64_t repeats = 1;          // trainings of each, with different weights and orders, from 1
  std::uint64_t seed = 1;             // of what is drawn
  bool halving = true;                // successive halving; else every trial trains to the end
  std::string by = {};                // the metric that judges; empty: that of the settings, `monitor`
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
  double judged = kNone;     // likewise, the metric that judges; NaN where it is undefined: the worst
  std::vector<std::pair<std::string, double>> metrics = {};  // likewise, all that have a number, by name
};

struct Tuned {
  std::vector<TuneTrial> trials;  // best first: the longest trained, then the best judged
  std::uint64_t epochs = 0;       // of the longest training
  std::uint64_t trained = 0;      // trainings made now
  std::uint64_t found = 0;        // trainings taken from the folder
  std::uint64_t judge_samples = 0;
  std::string by = "loss";  // the metric that judged

  std::string text() const;  // a table
  std::string json() const;  // one object
  std::string html() const;  // a page
};

// Draws `trials` settings from `texts` over those of `base` and trains each in memory. Judged on a fifth of
// the training samples, at most 2,000, that no trial trains on; held-out samples are not used. With
// `halving` all trials train for a part of the epochs, the better third of them continues, three times as
// long, and so on until the last ones train for all epochs of `base` (Jamieson and Talwalkar 2015,
// arXiv:1502.07943, with eta = 3). A longer training starts again, with its schedules planned for its length:
// a schedule that is cut off in its middle says little about where it ends.
//
// Deterministic for any number of threads, and of ranks of machine.comm in the settings of `base`, over which
// trainings are spread: all call this together, and the first has the folder. Every training is written to
// `folder` when it is done, and those found there are not made again; more trials or epochs than before
// continue from what is there. Throws Error(usage) for an invalid text or setting, before anything is
// trained, and for a folder of another search.
Tuned tune(const RunSettings& base, const std::vector<SettingText>& texts, const TuneOptions& options = {});

}  // namespace thalweg
