// A run that the doctor looks at, and the ways of looking.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "page/run_data.h"
#include "thalweg/lab/doctor.h"
#include "thalweg/module.h"
#include "thalweg/settings.h"
#include "thalweg/trainer.h"

namespace thalweg {

struct Patient {
  // Throws as diagnose() does.
  Patient(const std::filesystem::path& run, int threads);

  std::filesystem::path directory;
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
  std::vector<std::string> notes;
  double rate = 0;                // peak of the chain, once find_rate has seen it
  std::vector<RateTrial> trials;  // that it made, by rate
};

// Each says what it finds, mostly nothing. Those of a group are in one file.
using Findings = std::vector<Finding>;

// doctor_curves.cc: from what the run recorded.
Findings find_exploding_norms(Patient& patient);
Findings find_overfitting(Patient& patient);
Findings find_learns_nothing(Patient& patient);

// doctor_settings.cc: from the configuration and the data.
Findings find_unfinished_schedule(Patient& patient);
Findings find_decay_on_biases(Patient& patient);
Findings find_unnormalised(Patient& patient);
Findings find_one_class(Patient& patient);
Findings find_sorted_order(Patient& patient);
Findings find_squashed_output(Patient& patient);

// doctor_trials.cc: by running it again.
Findings find_not_finite(Patient& patient);
Findings find_rate(Patient& patient);
Findings find_dead_units(Patient& patient);

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
std::optional<double> constant_loss(const Patient& patient);

}  // namespace thalweg
