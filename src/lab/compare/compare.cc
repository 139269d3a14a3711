#include "thalweg/lab/compare.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "base/file.h"
#include "base/spec.h"
#include "compare/folder.h"
#include "compare/rates.h"
#include "compare/result.h"
#include "compare/training.h"
#include "run/config.h"
#include "run/defaults.h"
#include "run/folder.h"
#include "thalweg/error.h"
#include "thalweg/loss.h"
#include "thalweg/module.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kTuningSeeds = 1000000;  // behind the seeds of the runs

void check_range(const std::string& name, double number, double least, double most) {
  if (number >= least && number <= most) return;
  throw Error(Code::usage, {name, "out of range", print_number(number),
                            print_number(least) + " to " + print_number(most), ""});
}

void check_options(const CompareOptions& o) {
  if (o.optimizers.size() < 2) {
    throw Error(Code::usage, {"optimizers", "there is nothing to compare",
                              std::to_string(o.optimizers.size()) + " optimizers", "two or more",
                              "part them by semicolons: \"sgd; adam\""});
  }
  check_range("seeds", static_cast<double>(o.seeds), 1, 200);
  check_range("rates", static_cast<double>(o.rates), 1, 101);
  check_range("decades", o.decades, 0, 20);
  check_range("tuning-seeds", static_cast<double>(o.tuning_seeds), 1, 20);
  if (o.tuning_epochs) check_range("tuning-epochs", static_cast<double>(*o.tuning_epochs), 1, 1e9);
  if (o.target_accuracy) check_range("target-accuracy", *o.target_accuracy, 0, 1);
  if (o.rates > 1 && o.decades == 0) {
    throw Error(Code::usage, {"decades", "many rates in no decades", "0", "more than 0", "try --rates 1"});
  }
  if (o.target_accuracy && o.target_loss) {
    throw Error(Code::usage, {"target-loss", "there are two targets", "", "one of accuracy and loss", ""});
  }
}

void check_data(const Dataset& data, const CompareOptions& options) {
  if (data.test.size() == 0) {
    throw Error(Code::data, {data.text, "there is nothing held out to compare by", "",
                             "a source with a held-out part", ""});
  }
  if (data.classes == 0 && options.target_accuracy) {
    throw Error(Code::usage,
                {"target-accuracy", "values have no accuracy", "", "classes", "try --target-loss"});
  }
}

// One run that is still to be made.
struct Job {
  std::size_t contender;
  ComparedRun run;  // without its epochs
};

}  // namespace

struct Comparison::Impl {
  Impl(const RunConfig& given, const CompareOptions& wanted, Dataset&& dataset)
      : options(wanted),
        all(contenders(wanted)),
        config(fit_to_data(given, dataset)),
        data(std::move(dataset)) {
    config.data = data.text;
    config.model = Module(config.model, data.sample).text();
    config.loss = Loss(config.loss).text();
    options.tuning_epochs = options.tuning_epochs.value_or(config.epochs.value());
    if (options.rates > 1) tuning_data = validation_split(data, config.seed);
    check_names();
    check_binding();
  }

  ~Impl() { halt(); }

  void check_names() const;
  void check_binding() const;
  TrainingTask task(const Job& job) const;
  bool known(const ComparedRun& run) const;
  void add_job(std::size_t contender, bool tuning, double factor, std::uint64_t seed);
  void plan_tuning();
  void plan_runs();
  void start();
  void work();
  void halt();

  CompareOptions options;
  std::vector<Contender> all;
  RunConfig config;
  Dataset data;
  Dataset tuning_data;  // where there is more than one rate
  std::filesystem::path directory;
  std::unique_ptr<RunLock> lock;

  std::vector<ComparedRun> runs;  // finished
  std::uint64_t restored = 0;     // of those that are wanted
  std::uint64_t made = 0;
  bool tuned = false;                         // the runs at hand, if any, are the final ones
  std::vector<std::vector<TriedRate>> rates;  // by contender, when tuned
  std::vector<std::size_t> chosen;

  std::vector<Job> jobs;  // of the stage
  std::atomic<std::size_t> next_job{0};
  std::size_t taken = 0;  // results of the stage that were handed out
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<ComparedRun> finished;
  std::exception_ptr failure;
  std::vector<std::thread> threads;
};

