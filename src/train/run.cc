#include "thalweg/run.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <system_error>

#include "base/file.h"
#include "base/json.h"
#include "thalweg/checkpoint.h"
#include "thalweg/error.h"
#include "train/config.h"
#include "train/metrics.h"

namespace thalweg {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSecondsBetweenCheckpoints = 10;
constexpr std::size_t kCheckpointsKept = 2;
constexpr std::string_view kSuffix = ".safetensors";
constexpr const char* kDivergedHint = "try a smaller learning rate, a warm-up or clip_norm(1)";

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::optional<std::uint64_t> read_count(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return count;
}

// runs/<n> with the next free number; the folder is made, so that no other run takes it.
std::filesystem::path make_next_directory() {
  const std::filesystem::path runs = "runs";
  make_folder(runs);
  std::uint64_t next = 1;
  for (const auto& entry : std::filesystem::directory_iterator(runs)) {
    if (const auto number = read_count(entry.path().filename().string())) next = std::max(next, *number + 1);
  }
  std::error_code error;
  while (!std::filesystem::create_directory(runs / std::to_string(next), error)) {
    if (error) throw Error(Code::resource, {"runs", "the folder cannot be made", error.message(), "", ""});
    ++next;
  }
  return runs / std::to_string(next);
}

void check_free(const std::filesystem::path& directory) {
  std::error_code error;
  if (!std::filesystem::exists(directory, error)) return;
  if (std::filesystem::is_directory(directory, error) && std::filesystem::is_empty(directory, error)) return;
  throw Error(Code::usage, {directory.string(), "the run directory exists and is not empty", "",
                            "a new folder", "choose another, or continue with --resume"});
}

// Checkpoints of a run by their updates, newest first.
std::vector<std::uint64_t> checkpoints(const std::filesystem::path& directory) {
  std::vector<std::uint64_t> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory / "checkpoints", error)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(kSuffix)) continue;
    if (const auto updates = read_count(std::string_view(name).substr(0, name.size() - kSuffix.size()))) {
      found.push_back(*updates);
    }
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

std::filesystem::path checkpoint_path(const std::filesystem::path& directory, std::uint64_t updates) {
  return directory / "checkpoints" / (std::to_string(updates) + std::string(kSuffix));
}

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

// Loads the newest checkpoint that is whole; a damaged one is passed over with a note.
template <class Load>
std::optional<Metadata> load_newest(const std::filesystem::path& directory, std::vector<std::string>& notes,
                                    const Load& load) {
  for (const std::uint64_t updates : checkpoints(directory)) {
    try {
      return load(checkpoint_path(directory, updates));
    } catch (const Error& error) {
      if (error.code() != Code::data) throw;
      notes.push_back(std::string("passed over a checkpoint: ") + error.what());
    }
  }
  return std::nullopt;
}

constexpr const char* kEncodingFile = "encoding.json";

// What a run must know beside its options to meet the same numbers again.
struct SavedRun {
  RunConfig config;
  std::string encoding;
};

SavedRun read_run(const std::filesystem::path& directory) {
  if (!std::filesystem::exists(directory / "config.toml")) {
    throw Error(Code::data, {directory.string(), "this is no run directory", "no config.toml",
                             "a directory that `thalweg train` made", ""});
  }
  return {read_config(directory / "config.toml"), read_text_file(directory / kEncodingFile)};
}

double metadata_number(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) return 0;
  double value = 0;
  std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
  return value;
}

}  // namespace

struct Run::Impl {
  // Builds everything that a run needs in memory; nothing is written.
  Impl(const RunConfig& given, Dataset&& dataset)
      : config(given),
        data(std::move(dataset)),
        model(config.model, data.sample),
        loss(config.loss),
        chain(config.optimizer),
        resolved(chain.resolve(lengths())),
        optimizer(model.params(), resolved, {.threads = config.threads, .grad_norm = true}),
        trainer(model, loss, optimizer, data, config.batch, config.seed, config.threads),
        total(lengths().updates),
        plan(resolved.explain(model.params())) {
    config.data = data.full_text;
    config.model = model.text(true);
    config.loss = loss.text(true);
    config.optimizer = chain.text(true);
    model.initialise(config.seed);
  }

  Lengths lengths() const {
    constexpr std::uint64_t kMostUpdates = std::uint64_t{1} << 53;  // schedules count them in double
    const std::uint64_t per_epoch = Loader(data.train.size(), config.batch, config.seed).updates_per_epoch();
    if (config.epochs > kMostUpdates / per_epoch) {
      throw Error(Code::usage,
                  {"epochs", "too many updates",
                   std::to_string(config.epochs) + " epochs of " + std::to_string(per_epoch) + " updates",
                   "at most 2^53 updates", ""});
    }
    return {.updates = config.epochs * per_epoch, .per_epoch = per_epoch};
  }

