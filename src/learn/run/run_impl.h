// What a run is made of: how it begins is in create.cc, how it goes on in run.cc.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "run/metrics.h"
#include "run/outline.h"
#include "run/weights/early_stopping.h"
#include "run/weights/load_weights.h"
#include "thalweg/error.h"
#include "thalweg/run.h"
#include "train/not_finite.h"
#include "train/trial.h"

namespace thalweg {

// The losses of the epoch at hand.
struct EpochLoss {
  double sum = 0;   // over the samples
  double mass = 0;  // what their mean divides by
};

struct Run::Impl {
  // Builds everything that a run needs in memory; nothing is written.
  Impl(const RunConfig& given, Loaded&& loaded);

  std::uint64_t per_epoch() { return trial.trainer().updates_per_epoch(); }
  std::uint64_t updates() { return trial.optimizer().updates(); }  // done
  const Chain& resolved() { return trial.optimizer().chain(); }
  Params& params() { return trial.model().params(); }
  bool done() { return updates() >= trial.total() || stopping.should_stop(); }

  // Calls f, and writes down that the run diverged when it does: whoever looks at it later cannot tell
  // otherwise.
  template <class F>
  void noting_divergence(const F& f) {
    try {
      f();
    } catch (const Error& error) {
      try {
        if (error.code() == Code::diverged) files.metrics->diverged(updates() + 1, updates() / per_epoch());
      } catch (const Error&) {  // a full disk: the divergence is told all the same
      }
      throw;
    }
  }

  // Calls f, which writes checkpoints. The best weights are written again where one of them cannot be.
  template <class F>
  void writing(const F& f) {
    try {
      f();
    } catch (const Error&) {
      stopping.was_not_written();
      throw;
    }
  }
  void wait() {
    writing([&] { files.writer->wait(); });
  }

  void begin_with_initial_weights();
  void make_directory(const std::filesystem::path& directory);
  void open(const std::filesystem::path& where);
  bool load(const std::filesystem::path& where, std::uint64_t epochs, const std::string& also_chain);
  void change(const RunConfig& old);
  void write_plan();
  void write_config();
  void advance(Report& report);
  void end_epoch();
  void save(Kept kept);
  RunResult evaluate_all(std::string& confusion);
  std::string result_json(const RunResult& result);

  RunConfig config;
  Dataset data;
  Trial trial;
  std::string plan;
  std::uint64_t keep_every;
  EarlyStopping stopping;
  FoundStatistics statistics;
  MemoryEstimate memory;

  RunFiles files;
  std::vector<std::string> notes;
  std::optional<EpochReport> last_epoch;
  EpochLoss epoch;
  NotFinite not_finite;
  double seconds = 0;     // of training and evaluation
  bool finished = false;  // all updates are done and the result is written
};

}  // namespace thalweg