void Comparison::Impl::check_names() const {
  for (const Contender& contender : all) {
    if (contender.names_rate || options.rates > 1) continue;
    throw Error(Code::usage, {"rates", "one rate cannot be found", "`" + contender.given + "`",
                              "an optimizer that names its rate", "write `lr=` or try --rates 11"});
  }
}

// Every optimizer runs on the model, in tuning too, before anything is written.
void Comparison::Impl::check_binding() const {
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const bool tuning : {false, options.rates > 1}) {
      const TrainingTask one = task({i, {.optimizer = {}, .tuning = tuning, .epochs = {}}});
      Module model(config.model, data.sample);
      const Optimizer optimizer(model.params(), resolved_chain(one));
      const Loss loss(config.loss);
      loss.check(count(model.outputs()), data.classes > 0, data.classes > 0 ? data.classes : data.columns);
      loss.check(model.params());
    }
  }
}

TrainingTask Comparison::Impl::task(const Job& job) const {
  const Contender& contender = all[job.contender];
  return {.config = config,
          .data = job.run.tuning ? tuning_data : data,
          .chain = with_rate(contender.chain, job.run.factor),
          .batch = contender.full_batch ? 0 : config.batch.value(),
          .epochs = job.run.tuning ? *options.tuning_epochs : config.epochs.value(),
          .seed = job.run.seed};
}

bool Comparison::Impl::known(const ComparedRun& run) const {
  return std::any_of(runs.begin(), runs.end(), [&](const ComparedRun& other) {
    return other.optimizer == run.optimizer && other.tuning == run.tuning && other.factor == run.factor &&
           other.seed == run.seed;
  });
}

void Comparison::Impl::add_job(std::size_t contender, bool tuning, double factor, std::uint64_t seed) {
  Job job{
      contender,
      {.optimizer = all[contender].given, .tuning = tuning, .factor = factor, .seed = seed, .epochs = {}}};
  if (known(job.run)) {
    ++restored;
  } else {
    jobs.push_back(std::move(job));
  }
}

void Comparison::Impl::plan_tuning() {
  for (std::size_t i = 0; i < all.size() && options.rates > 1; ++i) {
    for (const double factor : all[i].factors) {
      for (std::uint64_t k = 0; k < options.tuning_seeds; ++k)
        add_job(i, true, factor, config.seed + kTuningSeeds + k);
    }
  }
}

void Comparison::Impl::plan_runs() {
  tuned = true;
  for (std::size_t i = 0; i < all.size(); ++i) {
    rates.push_back(options.rates > 1 ? tried_rates(all[i], options, runs) : std::vector<TriedRate>{});
    if (options.rates == 1) rates.back().push_back({.factor = 1, .rate = rate_of(all[i].chain)});
    chosen.push_back(options.rates > 1 ? best_rate(all[i], rates[i]) : 0);
  }
  for (std::uint64_t k = 0; k < options.seeds; ++k) {
    for (std::size_t i = 0; i < all.size(); ++i)
      add_job(i, false, rates[i][chosen[i]].factor, config.seed + k);
  }
}

void Comparison::Impl::start() {
  next_job = 0;
  taken = 0;
  const std::size_t wanted = std::min(jobs.size(), static_cast<std::size_t>(std::max(1, config.threads)));
  for (std::size_t i = 0; i < wanted; ++i) threads.emplace_back([this] { work(); });
}

void Comparison::Impl::work() {
  try {
    for (std::size_t i = next_job++; i < jobs.size(); i = next_job++) {
      ComparedRun run = jobs[i].run;
      if (!train(task(jobs[i]), stop, run)) return;
      const std::lock_guard hold(mutex);
      finished.push_back(std::move(run));
      changed.notify_all();
    }
  } catch (...) {
    const std::lock_guard hold(mutex);
    if (!failure) failure = std::current_exception();
    stop = true;
    changed.notify_all();
  }
}

void Comparison::Impl::halt() {
  stop = true;
  for (std::thread& thread : threads) thread.join();
  threads.clear();
}

