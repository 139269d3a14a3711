// A run: one training with its directory.
//
//   config.toml                           every setting
//   plan.txt                              the optimizer's chain, explained
//   metrics.jsonl                         a line per update and one per epoch, each thinned to at most
//                                         2,000 by a fixed stride
//   details.jsonl                         of at most 61 updates: norms and histograms of every parameter,
//                                         and the mean time of data, forward, backward and update
//                                         (train/details.h)
//   environment.json                      machine, compiler, threads, versions, of the last process
//   checkpoints/<update>.safetensors      the newest two: parameters, optimizer state, clocks, counts
//   checkpoints/kept-<update>.safetensors the same, as often as asked for, never removed
//   checkpoints/best-<update>.safetensors the parameters alone, of the epoch with the best held-out metric
//                                         (the loss unless told), or the lowest training loss where
//                                         nothing is held out
//   checkpoints/averaged-<update>.safetensors
//                                         of a chain that averages: what batch_norm keeps under the
//                                         averages of the checkpoint of that name; written where they were
//                                         found by then
//   checkpoints/changed-<update>.safetensors
//                                         of a run with another length, until config.toml says so
//   lock                                  the process that uses it
//   examples.json                         when it is finished: the confusion matrix over the samples that
//                                         report, and the worst of them (train/confusion.h)
//   result.json                           when it is finished
//
// What a run appends to is cut when it is resumed; a run directory from before details.jsonl can be resumed
// as well. A Run is used by one thread at a time, and a directory by one Run; the functions that read one may
// be called from several threads at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "thalweg/settings.h"
#include "thalweg/trainer.h"

namespace thalweg {

struct EpochReport {
  std::uint64_t update = 0;        // updates done
  std::uint64_t epoch = 0;         // epochs done
  double train_loss = 0;           // mean over the epoch's samples, each before its update
  std::optional<Evaluation> test;  // of the samples held out to choose by, where there are any
  double seconds = 0;              // of training and evaluation so far
  // What tells the best epoch, where that is not the loss; NaN where it is undefined.
  std::optional<double> monitored = {};
};

// The epoch with the best held-out metric, or the lowest training loss where nothing is held out.
struct BestEpoch {
  std::uint64_t epoch = 0;
  std::uint64_t update = 0;
  double loss = 0;
  std::string metric = "loss";  // by which it is the best, and its number
  double number = 0;
};

struct RunResult {
  // A larger training part is told by so many of its samples, drawn at random.
  static constexpr std::size_t kTrainingSamples = 10'000;

  Evaluation train;
  // What is reported: over the test part, where there is one, else over the held-out part, if anything is.
  // All are of the same weights, those that predict.
  std::optional<Evaluation> test;
  std::optional<Evaluation> held_out;  // what chose, where that is another part
  std::string reported = "held_out";   // what `test` is of: test or held_out; train where there is none
  std::optional<BestEpoch> best;       // none before the first epoch
  bool of_best = false;        // the evaluations are of the best epoch's weights, not of the last ones
  bool stopped_early = false;  // by patience
  double seconds = 0;          // training and evaluation only
  std::uint64_t samples_seen = 0;
  std::uint64_t peak_bytes = 0;  // the most memory that the process held; 0 where the system does not say
  std::uint64_t estimated_bytes = 0;  // what describe() would have said
  std::string json;                   // as in result.json
};

// How a run continues.
struct ResumeOptions {
  // What schedules without a total, and lengths as shares, refer to when the epochs change: the epochs
  // they were planned for, or the new ones.
  enum class Lengths { keep, anew };

