#include "thalweg/lab/doctor.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "choice/defaults.h"
#include "doctor/examined_run.h"
#include "run/config.h"
#include "run/folder.h"
#include "run/weights/load_weights.h"
#include "thalweg/checkpoint.h"
#include "train/recording.h"
#include "train/trial.h"

namespace thalweg {
namespace {

using Check = Findings (*)(const ExaminedRun& run);

constexpr Check kChecks[] = {find_exploding_norms,     find_dead_units,      find_overfitting,
                             find_unfinished_schedule, find_decay_on_biases, find_unnormalised,
                             find_one_class,           find_sorted_order,    find_squashed_output};

RunConfig configuration(const std::filesystem::path& run, int threads) {
  check_run(run);
  RunConfig config = read_config(run / "config.toml");
  config.threads = threads;
  return config;
}

std::uint64_t updates_seen(const page::RunData& seen) {
  double updates = seen.updates.empty() ? 0 : seen.updates.back().update;
  if (!seen.epochs.empty()) updates = std::max(updates, seen.epochs.back().update);
  return static_cast<std::uint64_t>(updates);
}

void load_trained(const std::filesystem::path& directory, ExaminedRun& run, std::vector<std::string>& notes) {
  std::vector<std::filesystem::path> paths = resumable_checkpoints(directory);
  for (const std::uint64_t updates : checkpoints(directory, Kept::best)) {
    paths.push_back(checkpoint_path(directory, updates, Kept::best));
  }
  for (const std::filesystem::path& path : paths) {
    try {
      Module model = copy_of(run.start);
      load_parameters(path, model.params());
      run.trained = std::move(model);
      run.checkpoint = path;
      return;
    } catch (const Error& error) {
      if (error.code() != Code::data) throw;
      notes.push_back(std::string("skipped a checkpoint: ") + error.what());
    }
  }
  notes.emplace_back("there is no checkpoint: weights were not examined");
}

}  // namespace

ExaminedRun::ExaminedRun(const std::filesystem::path& directory, int threads, std::vector<std::string>& notes)
    : config(configuration(directory, threads)),
      seen(page::read_run(directory)),
      data(load_dataset(config.data, config.seed, read_text_file(directory / "encoding.json"),
                        config.rows.parts)),
      start(make_model(config.model, inputs_of(data, config.model), config.seed)),
      loss(config.loss),
      options(trainer_options_of(config)),
      per_epoch(updates_per_epoch(data.train.size(), options)),
      total(config.epochs.value() * per_epoch),
      updates(updates_seen(seen)),
      chain(
          Chain(config.optimizer)
              .resolve(lengths_of(epochs(config.schedule_epochs.value_or(*config.epochs)), data, options))) {
  try {
    load_initial_weights(config, start.params());
  } catch (const Error& error) {
    if (error.code() != Code::data) throw;
    notes.push_back(std::string("the weights that it began with are gone: ") + error.what());
  }
  load_trained(directory, *this, notes);
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
    Recording& recording = recordings.gather(samples, rows);
    recording.tape.forward();
    out.push_back({fmt::format("{}, layer {}", item.name, front.size()),
                   item.name,
                   {recording.outputs.begin(), recording.outputs.end()},
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

Diagnosis diagnose(const std::filesystem::path& directory, int threads) {
  Diagnosis diagnosis;
  const ExaminedRun run(directory, threads, diagnosis.notes);
  diagnosis.run = std::filesystem::absolute(directory).lexically_normal().string();
  diagnosis.updates = run.updates;
  const auto add = [&](Findings found) { std::ranges::move(found, std::back_inserter(diagnosis.findings)); };
  add(find_not_finite(run));
  add(find_rate(run, diagnosis));
  for (const Check check : kChecks) add(check(run));
  if (diagnosis.findings.empty()) add(find_learns_nothing(run));
  return diagnosis;
}

}  // namespace thalweg
