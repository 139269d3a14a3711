// How a run begins, and how it is taken up again.
#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/file.h"
#include "choice/choose.h"
#include "choice/defaults.h"
#include "metrics/json.h"
#include "run/config.h"
#include "run/environment.h"
#include "run/fit_to_memory.h"
#include "run/folder.h"
#include "run/run_impl.h"
#include "run/together.h"
#include "run/weights/load_newest.h"
#include "schedule/schedules.h"

namespace thalweg {
namespace {

OptimizerOptions optimizer_options(const RunConfig& config) {
  return {.grad_norm = true,
          .seconds = true,
          .nonfinite = parse_nonfinite(config.machine.nonfinite),
          .comm = config.machine.comm,
          .whole_state = config.machine.state == "whole",
          .overlap = parse_overlap(config.machine.overlap)};
}

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

}  // namespace

Run::Impl::Impl(const RunConfig& given, Loaded&& loaded)
    : config(Together(given.machine.comm).fit_to_memory(fit_to_data(given, loaded.data), loaded)),
      data(std::move(loaded.data)),
      trial(make_model(config.model, inputs_of(data, config.model), config.seed), Loss(config.loss),
            laid_out(config, data.train.size()), data, trainer_options_of(config), epochs(*config.epochs),
            optimizer_options(config)),
      plan(resolved().explain(params()).text()),
      keep_every(updates_between(config.keeping.checkpoint_every,
                                 {.updates = trial.total(), .per_epoch = per_epoch()})),
      stopping(params(), config.early_stopping),
      statistics(trial.model()),
      memory(estimate_memory(loaded, config, data, trial)) {
  files.together = Together(config.machine.comm);
  check_measured(stopping.metric(), data, trial.loss(), count(trial.model().outputs()));
  notes = data.notes;
  if (std::string line = class_weights_text(config, data); !line.empty()) notes.push_back(std::move(line));
  for (std::string& line : resolved().early_ends(trial.total())) notes.push_back(std::move(line));
  for (std::string& line : advice(trial)) notes.push_back(std::move(line));
  config.data = data.full_text;
  config.model = trial.model().text(true);
  config.loss = trial.loss().text(true);
  config.optimizer = Chain(config.optimizer).text(true);
  EarlyStoppingOptions& early = config.early_stopping;
  early.restore_best = early.restore_best.value_or(early.patience > 0);
}

void Run::Impl::open(const std::filesystem::path& where) {
  const WriterOptions writes{.background = config.keeping.async_checkpoints, .threads = config.threads};
  files.open(where, trial.total(), per_epoch(), files.together.first() ? &writes : nullptr);
  if (!config.keeping.async_checkpoints || finished) return;
  gather_state(trial.optimizer());  // a checkpoint is of all of it
  if (!files.together.first()) return;
  files.writer->add(where, params(), 0);  // best weights
  files.writer->add(where, statistics.params(), 0);
  files.writer->add(where, params(), trial.optimizer());
  files.writer->reserve();
}

void Run::Impl::begin_with_initial_weights() {
  files.together.on_first([&] { load_initial_weights(config, params()); });
  files.together.spread(params());
}

// Goes on from the newest checkpoint of the run as it is written down. True when that one is of a change
// which is not settled.
bool Run::Impl::load(const std::filesystem::path& where, std::uint64_t epochs,
                     const std::string& also_chain) {
  std::optional<Newest> newest;
  files.together.on_first(
      [&] { newest = load_newest(where, epochs, params(), trial.optimizer(), also_chain, notes); });
  if (!files.together.as_first(newest.has_value())) {
    if (files.together.first())
      notes.push_back(
          std::string(checkpoints(where).empty() ? "no checkpoint yet" : "no checkpoint is whole") +
          ": starting from the first update");
    begin_with_initial_weights();
    return false;
  }
  const Metadata metadata =
      files.together.spread(params(), trial.optimizer(), newest ? newest->metadata : Metadata());
  epoch.sum = metadata_number(metadata, "epoch_loss", 0);
  epoch.mass = metadata_number(metadata, "epoch_samples", 0);
  const std::string skipped =
      files.together.from_first([&] { return stopping.load_weights(metadata, where); });
  if (skipped.empty()) {
    files.together.spread(stopping.params());
    stopping.load(metadata);
  } else if (files.together.first()) {
    notes.push_back("skipped the best weights: " + skipped);
  }
  return files.together.as_first(newest && newest->changed);
}

// Unless it says so already: a change may have been cut off between the configuration and its plan.
void Run::Impl::write_plan() {
  const std::filesystem::path path = files.directory / "plan.txt";
  if (!std::filesystem::exists(path) || read_text_file(path) != plan) replace_file(path, plan);
}

void Run::Impl::write_config() {
  replace_file(files.directory / "encoding.json", data.encoding + "\n");
  replace_file(files.directory / "environment.json", environment_json(config.threads));
  replace_file(files.directory / "config.toml", print_config(config));
}

// Makes the directory say what the run has become. config.toml is the switch: what stands before it is of no
// account until then and harms nothing of the old plan, what comes after it is done by whoever resumes.
void Run::Impl::change(const RunConfig& old) {
  const Chain before = Chain(old.optimizer).resolve(schedule_lengths(old, per_epoch()));
  notes.push_back(fmt::format("epochs {} -> {}, updates {} -> {}", *old.epochs, *config.epochs,
                              updates_of(*old.epochs, per_epoch()), trial.total()));
  notes.insert(notes.end(), {"old plan: " + before.text(), "new plan: " + resolved().text()});
  stopping.start_waiting();
  if (updates() > 0) save(Kept::changed);
  files.together.on_first([&] {
    wait();
    write_config();
    settle_change(files.directory, updates());
  });
}

Run Run::create(const RunConfig& config, const std::filesystem::path& directory) {
  return std::move(*create(config, directory, {}));
}

std::optional<Run> Run::create(const RunConfig& config, const std::filesystem::path& directory,
                               const std::function<bool()>& stop) {
  check_config(config);
  Together together(config.machine.comm);
  together.on_first([&] {
    if (!directory.empty()) check_free(directory);
  });
  Loaded loaded = load_data(config);
  together.check_same(config, loaded.data);
  Chosen chosen = choose(config, loaded.data, stop);
  if (together.any_says(chosen.stopped)) return std::nullopt;
  auto impl = std::make_unique<Impl>(chosen.config, std::move(loaded));
  for (std::string* note : {&chosen.outliers, &chosen.why})
    if (!note->empty()) impl->notes.push_back(std::move(*note));
  impl->begin_with_initial_weights();
  impl->make_directory(directory);
  return Run(std::move(impl));
}

void Run::Impl::make_directory(const std::filesystem::path& directory) {
  std::filesystem::path made = directory;
  made = files.together.from_first([&] {
    if (directory.empty()) {
      made = make_next_directory("runs");
    } else {
      make_folder(directory);
    }
    check_own_files(made);
    files.lock = std::make_unique<RunLock>(made);
    check_free(made);  // another process may have been faster
    files.lock->sign();
    remove_own_leftovers(made);
    make_folder(made / "checkpoints");
    return made.string();
  });
  open(made);
  files.together.on_first([&] {
    write_plan();
    write_config();
  });
}

Run Run::resume(const std::filesystem::path& directory, const ResumeOptions& options) {
  Together together(options.comm);
  std::unique_ptr<RunLock> lock;
  const std::string text = together.from_first([&] {
    check_run(directory);
    check_own_files(directory);
    lock = std::make_unique<RunLock>(directory);
    return read_text_file(directory / "config.toml", kMostConfig);
  });
  const std::string encoding =
      together.from_first([&] { return read_text_file(directory / "encoding.json"); });
  RunConfig old = read_config(text, directory / "config.toml");
  old.machine.comm = options.comm;
  if (!old.machine.shards) old.machine.shards = 1;  // of a run from before there were any
  const RunConfig config = changed(old, options);
  const bool other = config.epochs != old.epochs;
  auto impl = std::make_unique<Impl>(config, load_data(config, encoding));
  impl->notes.clear();  // they were told when it was created
  together.check_same(impl->config, impl->data);
  const Lengths before = schedule_lengths(old, impl->per_epoch());
  const bool unsettled = impl->load(
      directory, *old.epochs, other ? Chain(config.optimizer).resolve(before).text(true) : std::string());
  const std::uint64_t updates = impl->updates();
  if (updates > impl->trial.total()) {
    throw Error(Code::usage,
                {"epochs", "the run is already further", std::to_string(*config.epochs) + " epochs",
                 "at least " + std::to_string((updates - 1) / impl->per_epoch() + 1), ""});
  }
  impl->files.lock = std::move(lock);
  impl->finished = !other && impl->done() && together.as_first(is_there(directory / "result.json"));
  together.on_first([&] {
    remove_own_leftovers(directory);
    if (unsettled) settle_change(directory, updates);
    drop_changes(directory);
    if (impl->finished) {
      impl->files.lock.reset();
    } else {
      impl->files.lock->sign();
      if (!other) std::filesystem::remove(directory / "result.json");
    }
    impl->seconds = cut_metrics(directory / "metrics.jsonl", updates);
    cut_metrics(directory / "details.jsonl", updates);
  });
  impl->open(directory);
  if (other) impl->change(old);
  if (!impl->finished) together.on_first([&] { impl->write_plan(); });
  return Run(std::move(impl));
}

std::string Run::describe(const RunConfig& config, bool json) {
  check_config(config);
  Loaded loaded = load_data(config);
  Together together(config.machine.comm);
  together.check_same(config, loaded.data);
  const Choice choice = choice_of(config, loaded.data);
  Impl run(config, std::move(loaded));
  together.on_first([&] { load_initial_weights(run.config, run.params()); });
  for (const std::string& note : {choice.outliers, choice.text()})
    if (!note.empty()) run.notes.push_back(note);
  const std::span<const std::string> notes(run.notes);
  const Outlined all{run.config, run.data, run.trial, run.memory, notes.subspan(run.data.notes.size())};
  return json ? outline_json(all) : outline(all, run.plan);
}

}  // namespace thalweg
