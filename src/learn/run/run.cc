#include "thalweg/run.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/file.h"
#include "base/json.h"
#include "choice/defaults.h"
#include "metrics/json.h"
#include "reserve/process_memory.h"
#include "run/config.h"
#include "run/folder.h"
#include "run/result.h"
#include "run/run_impl.h"
#include "run/weights/load_newest.h"
#include "thalweg/checkpoint_writer.h"
#include "thalweg/error.h"
#include "train/confusion.h"
#include "train/details.h"

namespace thalweg {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSecondsBetweenCheckpoints = 10;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

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
  const auto due = [&] {
    return since(files.last_save) >= kSecondsBetweenCheckpoints && !files.writer->writing();
  };
  if (last_of_epoch && files.together.as_first(due())) save(Kept::newest);
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
  gather_state(trial.optimizer());
  if (!files.together.first()) return;
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
    if (files.together.first()) confusion = examples_json(trial.model(), trial.loss(), data, config.threads);
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
      .add("state_bytes", files.together.sum(trial.optimizer().state_bytes()))
      .add("batch", *config.batch == 0 ? std::uint64_t{data.train.size()} : *config.batch)
      .add("accumulate", config.accumulate)
      .add("epochs", *config.epochs)
      .add("updates", updates())
      .add("seed", config.seed)
      .add("threads", config.threads);
  if (files.together.any()) object.add("ranks", config.machine.comm->size());
  return add_result(object, result).text() + "\n";
}

Run::Run(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Run::~Run() = default;
Run::Run(Run&&) noexcept = default;
Run& Run::operator=(Run&&) noexcept = default;

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
int agreed(Run& run, int here) { return run.impl_->files.together.most(here); }
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
  if (run.finished) {
    const std::string text =
        run.files.together.from_first([&] { return read_text_file(directory() / "result.json"); });
    return read_result(text, directory() / "result.json");
  }
  std::string confusion;
  RunResult result;
  run.noting_divergence([&] {
    run.statistics.find(run.trial);
    run.save(Kept::newest);
    result = run.evaluate_all(confusion);
  });
  const std::string json = run.result_json(result);
  if (run.not_finite.count > 0) run.notes.push_back(run.not_finite.note(run.config.machine.nonfinite));
  result.json = run.files.together.from_first([&] {
    run.wait();
    if (!confusion.empty()) replace_file(directory() / "examples.json", confusion);
    replace_file(directory() / "result.json", json);
    return json;
  });
  run.finished = true;
  run.files.lock.reset();  // nothing is written any more
  return result;
}

}  // namespace thalweg
