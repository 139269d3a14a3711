// A run that the doctor looks at, and the ways of looking.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "page/run_data.h"
#include "thalweg/lab/doctor.h"
#include "thalweg/module.h"
#include "thalweg/settings.h"
#include "thalweg/trainer.h"

namespace thalweg {

// The run as its directory shows it.
struct ExaminedRun {
  // Throws as diagnose() does. `notes` tells what could not be read.
  ExaminedRun(const std::filesystem::path& directory, int threads, std::vector<std::string>& notes);

  RunConfig config;  // nothing is auto
  page::RunData seen;
  Dataset data;
  Module start;  // with its initial weights
  Loss loss;
  TrainerOptions options;
  std::uint64_t per_epoch;
  std::uint64_t total;               // updates of the whole run
  std::uint64_t updates;             // done, as far as the metrics know
  Chain chain;                       // resolved
  std::optional<Module> trained;     // of the newest whole checkpoint
  std::filesystem::path checkpoint;  // it; empty where there is none
};

// Each says what it finds, mostly nothing. Those of a group are in one file.
using Findings = std::vector<Finding>;

// curves.cc: from what the run recorded.
Findings find_exploding_norms(const ExaminedRun& run);
Findings find_overfitting(const ExaminedRun& run);
Findings find_learns_nothing(const ExaminedRun& run);

// settings.cc: from the configuration and the data.
Findings find_unfinished_schedule(const ExaminedRun& run);
Findings find_decay_on_biases(const ExaminedRun& run);
Findings find_unnormalised(const ExaminedRun& run);
Findings find_one_class(const ExaminedRun& run);
Findings find_sorted_order(const ExaminedRun& run);
Findings find_squashed_output(const ExaminedRun& run);

// trials.cc: by running it again.
Findings find_not_finite(const ExaminedRun& run);
Findings find_rate(const ExaminedRun& run, Diagnosis& diagnosis);  // with its trials and notes
Findings find_dead_units(const ExaminedRun& run);

// The outputs of the layers of `model`, layer by layer, for some training samples: rows x outputs each.
struct LayerOutput {
  std::string layer;  // "relu, layer 2"
  std::string name;   // "relu"
  std::vector<float> values;
  std::size_t units = 0;
};
std::vector<LayerOutput> layer_outputs(const Module& model, const Samples& samples,
                                       std::span<const std::uint32_t> rows);

// The entropy of the labels, or the variance of the values: the least loss of a constant; nothing for other
// losses than cross_entropy and mse.
std::optional<double> constant_loss(const ExaminedRun& run);

}  // namespace thalweg
