// What a run directory says.
#pragma once

#include <cmath>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "page/source_rows.h"

namespace thalweg::page {

// A number that a file leaves out or has as null is NaN here.
inline constexpr double kMissing = NAN;
inline bool known(double number) { return std::isfinite(number); }

struct Score {
  double loss = kMissing;
  double accuracy = kMissing;  // share of 1; missing where the task has no classes
  double balanced_accuracy = kMissing;
  double r2 = kMissing;    // of regression
  double mae = kMissing;   // of regression, in units of the source
  double rmse = kMissing;  // likewise
  // Without a model: the share of the commonest class, or the rmse of the mean.
  double baseline = kMissing;
  double monitored = kMissing;  // what tells the best epoch, where it is not the loss

  // Most samples are of one class: the accuracy says little.
  bool is_dominated() const { return known(accuracy) && known(balanced_accuracy) && baseline >= 0.75; }
};

// The held-out samples of one class, or the means over all, against the others.
struct ClassFigures {
  std::string name;
  double rows = kMissing, precision = kMissing, recall = kMissing, f1 = kMissing, auc = kMissing,
         average_precision = kMissing;
};

// Empty for values, and of older runs.
struct ByClass {
  std::vector<ClassFigures> classes;  // the mean last
  double log_loss = kMissing;
};

// One line of metrics.jsonl for an update.
struct Update {
  double update = 0;
  double epoch = 0;  // from 0
  double loss = kMissing;
  double lr = kMissing;
  double grad_norm = kMissing;
};

// One line of metrics.jsonl for an epoch.
struct Epoch {
  double update = 0;  // updates done
  double epoch = 0;   // epochs done
  double train_loss = kMissing;
  Score test;
  double seconds = kMissing;
};

// result.json. Texts it leaves out are empty.
struct Result {
  bool there = false;  // false while the run is running, or when it was interrupted
  std::string data, model, optimizer;
  std::string seed;  // as it is written: a double does not hold all of them
  double parameters = kMissing;
  double state_bytes = kMissing;
  double batch = kMissing;
  double epochs = kMissing;
  double updates = kMissing;
  double threads = kMissing;
  double seconds = kMissing;
  double samples_per_second = kMissing;
  Score train, test;
};

// Which weights the scores of result.json are of.
struct Weights {
  std::string name;              // "best" or "last"
  double best_epoch = kMissing;  // of the lowest loss
};

// Which samples Result::test is of: held out, or of a test part, by which nothing was chosen.
struct Reported {
  bool by_test_part = false;
  Score held_out;  // then: what chose
};

// Numbers by binary exponent: counts[i] of 2^(from + i) <= |x| < 2^(from + i + 1).
struct Octaves {
  int from = 0;
  std::vector<double> counts;
};

struct LayerDetail {
  std::string name;  // of the parameter
  double size = 0;
  double value_norm = kMissing, update_norm = kMissing, grad_norm = kMissing;
  Octaves values, updates;
};

// One line of details.jsonl; seconds are means over the updates since the line before.
struct Detail {
  double update = 0;
  double data = kMissing, forward = kMissing, backward = kMissing, step = kMissing;
  std::vector<LayerDetail> layers;
};

struct Example {
  double row = 0;
  std::string truth, prediction;
  double probability = kMissing;  // of the prediction
  double error = kMissing;        // of values
  std::vector<double> inputs;     // empty where they are not told
};

// examples.json.
struct Examples {
  std::vector<std::string> classes, features;
  std::vector<std::vector<double>> confusion;  // class of the sample x class it was taken for; or empty
  std::vector<double> image;                   // {channels, height, width} of a sample; or empty
  std::vector<Example> worst;
  std::vector<SourceColumn> columns = {};  // of encoding.json; none where the samples are no rows of a table
};

using Environment = std::vector<std::pair<std::string, std::string>>;  // what, and its value

// What config.toml says of the run.
struct Asked {
  std::string label;             // what the run is called; empty: as its folder
  std::string monitor = "loss";  // the metric that tells the best epoch
  bool restores_best = false;    // whose weights the training is to give
};

struct RunData {
  std::string name;             // the folder of the run, or its last part
  std::string state;            // how it stands, where that is known: of live pages
  std::vector<Update> updates;  // ascending; where a resumed run repeats updates, the later lines count
  std::vector<Epoch> epochs;    // ascending, likewise
  Result result;
  double samples_seen = kMissing;  // in all updates of a run that has ended
  ByClass by_class;
  Reported reported;
  Weights weights;
  Asked asked;
  std::string config;  // the text of config.toml; empty where there is none
  std::string plan;    // the text of plan.txt; empty where there is none
  // Empty for runs of before these files.
  std::vector<Detail> details;  // ascending
  Examples examples;
  Environment environment;
};

// Throws Error(data) when `run` has neither metrics.jsonl nor config.toml, and for a malformed file, naming
// it and the line. A last line of metrics.jsonl that a crash cut off is left out.
RunData read_run(const std::filesystem::path& run);

// Its parts that may be missing: nothing is read then. A torn last line is left out. Throw Error(data) naming
// the file.
std::vector<Detail> read_details(const std::filesystem::path& path);
Examples read_examples(const std::filesystem::path& path);
Environment read_environment(const std::filesystem::path& path);

bool is_there(const std::filesystem::path& path);

}  // namespace thalweg::page
