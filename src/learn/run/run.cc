#include "thalweg/run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <system_error>

#include <fmt/core.h>

#include "base/file.h"
#include "base/json.h"
#include "base/spec.h"
#include "chain/link.h"
#include "run/best.h"
#include "run/config.h"
#include "run/defaults.h"
#include "run/environment.h"
#include "run/folder.h"
#include "run/metrics.h"
#include "run/outline.h"
#include "run/result.h"
#include "schedule/schedules.h"
#include "thalweg/checkpoint.h"
#include "thalweg/error.h"
#include "train/details.h"
#include "train/diverged.h"
#include "train/examples.h"

namespace thalweg {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSecondsBetweenCheckpoints = 10;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// No checkpoint may hold what cannot be trained on.
void check_finite(Params& params, std::uint64_t updates) {
  for (Parameter& parameter : params) {
    const std::span<const float> value = parameter.value<float>();
    const auto bad = std::find_if(value.begin(), value.end(), [](float x) { return !std::isfinite(x); });
    if (bad == value.end()) continue;
    throw Error(Code::diverged, {"update " + std::to_string(updates), "a parameter is not finite",
                                 "`" + parameter.name() + "` at " + std::to_string(bad - value.begin()),
                                 "a number", kDivergedHint});
  }
}

void check_finite(const Evaluation& evaluation, std::uint64_t updates) {
  if (std::isfinite(evaluation.loss)) return;
  throw Error(Code::diverged,
              {"update " + std::to_string(updates), "the loss is not finite over the whole set",
               std::isnan(evaluation.loss) ? "nan" : "inf", "a number", kDivergedHint});
}

std::uint64_t updates_of(std::uint64_t epochs, std::uint64_t per_epoch) {
  constexpr std::uint64_t kMostUpdates = std::uint64_t{1} << 53;  // schedules count them in double
  if (epochs <= kMostUpdates / per_epoch) return epochs * per_epoch;
  throw Error(Code::usage, {"epochs", "too many updates",
                            std::to_string(epochs) + " epochs of " + std::to_string(per_epoch) + " updates",
                            "at most 2^53 updates", ""});
}

// The lengths that the schedules of a run are laid out for.
Lengths schedule_lengths(const RunConfig& config, std::uint64_t per_epoch) {
  return {.updates = updates_of(config.schedule_epochs.value_or(config.epochs.value()), per_epoch),
          .per_epoch = per_epoch};
}

// Updates between two checkpoints that are kept for ever; 0: none are.
std::uint64_t updates_between(const std::string& length, const Lengths& lengths) {
  const std::optional<Amount> amount = read_amount(length);
  if (!amount) return 0;
  return static_cast<std::uint64_t>(
      updates_of(*amount, static_cast<double>(lengths.updates), static_cast<double>(lengths.per_epoch))
          .value);
}

// What a run is to become when it goes on with `options`.
RunConfig changed(const RunConfig& old, const ResumeOptions& options) {
  RunConfig config = old;
  if (options.threads > 0) config.threads = options.threads;
  if (!options.epochs || options.epochs == old.epochs) return config;
  if (!options.lengths) {
    throw Error(Code::usage,
                {"epochs", "the schedules were laid out for another length",
                 std::to_string(*options.epochs) + " epochs instead of " + std::to_string(*old.epochs), "",
                 "say `--lengths keep` to leave them as they are or `--lengths new` to lay them out anew"});
  }
  config.epochs = options.epochs;
  const bool keep = options.lengths == ResumeOptions::Lengths::keep;
  config.schedule_epochs = keep ? old.schedule_epochs.value_or(*old.epochs) : std::optional<std::uint64_t>();
  return config;
}

OptimizerOptions optimizer_options(const RunConfig& config) {
  return {.threads = config.threads,
          .grad_norm = true,
          .seconds = true,
          .nonfinite = parse_nonfinite(config.nonfinite)};
}

// A run counts its epochs in updates of one batch each.
const Chain& checked(const Chain& chain) {
  for (const Link& link : chain.links()) {
    if (link.transform->part != Part::window) continue;
    throw Error(Code::usage, {"optimizer", "a run gathers batches by itself", "`" + chain.text() + "`",
                              "a chain without `accumulate`", "say `--accumulate 4` in its place"});
  }
  return chain;
}

}  // namespace