  int threads = 0;                           // 0: those of the configuration
  std::optional<std::uint64_t> epochs = {};  // none: as configured; needs `lengths`
  std::optional<Lengths> lengths = {};
  Comm* comm = nullptr;  // as RunConfig::comm; they may be other ranks than before
};

class Run {
 public:
  // Checks everything, and only then makes the directory: `directory`, or runs/<n> with the next free number
  // when it is empty. Throws Error(usage) for texts, numbers, a directory that exists and is not empty (but
  // for what a create() that was killed left there) and one that another process uses, Error(data) for data
  // files, Error(resource) for a directory that cannot be made. The directory is locked until the Run is
  // finished or destroyed.
  //
  // Where `optimizer` is auto and the data are a table - samples that are no images, in no order - it first
  // tries up to four settings on folds of the training part, as far as three times the work of the training
  // allows (or what a core does in some 0.4 s, if that is more), and takes the one whose loss is best there:
  // notes() says what was tried, config() what was taken. Nothing is tried of trainings that take a core more
  // than some 5 s, nor with an `init` file, `schedule_epochs` or a bound on memory.
  static Run create(const RunConfig& config, const std::filesystem::path& directory);

  // The same; no run, and nothing made, where `stop` says so while settings are tried: it is asked before
  // every update, by several threads at once.
  static std::optional<Run> create(const RunConfig& config, const std::filesystem::path& directory,
                                   const std::function<bool()>& stop);

  // Continues from the newest complete checkpoint, bit for bit; metrics after it are cut. Throws
  // Error(data) when `directory` is not a run, Error(usage), with nothing changed, when another process uses
  // it or the options do not fit, Error(data) naming both chains where every checkpoint belongs to another
  // one. With other epochs the configuration is rewritten, so that what is resumed later is exact again: cut
  // off at any time, the run is what it was or what it becomes. For a run that patience had stopped,
  // patience starts again.
  static Run resume(const std::filesystem::path& directory, const ResumeOptions& options = {});

  // What create() would do: data, layers, plan, lengths, memory, notes; as text or as one JSON object. Writes
  // and trains nothing: a note says which settings would be tried, the first of which is shown.
  static std::string describe(const RunConfig& config, bool json = false);

  ~Run();
  Run(Run&&) noexcept;
  Run& operator=(Run&&) noexcept;

  const std::filesystem::path& directory() const;  // absolute
  const RunConfig& config() const;                 // nothing is auto; canonical texts that name every option
  const std::string& plan() const;                 // the explained, resolved chain
  // What is trained, to be looked at; whoever changes it changes the run.
  Params& params();
  Optimizer& optimizer();
  std::uint64_t parameters() const;
  std::uint64_t updates() const;  // done
  std::uint64_t updates_per_epoch() const;
  std::uint64_t total_updates() const;            // of the whole run, unless patience stops it
  bool done() const;                              // all updates are done, or patience has run out
  bool finished() const;                          // done, and the result written
  const std::vector<std::string>& notes() const;  // what the user should know, such as a damaged checkpoint

  // One update with its metrics, and at the end of an epoch the evaluation and, every 10 seconds, a
  // checkpoint. False when done(). Throws Error(diverged) for a loss that is not finite: no checkpoint holds
  // it.
  bool next(Report& report);
  const std::optional<EpochReport>& last_epoch() const;

  // Writes a checkpoint now, with the best weights so far, and removes what is not to be kept. With
  // keeping.async_checkpoints it returns when they are copied, and what fails then is thrown by the next call
  // of next(), save(), wait() or finish(), as it would be by this one. A save that comes while another is
  // being written waits for it; those at ends of epochs are put off.
  void save();

  // Until what is being saved is written.
  void wait();

  // When done(): writes checkpoint and result, of the weights that the configuration asks for. A finished run
  // returns its result unchanged.
  RunResult finish();

