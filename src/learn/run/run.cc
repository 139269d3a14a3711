#include "thalweg/run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <system_error>

#include <fmt/core.h>

#include "base/file.h"
#include "base/json.h"
#include "base/spec.h"
#include "choice/choose.h"
#include "choice/defaults.h"
#include "metrics/json.h"
#include "reserve/process_memory.h"
#include "run/config.h"
#include "run/environment.h"
#include "run/fit_to_memory.h"
#include "run/folder.h"
#include "run/metrics.h"
#include "run/outline.h"
#include "run/result.h"
#include "run/weights/early_stopping.h"
#include "run/weights/load_newest.h"
#include "run/weights/load_weights.h"
#include "schedule/schedules.h"
#include "thalweg/checkpoint_writer.h"
#include "thalweg/error.h"
#include "train/confusion.h"
#include "train/details.h"
#include "train/not_finite.h"
#include "train/trial.h"

namespace thalweg {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSecondsBetweenCheckpoints = 10;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

OptimizerOptions optimizer_options(const RunConfig& config) {
  return {.grad_norm = true, .seconds = true, .nonfinite = parse_nonfinite(config.machine.nonfinite)};
}

// The losses of the epoch at hand.
struct EpochLoss {
  double sum = 0;   // over the samples
  double mass = 0;  // what their mean divides by
};

}  // namespace