struct Run::Impl {
  // Builds everything that a run needs in memory; nothing is written.
  Impl(const RunConfig& given, Dataset&& dataset)
      : config(fit_to_data(given, dataset)),
        data(std::move(dataset)),
        model(config.model, data.sample),
        loss(config.loss),
        chain(config.optimizer),
        per_epoch(thalweg::updates_per_epoch(data.train.size(), trainer_options_of(config))),
        total(updates_of(config.epochs.value(), per_epoch)),
        resolved(checked(chain).resolve(schedule_lengths(config, per_epoch))),
        optimizer(model.params(), resolved, optimizer_options(config)),
        trainer(model, loss, optimizer, data, trainer_options_of(config)),
        plan(resolved.explain(model.params()).text()),
        keep_every(updates_between(config.checkpoint_every, {.updates = total, .per_epoch = per_epoch})),
        best(model.params(), config.patience, config.min_delta) {
    notes = data.notes;
    for (std::string& line : resolved.early_ends(total)) notes.push_back(std::move(line));
    config.data = data.full_text;
    config.model = model.text(true);
    config.loss = loss.text(true);
    config.optimizer = chain.text(true);
    config.restore_best = config.restore_best.value_or(config.patience > 0);
    model.initialise(config.seed);
  }

  bool done() const { return optimizer.updates() >= total || best.should_stop(); }

  void open(const std::filesystem::path& where) {
    directory = std::filesystem::absolute(where).lexically_normal();
    metrics.emplace(directory / "metrics.jsonl", total);
    details.emplace(directory / "details.jsonl", total);
    last_save = Clock::now();
  }

  void load(const std::filesystem::path& where, const std::string& also_chain);
  void change(const RunConfig& old);
  void write_config() const;
  void end_epoch();
  void save(Kept kept);
  RunResult evaluate_all();
  std::string result_json(const RunResult& result) const;

  RunConfig config;
  Dataset data;
  Module model;
  Loss loss;
  Chain chain;
  std::uint64_t per_epoch;
  std::uint64_t total;
  Chain resolved;
  Optimizer optimizer;
  Trainer trainer;
  std::string plan;
  std::uint64_t keep_every;
  Best best;

  std::unique_ptr<RunLock> lock;
  std::filesystem::path directory;
  std::optional<MetricsFile> metrics;
  std::optional<Details> details;
  std::vector<std::string> notes;
  std::string judged;  // examples.json, of a run with held-out samples
  std::optional<EpochReport> last_epoch;
  double epoch_loss = 0;            // sum over the samples of the epoch at hand
  std::uint64_t epoch_samples = 0;  // that it is over
  double seconds = 0;               // of training and evaluation
  Clock::time_point last_save;
  bool finished = false;  // all updates are done and the result is written
};

void Run::Impl::end_epoch() {
  const auto start = Clock::now();
  EpochReport report;
  report.update = optimizer.updates();
  report.epoch = report.update / per_epoch;
  report.train_loss = epoch_loss / static_cast<double>(epoch_samples);
  const Averaged averaged = optimizer.averaged();
  if (data.test.size() > 0) report.test = trainer.evaluate(data.test);
  seconds += since(start);
  report.seconds = seconds;
  epoch_loss = 0;
  epoch_samples = 0;
  metrics->epoch(report);
  last_epoch = report;
  if (report.test) check_finite(*report.test, report.update);
  const double metric = report.test ? report.test->loss : report.train_loss;
  best.observe(metric, report.epoch, report.update, model.params());
  if (optimizer.observes()) optimizer.observe(metric);
}

void Run::Impl::save(Kept kept) {
  const std::uint64_t updates = optimizer.updates();
  check_finite(model.params(), updates);
  Metadata metadata = {{"seed", std::to_string(config.seed)},
                       {"epoch", std::to_string(updates / per_epoch)},
                       {"position", std::to_string(updates % per_epoch)},
                       {"epoch_loss", json_number(epoch_loss)},
                       {"epoch_samples", std::to_string(epoch_samples)}};
  best.add_to(metadata);
  best.save(directory);  // before what names it
  save_checkpoint(checkpoint_path(directory, updates, kept), model.params(), optimizer, metadata);
  if (kept == Kept::newest) prune_checkpoints(directory, updates);
  last_save = Clock::now();
}