  void open(const std::filesystem::path& where) {
    directory = std::filesystem::absolute(where).lexically_normal();
    metrics.emplace(directory / "metrics.jsonl", total);
    last_save = Clock::now();
  }

  void end_epoch();
  void save();
  RunResult evaluate_all();
  std::string result_json(const RunResult& result) const;

  RunConfig config;
  Dataset data;
  Module model;
  Loss loss;
  Chain chain;
  Chain resolved;
  Optimizer optimizer;
  Trainer trainer;
  std::uint64_t total;
  std::string plan;

  std::filesystem::path directory;
  std::optional<MetricsFile> metrics;
  std::vector<std::string> notes;
  std::optional<EpochReport> last_epoch;
  double epoch_loss = 0;  // sum over the samples of the epoch at hand
  double seconds = 0;     // of training and evaluation
  Clock::time_point last_save;
  bool finished = false;  // all updates are done and the result is written
};

void Run::Impl::end_epoch() {
  const auto start = Clock::now();
  EpochReport report;
  report.update = optimizer.updates();
  report.epoch = report.update / trainer.updates_per_epoch();
  report.train_loss = epoch_loss / static_cast<double>(data.train.size());
  if (data.test.size() > 0) report.test = trainer.evaluate(data.test);
  seconds += since(start);
  report.seconds = seconds;
  epoch_loss = 0;
  metrics->epoch(report);
  last_epoch = report;
  if (report.test) check_finite(*report.test, report.update);
  if (since(last_save) >= kSecondsBetweenCheckpoints) save();
}

void Run::Impl::save() {
  const std::uint64_t updates = optimizer.updates();
  const std::uint64_t per_epoch = trainer.updates_per_epoch();
  check_finite(model.params(), updates);
  save_checkpoint(checkpoint_path(directory, updates), model.params(), optimizer,
                  {{"seed", std::to_string(config.seed)},
                   {"epoch", std::to_string(updates / per_epoch)},
                   {"position", std::to_string(updates % per_epoch)},
                   {"epoch_loss", json_number(epoch_loss)}});
  std::size_t kept = 0;
  for (const std::uint64_t other : checkpoints(directory)) {
    // One from beyond this update is damaged, or this would be its run; it must not outlive what was saved
    // now.
    if (other <= updates && ++kept <= kCheckpointsKept) continue;
    std::error_code ignored;  // a checkpoint too many harms nobody
    std::filesystem::remove(checkpoint_path(directory, other), ignored);
  }
  last_save = Clock::now();
}

RunResult Run::Impl::evaluate_all() {
  const auto start = Clock::now();
  RunResult result;
  result.train = trainer.evaluate(data.train);
  if (data.test.size() > 0) result.test = trainer.evaluate(data.test);
  seconds += since(start);
  result.seconds = seconds;
  result.samples_seen = config.epochs * data.train.size();
  check_finite(result.train, optimizer.updates());
  return result;
}

std::string Run::Impl::result_json(const RunResult& result) const {
  return JsonObject()
      .add("schema", 1)
      .add("run", directory.string())
      .add("data", data.text)
      .add("model", model.text())
      .add("optimizer", resolved.text())
      .add("loss", config.loss)
      .add("parameters", model.params().elements())
      .add("state_bytes", optimizer.state_bytes())
      .add("batch", config.batch == 0 ? std::uint64_t{data.train.size()} : config.batch)
      .add("epochs", config.epochs)
      .add("updates", optimizer.updates())
      .add("seed", config.seed)
      .add("threads", config.threads)
      .add("seconds", result.seconds)
      .add("samples_per_second",
           result.seconds > 0 ? static_cast<double>(result.samples_seen) / result.seconds : 0.0)
      .raw("train", evaluation_json(result.train))
      .raw("test", result.test ? evaluation_json(*result.test) : "null")
      .text();
}