Comparison::Comparison(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Comparison::~Comparison() = default;
Comparison::Comparison(Comparison&&) noexcept = default;
Comparison& Comparison::operator=(Comparison&&) noexcept = default;

Comparison Comparison::open(const RunConfig& config, const CompareOptions& options,
                            const std::filesystem::path& directory) {
  check_config(config);
  check_options(options);
  contenders(options);  // texts first: data may take long to read
  Dataset data = load_dataset(config.data, config.seed);
  check_data(data, options);
  auto impl = std::make_unique<Impl>(config, options, std::move(data));
  std::error_code error;
  if (!directory.empty()) {
    if (!std::filesystem::exists(directory / "settings.json", error)) check_free(directory);
    make_folder(directory);
  }
  impl->directory = std::filesystem::absolute(directory.empty() ? make_comparison_directory() : directory)
                        .lexically_normal();
  impl->lock = std::make_unique<RunLock>(impl->directory);
  check_settings(impl->directory, settings_json(impl->config, impl->options));
  impl->lock->sign();
  impl->runs = read_runs(impl->directory);
  impl->plan_tuning();
  if (impl->jobs.empty()) impl->plan_runs();
  impl->start();
  return Comparison(std::move(impl));
}

const std::filesystem::path& Comparison::directory() const { return impl_->directory; }

std::uint64_t Comparison::total() const {
  const std::uint64_t tuning =
      impl_->options.rates > 1 ? impl_->options.rates * impl_->options.tuning_seeds : 0;
  return impl_->all.size() * (tuning + impl_->options.seeds);
}

std::uint64_t Comparison::done() const { return impl_->restored + impl_->made; }
std::uint64_t Comparison::restored() const { return impl_->restored; }
bool Comparison::finished() const { return impl_->tuned && impl_->taken == impl_->jobs.size(); }

bool Comparison::next(ComparedRun& run, double seconds) {
  Impl& impl = *impl_;
  if (finished()) return false;
  std::unique_lock hold(impl.mutex);
  impl.changed.wait_for(hold, std::chrono::duration<double>(std::min(seconds, 1e6)),
                        [&] { return !impl.finished.empty() || impl.failure; });
  if (impl.finished.empty()) {
    if (impl.failure) std::rethrow_exception(impl.failure);
    return false;
  }
  run = std::move(impl.finished.front());
  impl.finished.pop_front();
  hold.unlock();
  append_run(impl.directory, run);
  impl.runs.push_back(run);
  ++impl.made;
  if (++impl.taken < impl.jobs.size() || impl.tuned) return true;
  for (std::thread& thread : impl.threads) thread.join();
  impl.threads.clear();
  impl.jobs.clear();
  impl.plan_runs();
  impl.start();
  return true;
}

ComparisonResult Comparison::result() const {
  const Impl& impl = *impl_;
  if (!finished()) {
    throw Error(Code::usage, {impl.directory.string(), "the comparison is not finished",
                              std::to_string(done()) + " of " + std::to_string(total()) + " runs", "", ""});
  }
  ComparisonResult out;
  out.config = impl.config;
  out.options = impl.options;
  out.score_name = impl.data.classes > 0 ? "accuracy" : "R2";
  out.training = impl.data.train.size();
  out.validation = impl.tuning_data.test.size();
  out.held_out = impl.data.test.size();
  out.tuning_epochs = *impl.options.tuning_epochs;
  out.tuning_runs = impl.options.rates > 1 ? impl.options.rates * impl.options.tuning_seeds : 0;
  for (std::size_t i = 0; i < impl.all.size(); ++i) {
    const TriedRate& rate = impl.rates[i][impl.chosen[i]];
    const TrainingTask task = impl.task({i, {.optimizer = {}, .factor = rate.factor, .epochs = {}}});
    ComparedOptimizer one;
    one.given = impl.all[i].given;
    one.chain = resolved_chain(task).text();
    one.batch = task.batch == 0 ? out.training : std::min(out.training, task.batch * impl.config.accumulate);
    one.updates = updates_per_epoch(task) * task.epochs;
    one.rates = impl.rates[i];
    one.chosen = impl.chosen[i];
    one.at_edge = one.rates.size() > 1 && (one.chosen == 0 || one.chosen + 1 == one.rates.size());
    one.runs = final_runs(impl.all[i], rate.factor, impl.config, impl.options, impl.runs);
    out.optimizers.push_back(std::move(one));
  }
  judge(out);
  return out;
}

}  // namespace thalweg