// Goes on from the newest checkpoint that is whole; a damaged one is passed over with a note.
void Run::Impl::load(const std::filesystem::path& where, const std::string& also_chain) {
  std::optional<Metadata> metadata;
  for (const std::filesystem::path& path : resumable_checkpoints(where)) {
    try {
      metadata = load_checkpoint(path, model.params(), optimizer, also_chain);
      break;
    } catch (const Error& error) {
      if (error.code() != Code::data) throw;
      notes.push_back(std::string("passed over a checkpoint: ") + error.what());
    }
  }
  if (!metadata) {
    notes.push_back("no checkpoint yet: starting from the first update");
    return;
  }
  epoch_loss = metadata_number(*metadata, "epoch_loss", 0);
  epoch_samples = static_cast<std::uint64_t>(metadata_number(*metadata, "epoch_samples", 0));
  try {
    best.load(*metadata, where);
  } catch (const Error& error) {
    if (error.code() != Code::data) throw;
    notes.push_back(std::string("passed over the best weights: ") + error.what());
  }
}

void Run::Impl::write_config() const {
  replace_file(directory / "plan.txt", plan);
  replace_file(directory / "encoding.json", data.encoding + "\n");
  replace_file(directory / "environment.json", environment_json(config.threads));
  replace_file(directory / "config.toml", print_config(config));
}

// Makes the directory say what the run has become. The checkpoint comes first: with the old configuration it
// is passed over for the one before it, and nothing is lost.
void Run::Impl::change(const RunConfig& old) {
  const std::uint64_t updates = optimizer.updates();
  const Chain before = Chain(old.optimizer).resolve(schedule_lengths(old, per_epoch));
  notes.push_back(fmt::format("epochs {} -> {}, updates {} -> {}", *old.epochs, *config.epochs,
                              updates_of(*old.epochs, per_epoch), total));
  notes.push_back("old plan: " + before.text());
  notes.push_back("new plan: " + resolved.text());
  std::filesystem::remove(directory / "result.json");
  best.start_waiting();
  if (updates > 0) {
    save(Kept::newest);
    for (const std::uint64_t other : checkpoints(directory)) {  // of the old plan
      if (other != updates && !(before == resolved))
        std::filesystem::remove(checkpoint_path(directory, other));
    }
  }
  write_config();
}

RunResult Run::Impl::evaluate_all() {
  const auto start = Clock::now();
  RunResult result;
  if (best.any()) result.best = {best.epoch(), best.update(), best.loss()};
  result.stopped_early = optimizer.updates() < total;
  result.of_best = *config.restore_best && best.any();
  const Averaged averaged = result.of_best ? Averaged() : optimizer.averaged();
  if (result.of_best) best.swap_with(model.params());
  result.train = trainer.evaluate(data.train);
  if (data.test.size() > 0) {
    result.test = trainer.evaluate(data.test);
    judged = examples_json(model, loss, data, config.threads);
  }
  if (result.of_best) best.swap_with(model.params());
  seconds += since(start);
  result.seconds = seconds;
  result.samples_seen =
      optimizer.updates() / per_epoch * samples_per_epoch(data.train.size(), trainer_options_of(config));
  check_finite(result.train, optimizer.updates());
  return result;
}

std::string Run::Impl::result_json(const RunResult& result) const {
  JsonObject object;
  object.add("schema", 1)
      .add("run", directory.string())
      .add("data", data.text)
      .add("model", model.text())
      .add("optimizer", resolved.text())
      .add("loss", config.loss)
      .add("parameters", model.params().elements())
      .add("state_bytes", optimizer.state_bytes())
      .add("batch", *config.batch == 0 ? std::uint64_t{data.train.size()} : *config.batch)
      .add("accumulate", config.accumulate)
      .add("epochs", *config.epochs)
      .add("updates", optimizer.updates())
      .add("seed", config.seed)
      .add("threads", config.threads);
  return add_result(object, result).text() + "\n";
}

