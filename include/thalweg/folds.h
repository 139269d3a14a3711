// Cross-validation: as many runs as there are folds of the rows. Each holds out another fold, of every class
// in proportion, and trains on the others; what they say of the rows that they have not seen has a mean and a
// spread.
//
//   folds.toml      the settings that all of them share, those of the first fold
//   fold-1 ...      the runs, each a directory of its own (run.h)
//   folds.json      when all of them are finished
//   lock            the process that uses it
// A Folds is used by one thread at a time, and a directory by one Folds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "thalweg/run.h"

namespace thalweg {

// One metric over the folds. Of classes the macro mean where there is a number for each.
struct FoldMetric {
  std::string name;        // as in kMetricNames, or baseline: what needs no model (Evaluation)
  double mean = 0;         // over the folds where it is defined
  double deviation = 0;    // their standard deviation, n - 1 in the denominator; NaN for fewer than two
  std::vector<double> of;  // one per fold; NaN where it is not defined
};

// The same of one class against all others.
struct FoldClass {
  std::string name;
  std::vector<FoldMetric> metrics;  // rows, precision, recall, f1, auc, average_precision
};

inline constexpr std::size_t kMostFoldClasses = 100;

struct FoldsResult {
  std::vector<RunResult> runs;       // one per fold
  std::vector<FoldMetric> held_out;  // of each run on its fold; the metrics that are defined in any
  std::vector<FoldClass> classes;    // of each run on its fold; none for values, and beyond kMostFoldClasses
  std::vector<FoldMetric> test;      // of each run on the test part, where there is one
  std::string json;                  // as in folds.json

  std::string text() const;  // tables
};

class Folds {
 public:
  // Checks everything, and only then makes `directory`, or runs/<n> with the next free number when it is
  // empty. Throws as Run::create() does, and Error(usage) for fewer than two folds, more folds than rows and
  // a `config` that says itself what is held out. Ranks of config.machine.comm make folds apart from each
  // other, each alone, in a folder that all of them see: all call this, resume() and finish() together.
  static Folds create(const RunConfig& config, std::uint64_t folds, const std::filesystem::path& directory);

  // Goes on where it was left. threads 0: those of the settings. Throws Error(data) for a directory that no
  // create() made, Error(usage) for one that another process uses.
  static Folds resume(const std::filesystem::path& directory, int threads = 0, Comm* comm = nullptr);

  // Whether a directory is one of these.
  static bool are_in(const std::filesystem::path& directory);

  ~Folds();
  Folds(Folds&&) noexcept;
  Folds& operator=(Folds&&) noexcept;

  const std::filesystem::path& directory() const;  // absolute
  std::uint64_t count() const;                     // of folds

  // The run of fold 1, 2, ..., from where it stands.
  Run open(std::uint64_t fold) const;
  // None where `stop` says so, as in Run::create().
  std::optional<Run> open(std::uint64_t fold, const std::function<bool()>& stop) const;

  // When all runs are finished: writes folds.json. Throws Error(data) for one that is not.
  FoldsResult finish();

 private:
  struct Impl;
  explicit Folds(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace thalweg
