// A run: one training with its directory.
//
//   config.toml               every option
//   plan.txt                  the optimizer's chain, explained
//   metrics.jsonl             a line an update (thinned to at most 2,000 by a fixed stride) and a line an
//   epoch checkpoints/<update>.safetensors   the last two result.json               when it is finished
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "thalweg/trainer.h"

namespace thalweg {

// The configuration of a run. Texts are of the grammar; the defaults are those of the tool.
struct RunConfig {
  std::string data = "digits";
  std::string model = "dense(128) | relu | dense(10)";
  std::string loss = "cross_entropy";
  std::string optimizer = "adamw(lr=cosine(5e-3, warmup=5%), decay=0.01)";
  std::uint64_t batch = 64;  // samples an update; 0: all of them
  std::uint64_t epochs = 30;
  std::uint64_t seed = 1;
  int threads = 1;
};

struct EpochReport {
  std::uint64_t update = 0;        // updates done
  std::uint64_t epoch = 0;         // epochs done
  double train_loss = 0;           // mean over the epoch's samples, each before its update
  std::optional<Evaluation> test;  // of the held-out samples, where there are any
  double seconds = 0;              // of training and evaluation so far
};

struct RunResult {
  Evaluation train;  // of the final weights over the whole training set
  std::optional<Evaluation> test;
  double seconds = 0;  // training and evaluation only
  std::uint64_t samples_seen = 0;
  std::string json;  // as in result.json
};

class Run {
 public:
  // Checks everything, and only then makes the directory: `directory`, or runs/<n> with the next free number
  // when it is empty. Throws Error(usage) for texts, numbers and a directory that exists and is not empty,
  // Error(data) for data files, Error(resource) for a directory that cannot be made.
  static Run create(const RunConfig& config, const std::filesystem::path& directory);

  // Continues from the newest checkpoint that is whole, bit for bit; metrics behind it are cut. Throws
  // Error(data) when `directory` is no run. `threads` 0 keeps those of the configuration.
  static Run resume(const std::filesystem::path& directory, int threads = 0);

  ~Run();
  Run(Run&&) noexcept;
  Run& operator=(Run&&) noexcept;

  const std::filesystem::path& directory() const;  // absolute
  const RunConfig& config() const;                 // with canonical texts that name every option
  const std::string& plan() const;                 // the explained, resolved chain
  std::uint64_t parameters() const;
  std::uint64_t updates() const;                  // done
  std::uint64_t total_updates() const;            // of the whole run
  bool finished() const;                          // all updates done and the result written
  const std::vector<std::string>& notes() const;  // what the user should know, such as a damaged checkpoint

  // One update with its metrics, and at the end of an epoch the evaluation and, every 10 seconds, a
  // checkpoint. False when all updates are done. Throws Error(diverged) for a loss that is not finite: no
  // checkpoint holds it.
  bool next(Report& report);
  const std::optional<EpochReport>& last_epoch() const;

  // Writes a checkpoint now and removes all but the last two.
  void save();

  // After the last update: evaluates, writes checkpoint and result. A finished run gives its result again.
  RunResult finish();

 private:
  struct Impl;
  explicit Run(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// A run's model on held-out data.
struct RunEvaluation {
  std::string data;  // canonical text
  Evaluation test;
  std::vector<std::string> notes;
};

// Evaluates the newest checkpoint of a run on the held-out part of its own data (same seed, split and
// encoding), or of `data`, encoded as the run's own was. Throws Error(data) when the directory is no run or
// holds no checkpoint.
RunEvaluation evaluate_run(const std::filesystem::path& directory, const std::string& data = {},
                           int threads = 1);

}  // namespace thalweg