Run::Run(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Run::~Run() = default;
Run::Run(Run&&) noexcept = default;
Run& Run::operator=(Run&&) noexcept = default;

Run Run::create(const RunConfig& config, const std::filesystem::path& directory) {
  check_config(config);
  if (!directory.empty()) check_free(directory);
  Dataset data = load_dataset(config.data, config.seed);
  auto impl = std::make_unique<Impl>(config, std::move(data));
  if (!directory.empty()) make_folder(directory);
  const std::filesystem::path made = directory.empty() ? make_next_directory() : directory;
  impl->lock = std::make_unique<RunLock>(made);
  if (std::filesystem::exists(made / "config.toml")) check_free(made);  // another process was faster
  impl->lock->sign();
  make_folder(made / "checkpoints");
  impl->open(made);
  impl->write_config();
  return Run(std::move(impl));
}

Run Run::resume(const std::filesystem::path& directory, const ResumeOptions& options) {
  check_run(directory);
  auto lock = std::make_unique<RunLock>(directory);
  const RunConfig old = read_config(directory / "config.toml");
  const RunConfig config = changed(old, options);
  const bool other = config.epochs != old.epochs;
  auto impl = std::make_unique<Impl>(
      config, load_dataset(config.data, config.seed, read_text_file(directory / "encoding.json")));
  impl->notes.clear();  // they were told when it was created
  const Lengths before = schedule_lengths(old, impl->per_epoch);
  impl->load(directory, other ? impl->chain.resolve(before).text(true) : std::string());
  const std::uint64_t updates = impl->optimizer.updates();
  if (updates > impl->total) {
    throw Error(Code::usage,
                {"epochs", "the run has gone further", std::to_string(*config.epochs) + " epochs",
                 "at least " + std::to_string((updates - 1) / impl->per_epoch + 1), ""});
  }
  impl->lock = std::move(lock);
  for (const auto& folder : {directory, directory / "checkpoints"}) remove_leftovers(folder);
  impl->finished = !other && impl->done() && std::filesystem::exists(directory / "result.json");
  if (impl->finished) {
    impl->lock.reset();
  } else {
    impl->lock->sign();
    std::filesystem::remove(directory / "result.json");
  }
  impl->seconds = cut_metrics(directory / "metrics.jsonl", updates);
  cut_metrics(directory / "details.jsonl", updates);
  impl->open(directory);
  if (other) impl->change(old);
  return Run(std::move(impl));
}

std::string Run::describe(const RunConfig& config) {
  check_config(config);
  Dataset data = load_dataset(config.data, config.seed);
  Impl run(config, std::move(data));
  return outline({run.data, run.model, run.config, run.plan, run.chain, run.resolved, run.per_epoch,
                  run.total, run.optimizer.state_bytes(), run.trainer.activation_bytes()});
}

const std::filesystem::path& Run::directory() const { return impl_->directory; }
const RunConfig& Run::config() const { return impl_->config; }
const std::string& Run::plan() const { return impl_->plan; }
std::uint64_t Run::parameters() const { return impl_->model.params().elements(); }
std::uint64_t Run::updates() const { return impl_->optimizer.updates(); }
std::uint64_t Run::updates_per_epoch() const { return impl_->per_epoch; }
std::uint64_t Run::total_updates() const { return impl_->total; }
const std::vector<std::string>& Run::notes() const { return impl_->notes; }
const std::optional<EpochReport>& Run::last_epoch() const { return impl_->last_epoch; }
void Run::save() { impl_->save(Kept::newest); }
bool Run::done() const { return impl_->done(); }
bool Run::finished() const { return impl_->finished; }

bool Run::next(Report& report) {
  Impl& run = *impl_;
  if (run.done()) return false;
  const auto start = Clock::now();
  run.details->before(run.optimizer.updates() + 1, run.model.params());
  report = run.trainer.step();
  run.seconds += since(start);
  if (report.skipped) return true;  // nothing has changed but the data
  run.metrics->update(report);
  run.details->after(report, run.model.params(), run.trainer.step_seconds());
  if (std::isfinite(report.loss)) {  // it may not be where such gradients are dropped or zeroed
    run.epoch_loss += report.loss * static_cast<double>(report.samples);
    run.epoch_samples += report.samples;
  }
  const bool last_of_epoch = report.update % run.per_epoch == 0;
  if (last_of_epoch) run.end_epoch();
  if (run.keep_every > 0 && report.update % run.keep_every == 0) run.save(Kept::always);
  if (last_of_epoch && since(run.last_save) >= kSecondsBetweenCheckpoints) save();
  return true;
}

RunResult Run::finish() {
  Impl& run = *impl_;
  if (run.finished) return read_result(directory() / "result.json");
  save();
  RunResult result = run.evaluate_all();
  if (!run.judged.empty()) replace_file(directory() / "examples.json", run.judged);
  result.json = run.result_json(result);
  replace_file(directory() / "result.json", result.json);
  run.finished = true;
  run.lock.reset();  // nothing is written any more
  return result;
}

}  // namespace thalweg