struct Run::Impl {
  // Builds everything that a run needs in memory; nothing is written.
  Impl(const RunConfig& given, Loaded&& loaded)
      : config(fit_to_memory(fit_to_data(given, loaded.data), loaded)),
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

void Run::Impl::open(const std::filesystem::path& where) {
  files.open(where, trial.total(), per_epoch(),
             {.background = config.keeping.async_checkpoints, .threads = config.threads});
  if (!config.keeping.async_checkpoints || finished) return;
  files.writer->add(where, params(), 0);  // best weights
  files.writer->add(where, statistics.params(), 0);
  files.writer->add(where, params(), trial.optimizer());
  files.writer->reserve();
}

void Run::Impl::advance(Report& report) {
  if (!files.writer->writing()) wait();  // it throws what the writing came to
  const auto start = Clock::now();
  report = trial.trainer().step(files.details->wanted(updates() + 1));
  seconds += since(start);
  not_finite.add(report, updates() + (report.skipped ? 1 : 0));
  if (report.skipped) return;  // nothing has changed but the data
  files.metrics->update(report);
  files.details->add(report, trial.trainer().step_seconds());
  if (std::isfinite(report.loss)) {  // it may not be where such gradients are dropped or zeroed
    epoch.sum += report.loss * trial.trainer().mass();
    epoch.mass += trial.trainer().mass();
  }
  const bool last_of_epoch = report.update % per_epoch() == 0;
  if (last_of_epoch) end_epoch();
  if (keep_every > 0 && report.update % keep_every == 0) save(Kept::always);
  const bool due = since(files.last_save) >= kSecondsBetweenCheckpoints && !files.writer->writing();
  if (last_of_epoch && due) save(Kept::newest);
}

void Run::Impl::end_epoch() {
  const auto start = Clock::now();
  EpochReport report;
  report.update = updates();
  report.epoch = report.update / per_epoch();
  report.train_loss = epoch.sum / epoch.mass;
  const Averaged averaged = statistics.lend(trial);
  const Samples& held_out = data.choosing();
  if (held_out.size() > 0) report.test = trial.trainer().evaluate(held_out, stopping.metric().needs());
  report.seconds = seconds += since(start);
  if (stopping.metric().kind != Metric::Kind::loss) report.monitored = stopping.metric().read(*report.test);
  epoch = {};
  files.metrics->epoch(report);
  last_epoch = report;
  if (report.test) check_finite(*report.test, report.update);
  const double loss = report.test ? report.test->loss : report.train_loss;
  stopping.observe(report.monitored.value_or(loss), loss, report.epoch, report.update, params());
  if (trial.optimizer().observes()) trial.optimizer().observe(loss);
}

void Run::Impl::save(Kept kept) {
  const std::uint64_t done = updates();
  check_finite(params(), done);
  Metadata metadata = {{"seed", std::to_string(config.seed)},
                       {"epoch", std::to_string(done / per_epoch())},
                       {"position", std::to_string(done % per_epoch())},
                       {"epoch_loss", json_number(epoch.sum)},
                       {"epoch_samples", json_number(epoch.mass)}};
  if (kept == Kept::changed) add_plan(metadata, *config.epochs);
  stopping.add_to(metadata);
  CheckpointWriter& writer = *files.writer;
  writing([&] {
    stopping.add_to(writer, files.directory);  // before what names it
    statistics.add_to(writer, files.directory, done);
    writer.add(checkpoint_path(files.directory, done, kept), params(), trial.optimizer(), metadata);
    writer.begin([directory = files.directory, done, kept] {
      if (kept == Kept::newest) prune_checkpoints(directory, done);
    });
  });
  files.last_save = Clock::now();
}

// Goes on from the newest checkpoint of the run as it is written down. True when that one is of a change
// which is not settled.
bool Run::Impl::load(const std::filesystem::path& where, std::uint64_t epochs,
                     const std::string& also_chain) {
  const auto newest = load_newest(where, epochs, params(), trial.optimizer(), also_chain, notes);
  if (!newest) {
    notes.push_back(std::string(checkpoints(where).empty() ? "no checkpoint yet" : "no checkpoint is whole") +
                    ": starting from the first update");
    load_initial_weights(config, params());
    return false;
  }
  epoch.sum = metadata_number(newest->metadata, "epoch_loss", 0);
  epoch.mass = metadata_number(newest->metadata, "epoch_samples", 0);
  try {
    stopping.load(newest->metadata, where);
  } catch (const Error& error) {
    if (error.code() != Code::data) throw;
    notes.push_back(std::string("skipped the best weights: ") + error.what());
  }
  return newest->changed;
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
  wait();
  write_config();
  settle_change(files.directory, updates());
}

RunResult Run::Impl::evaluate_all(std::string& confusion) {
  const auto start = Clock::now();
  RunResult result;
  if (stopping.any()) result.best = stopping.best();
  result.stopped_early = updates() < trial.total();
  result.of_best = *config.early_stopping.restore_best && stopping.any();
  const Averaged averaged = result.of_best ? Averaged() : statistics.lend(trial);
  if (result.of_best) stopping.swap_with(params());
  result.train = trial.trainer().evaluate(data.train, Metrics::all, RunResult::kTrainingSamples);
  if (data.apart && data.held_out.size() > 0)
    result.held_out = trial.trainer().evaluate(data.held_out, Metrics::all);
  if (data.test.size() > 0) {
    result.test = trial.trainer().evaluate(data.test, Metrics::all);
    confusion = examples_json(trial.model(), trial.loss(), data, config.threads);
  }
  if (result.of_best) stopping.swap_with(params());
  seconds += since(start);
  result.reported = data.test.size() == 0 ? "train" : data.apart ? "test" : "held_out";
  result.seconds = seconds;
  result.samples_seen =
      updates() / per_epoch() * samples_per_epoch(data.train.size(), trainer_options_of(config));
  result.peak_bytes = process_memory().peak;
  result.estimated_bytes = memory.together;
  check_finite(result.train, updates());
  return result;
}

std::string Run::Impl::result_json(const RunResult& result) {
  JsonObject object;
  add_run(object.add("schema", 1), files.directory, run_name(config, files.directory))
      .add("data", data.text)
      .add("model", trial.model().text())
      .add("optimizer", resolved().text())
      .add("loss", config.loss)
      .raw("class_weights", class_weights_json(config.loss, data))
      .add("parameters", params().elements())
      .add("state_bytes", trial.optimizer().state_bytes())
      .add("batch", *config.batch == 0 ? std::uint64_t{data.train.size()} : *config.batch)
      .add("accumulate", config.accumulate)
      .add("epochs", *config.epochs)
      .add("updates", updates())
      .add("seed", config.seed)
      .add("threads", config.threads);
  return add_result(object, result).text() + "\n";
}

Run::Run(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Run::~Run() = default;
Run::Run(Run&&) noexcept = default;
Run& Run::operator=(Run&&) noexcept = default;

Run Run::create(const RunConfig& config, const std::filesystem::path& directory) {
  return std::move(*create(config, directory, {}));
}

std::optional<Run> Run::create(const RunConfig& config, const std::filesystem::path& directory,
                               const std::function<bool()>& stop) {
  check_config(config);
  if (!directory.empty()) check_free(directory);
  Loaded loaded = load_data(config);
  Chosen chosen = choose(config, loaded.data, stop);
  if (chosen.stopped) return std::nullopt;
  auto impl = std::make_unique<Impl>(chosen.config, std::move(loaded));
  for (std::string* note : {&chosen.outliers, &chosen.why})
    if (!note->empty()) impl->notes.push_back(std::move(*note));
  load_initial_weights(impl->config, impl->params());
  if (!directory.empty()) make_folder(directory);
  const std::filesystem::path made = directory.empty() ? make_next_directory("runs") : directory;
  check_own_files(made);
  impl->files.lock = std::make_unique<RunLock>(made);
  check_free(made);  // another process may have been faster
  impl->files.lock->sign();
  remove_own_leftovers(made);
  make_folder(made / "checkpoints");
  impl->open(made);
  impl->write_plan();
  impl->write_config();
  return Run(std::move(impl));
}

Run Run::resume(const std::filesystem::path& directory, const ResumeOptions& options) {
  check_run(directory);
  check_own_files(directory);
  auto lock = std::make_unique<RunLock>(directory);
  const RunConfig old = read_config(directory / "config.toml");
  const RunConfig config = changed(old, options);
  const bool other = config.epochs != old.epochs;
  auto impl = std::make_unique<Impl>(config, load_data(config, read_text_file(directory / "encoding.json")));
  impl->notes.clear();  // they were told when it was created
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
  remove_own_leftovers(directory);
  if (unsettled) settle_change(directory, updates);
  drop_changes(directory);
  impl->finished = !other && impl->done() && std::filesystem::exists(directory / "result.json");
  if (impl->finished) {
    impl->files.lock.reset();
  } else {
    impl->files.lock->sign();
    if (!other) std::filesystem::remove(directory / "result.json");
  }
  impl->seconds = cut_metrics(directory / "metrics.jsonl", updates);
  cut_metrics(directory / "details.jsonl", updates);
  impl->open(directory);
  if (other) impl->change(old);
  if (!impl->finished) impl->write_plan();
  return Run(std::move(impl));
}

std::string Run::describe(const RunConfig& config, bool json) {
  check_config(config);
  Loaded loaded = load_data(config);
  const Choice choice = choice_of(config, loaded.data);
  Impl run(config, std::move(loaded));
  load_initial_weights(run.config, run.params());
  for (const std::string& note : {choice.outliers, choice.text()})
    if (!note.empty()) run.notes.push_back(note);
  const std::span<const std::string> notes(run.notes);
  const Outlined all{run.config, run.data, run.trial, run.memory, notes.subspan(run.data.notes.size())};
  return json ? outline_json(all) : outline(all, run.plan);
}

const std::filesystem::path& Run::directory() const { return impl_->files.directory; }
const RunConfig& Run::config() const { return impl_->config; }
const std::string& Run::plan() const { return impl_->plan; }
Params& Run::params() { return impl_->params(); }
Optimizer& Run::optimizer() { return impl_->trial.optimizer(); }
std::uint64_t Run::parameters() const { return impl_->params().elements(); }
std::uint64_t Run::updates() const { return impl_->updates(); }
std::uint64_t Run::updates_per_epoch() const { return impl_->per_epoch(); }
std::uint64_t Run::total_updates() const { return impl_->trial.total(); }
const std::vector<std::string>& Run::notes() const { return impl_->notes; }
const std::optional<EpochReport>& Run::last_epoch() const { return impl_->last_epoch; }
void Run::save() { impl_->save(Kept::newest); }
void Run::wait() { impl_->wait(); }
bool Run::done() const { return impl_->done(); }
bool Run::finished() const { return impl_->finished; }

bool Run::next(Report& report) {
  Impl& run = *impl_;
  if (run.done()) return false;
  run.noting_divergence([&] { run.advance(report); });
  return true;
}

RunResult Run::finish() {
  Impl& run = *impl_;
  if (run.finished) return read_result(directory() / "result.json");
  std::string confusion;
  RunResult result;
  run.noting_divergence([&] {
    run.statistics.find(run.trial);
    run.save(Kept::newest);
    result = run.evaluate_all(confusion);
  });
  run.wait();
  if (run.not_finite.count > 0) run.notes.push_back(run.not_finite.note(run.config.machine.nonfinite));
  if (!confusion.empty()) replace_file(directory() / "examples.json", confusion);
  result.json = run.result_json(result);
  replace_file(directory() / "result.json", result.json);
  run.finished = true;
  run.files.lock.reset();  // nothing is written any more
  return result;
}

}  // namespace thalweg
