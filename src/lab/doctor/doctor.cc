#include "thalweg/lab/doctor.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "doctor/examined_run.h"
#include "find/rate_trials.h"
#include "run/config.h"
#include "run/folder.h"
#include "thalweg/checkpoint.h"
#include "train/recording.h"
#include "train/trial.h"

namespace thalweg {
namespace {

using Check = Findings (*)(Patient& patient);

constexpr Check kChecks[] = {find_not_finite,      find_rate,           find_exploding_norms,
                             find_dead_units,      find_overfitting,    find_unfinished_schedule,
                             find_decay_on_biases, find_unnormalised,   find_one_class,
                             find_sorted_order,    find_squashed_output};

RunConfig configuration(const std::filesystem::path& run, int threads) {
  check_run(run);
  RunConfig config = read_config(run / "config.toml");
  config.threads = threads;
  return config;
}

Module initial(const RunConfig& config, const Dataset& data) {
  Module model(config.model, data.sample);
  model.initialise(config.seed);
  return model;
}

std::uint64_t updates_seen(const page::RunData& seen) {
  double updates = seen.updates.empty() ? 0 : seen.updates.back().update;
  if (!seen.epochs.empty()) updates = std::max(updates, seen.epochs.back().update);
  return static_cast<std::uint64_t>(updates);
}

void load_trained(Patient& patient) {
  std::vector<std::filesystem::path> paths = resumable_checkpoints(patient.directory);
  for (const std::uint64_t updates : checkpoints(patient.directory, Kept::best)) {
    paths.push_back(checkpoint_path(patient.directory, updates, Kept::best));
  }
  for (const std::filesystem::path& path : paths) {
    try {
      Module model = copy_of(patient.start);
      load_parameters(path, model.params());
      patient.trained = std::move(model);
      patient.checkpoint = path;
      return;
    } catch (const Error& error) {
      if (error.code() != Code::data) throw;
      patient.notes.push_back(std::string("passed over a checkpoint: ") + error.what());
    }
  }
  patient.notes.emplace_back("there is no checkpoint: weights were not looked at");
}

}  // namespace

Patient::Patient(const std::filesystem::path& run, int threads)
    : directory(run),
      config(configuration(run, threads)),
      seen(page::read_run(run)),
      data(load_dataset(config.data, config.seed, read_text_file(run / "encoding.json"))),
      start(initial(config, data)),
      loss(config.loss),
      options(trainer_options_of(config)),
      per_epoch(updates_per_epoch(data.train.size(), options)),
      total(config.epochs.value() * per_epoch),
      updates(updates_seen(seen)),
      chain(Chain(config.optimizer)
                .resolve({.updates = config.schedule_epochs.value_or(config.epochs.value()) * per_epoch,
                          .per_epoch = per_epoch})) {
  load_trained(*this);
}

std::vector<LayerOutput> layer_outputs(const Module& model, const Samples& samples,
                                       std::span<const std::uint32_t> rows) {
  std::vector<LayerOutput> out;
  Text front;
  for (const Item& item : parse({"model", model.text(true)})) {
    front.push_back(item);
    Module part(print(front), model.inputs());
    for (std::size_t i = 0; i < part.params().size(); ++i) {
      std::ranges::copy(model.params()[i].value<float>(), part.params()[i].value<float>().begin());
    }
    Recordings recordings(part, 0, 1);
    Recording& recording = recordings.forward(samples, rows);
    const std::span<const float> values = recording.tape.value<float>(recording.y);
    out.push_back({fmt::format("{}, layer {}", item.name, front.size()),
                   item.name,
                   {values.begin(), values.end()},
                   static_cast<std::size_t>(count(part.outputs()))});
  }
  return out;
}

const std::vector<std::string_view>& fault_names() {
  static const std::vector<std::string_view> names = {
      "not-finite",   "rate-too-large",      "rate-too-small",  "exploding-norms", "dead-units",
      "overfitting",  "schedule-unfinished", "decay-on-biases", "not-normalised",  "one-class",
      "sorted-order", "squashed-output",     "learns-nothing"};
  return names;
}

Diagnosis diagnose(const std::filesystem::path& run, int threads) {
  Patient patient(run, threads);
  Diagnosis diagnosis;
  diagnosis.run = std::filesystem::absolute(run).lexically_normal().string();
  diagnosis.updates = patient.updates;
  for (const Check check : kChecks) std::ranges::move(check(patient), std::back_inserter(diagnosis.findings));
  if (diagnosis.findings.empty()) diagnosis.findings = find_learns_nothing(patient);
  diagnosis.notes = std::move(patient.notes);
  diagnosis.rate = patient.rate;
  diagnosis.trials = std::move(patient.trials);
  return diagnosis;
}

}  // namespace thalweg