 private:
  struct Impl;
  explicit Run(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  friend int agreed(Run& run, int here);
};

// The greatest of what the ranks of a run say, for what all of them are to do. `here` without ranks.
int agreed(Run& run, int here);

// "the last weights, epoch 2 (update 46)": weights by their name, as messages call them.
std::string weights_text(const std::string& name, std::uint64_t epoch, std::uint64_t update);

// What a run's model predicts for every row of a data source.
struct RunPredictions {
  std::string data;           // canonical text
  std::string weights;        // their name: "last", "best" or the number of updates that was asked for
  std::uint64_t updates = 0;  // that made the weights, and the whole epochs of them
  std::uint64_t epoch = 0;
  std::uint64_t rows = 0;  // in the order of the source
  // Of classes: their names, and for each row the probability of each (the scores themselves where the loss
  // gives no probabilities) and the number of the class. Of values: their names, and the values in the units
  // of the source, within Dataset::target_range.
  std::vector<std::string> names;
  bool classes = false;
  bool probabilities = false;
  std::vector<double> numbers;      // rows x names, row-major
  std::vector<std::uint32_t> best;  // one per row for classes: the likeliest, the first of equal ones
  // The column that tells the rows of the data apart, by `id` of its source or else of the run's, and its
  // cells, one per row; empty where there is none.
  std::string id;
  std::vector<std::string> ids;
  // The table of the data as it stands.
  struct Table {
    char delimiter = ',';                    // ' ' is one or more blanks or tabs
    std::optional<std::string> header = {};  // the record of names, where there is one
    std::vector<std::string> columns = {};   // names of all columns
    std::vector<std::string> rows = {};      // without the ends of their lines
  };
  Table table;  // where PredictOptions::rows asks for it
  std::vector<std::string> notes;
};

struct PredictOptions {
  int threads = 1;
  std::string checkpoint = {};  // as in evaluate_run()
  std::string part = {};        // of the run's own source, as there; empty: all of it
  bool rows = false;            // the texts of the rows too, which needs a source that is a table in a text
  Comm* comm = nullptr;         // ranks that predict in turns, each of which reads the run and the data
};

// Targets in `data` may be missing; when `data` is empty it is the run's own source, all of it or a part, and
// "-" is stdin, read as the run's own file was. Throws as evaluate_run() does, and Error(usage) for rows of a
// source that has none, or of all rows of two files of different headers.
RunPredictions predict_run(const std::filesystem::path& directory, const std::string& data,
                           const PredictOptions& options);
RunPredictions predict_run(const std::filesystem::path& directory, const std::string& data = {},
                           int threads = 1, const std::string& checkpoint = {});

// A run's model on data with targets.
struct RunEvaluation {
  std::filesystem::path run;      // the directory, absolute
  std::string name;               // what the run is called
  std::string data;               // canonical text
  bool all = false;               // every row of it was judged, not a part
  std::string part = "held out";  // what was judged: "held out", "test", "training" or "all rows"
  std::string weights;            // as in RunPredictions; of several checkpoints "mean"
  std::uint64_t updates = 0;      // that made the weights, of several checkpoints the last one named
  std::uint64_t epoch = 0;        // the whole epochs of them
  std::vector<std::uint64_t> members = {};  // of several checkpoints: the updates of each
  Evaluation test;
  std::vector<std::string> notes;

  std::string json() const;  // one object
};

// Evaluates weights of a run on a part of its own data (same seed, split and encoding): `part` is "train",
// "held-out" or "test"; empty: what the run's result reports, the test part where there is one, else the
// held-out part. Or on `data`, encoded like the run's own: on the held-out part where `data` names one, on
// such a part where it is the run's own, else on every row that has its target. `checkpoint` is "last",
// "best" or a number of updates; empty: those that the training gives - with restore_best the best, else the
// last -, which the run's result is of. Throws Error(data) when the directory is not a run or holds no such
// checkpoint.
// The ranks of `comm`, where there are any, predict in turns; each of them reads the run and the data.
RunEvaluation evaluate_run(const std::filesystem::path& directory, const std::string& data = {},
                           int threads = 1, const std::string& checkpoint = {}, const std::string& part = {},
                           Comm* comm = nullptr);

// The same of several checkpoints as one model, a snapshot ensemble (Huang et al. 2017, arXiv:1704.00109):
// the mean of their probabilities under cross_entropy and bce, of their scores or values under other losses.
// A single checkpoint gives its own predictions. Throws also Error(usage) for none.
RunEvaluation evaluate_run(const std::filesystem::path& directory, std::span<const std::string> checkpoints,
                           const std::string& data = {}, int threads = 1, const std::string& part = {},
                           Comm* comm = nullptr);

}  // namespace thalweg
