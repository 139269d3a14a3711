// The trials of a comparison: what they share, and how one of them goes, in memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "compare/rates.h"
#include "thalweg/lab/compare.h"
#include "train/trial.h"

namespace thalweg {

// The data of a comparison; `test` is what chooses among optimizers, the held-out part. Throws as
// Comparison::open() does.
Dataset load_compared(const RunConfig& config, const CompareOptions& options);

struct CompareSetup {
  // Checks that every optimizer runs on the model, in tuning too. Throws as Comparison::open() does.
  CompareSetup(const RunConfig& given, const CompareOptions& wanted, Dataset&& dataset);

  // What trials learn from and are judged by.
  const Dataset& data_of(bool tuning) const { return tuning ? tuning_data : data; }
  std::uint64_t epochs_of(bool tuning) const { return tuning ? *options.tuning_epochs : *config.epochs; }
  // Samples per update, as far as there are so many.
  std::uint64_t batch_of(const Contender& contender) const;

  void fit_schedule(bool tunes);

  // A trial before its first update; its optimizer is one of the contenders.
  Trial start(const ComparedTrial& trial) const;

  // Trains with one thread and fills epochs and `diverged`. False, with the trial unfinished, once `stop` is
  // set.
  bool train(ComparedTrial& trial, const std::atomic<bool>& stop) const;

  CompareOptions options;         // nothing is auto
  const Metric* score = nullptr;  // what judges, or beside the loss
  std::vector<Contender> contenders;
  RunConfig config;  // likewise
  Dataset data;
  Dataset tuning_data;  // where there is more than one rate
};

}  // namespace thalweg