Run::Run(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Run::~Run() = default;
Run::Run(Run&&) noexcept = default;
Run& Run::operator=(Run&&) noexcept = default;

Run Run::create(const RunConfig& config, const std::filesystem::path& directory) {
  check_numbers(config);
  if (!directory.empty()) check_free(directory);
  Dataset data = load_dataset(config.data, config.seed);
  auto impl = std::make_unique<Impl>(config, std::move(data));
  if (!directory.empty()) make_folder(directory);
  const std::filesystem::path made = directory.empty() ? make_next_directory() : directory;
  make_folder(made / "checkpoints");
  replace_file(made / "plan.txt", impl->plan);
  replace_file(made / kEncodingFile, impl->data.encoding + "\n");
  replace_file(made / "config.toml", print_config(impl->config));
  impl->open(made);
  return Run(std::move(impl));
}

Run Run::resume(const std::filesystem::path& directory, int threads) {
  SavedRun saved = read_run(directory);
  if (threads > 0) saved.config.threads = threads;
  auto impl = std::make_unique<Impl>(saved.config,
                                     load_dataset(saved.config.data, saved.config.seed, saved.encoding));
  const std::optional<Metadata> metadata =
      load_newest(directory, impl->notes, [&](const std::filesystem::path& path) {
        return load_checkpoint(path, impl->model.params(), impl->optimizer);
      });
  if (metadata) impl->epoch_loss = metadata_number(*metadata, "epoch_loss");
  impl->finished =
      impl->optimizer.updates() >= impl->total && std::filesystem::exists(directory / "result.json");
  if (!impl->finished) std::filesystem::remove(directory / "result.json");
  if (!metadata) impl->notes.push_back("no checkpoint yet: starting from the first update");
  for (const auto& folder : {directory, directory / "checkpoints"}) remove_leftovers(folder);
  impl->seconds = cut_metrics(directory / "metrics.jsonl", impl->optimizer.updates());
  impl->open(directory);
  return Run(std::move(impl));
}

const std::filesystem::path& Run::directory() const { return impl_->directory; }
const RunConfig& Run::config() const { return impl_->config; }
const std::string& Run::plan() const { return impl_->plan; }
std::uint64_t Run::parameters() const { return impl_->model.params().elements(); }
std::uint64_t Run::updates() const { return impl_->optimizer.updates(); }
std::uint64_t Run::total_updates() const { return impl_->total; }
const std::vector<std::string>& Run::notes() const { return impl_->notes; }
const std::optional<EpochReport>& Run::last_epoch() const { return impl_->last_epoch; }
void Run::save() { impl_->save(); }

bool Run::finished() const { return impl_->finished; }

bool Run::next(Report& report) {
  Impl& run = *impl_;
  if (run.optimizer.updates() >= run.total) return false;
  const auto start = Clock::now();
  report = run.trainer.step();
  run.seconds += since(start);
  run.metrics->update(report);
  const std::uint64_t per_epoch = run.trainer.updates_per_epoch();
  const bool last_of_epoch = report.update % per_epoch == 0;
  const std::uint64_t n = run.data.train.size();
  const std::uint64_t batch = run.config.batch == 0 ? n : std::min<std::uint64_t>(run.config.batch, n);
  run.epoch_loss += report.loss * static_cast<double>(last_of_epoch ? n - (per_epoch - 1) * batch : batch);
  if (last_of_epoch) run.end_epoch();
  return true;
}

RunResult Run::finish() {
  Impl& run = *impl_;
  RunResult result = run.evaluate_all();
  if (run.finished) {
    result.json = read_text_file(directory() / "result.json");
    return result;
  }
  run.save();
  result.json = run.result_json(result) + "\n";
  replace_file(directory() / "result.json", result.json);
  run.finished = true;
  return result;
}

RunEvaluation evaluate_run(const std::filesystem::path& directory, const std::string& data, int threads) {
  SavedRun saved = read_run(directory);
  saved.config.threads = threads;
  const std::string source = data.empty() ? saved.config.data : data;
  Dataset dataset = load_dataset(source, saved.config.seed, saved.encoding);
  RunEvaluation out;
  out.data = dataset.text;
  if (dataset.test.size() == 0) {
    throw Error(Code::data, {out.data, "there are no held-out samples", "", "at least one", ""});
  }
  Module model(saved.config.model, dataset.sample);
  const Loss loss(saved.config.loss);
  const std::optional<Metadata> metadata =
      load_newest(directory, out.notes,
                  [&](const std::filesystem::path& path) { return load_parameters(path, model.params()); });
  if (!metadata) {
    throw Error(Code::data, {directory.string(), "there is no whole checkpoint for " + out.data,
                             out.notes.empty() ? "none" : out.notes.front(), "a whole one of this model",
                             out.notes.empty() ? "finish the run with `thalweg train --resume`" : ""});
  }
  Optimizer stands_still(model.params(), Chain("lr(0)"));
  Trainer trainer(model, loss, stands_still, dataset, saved.config.batch, saved.config.seed, threads);
  out.test = trainer.evaluate(dataset.test);
  return out;
}

}  // namespace thalweg
