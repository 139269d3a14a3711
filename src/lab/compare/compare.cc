#include "thalweg/lab/compare.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

#include "base/file.h"
#include "base/spec.h"
#include "comm/spread_jobs.h"
#include "compare/folder.h"
#include "compare/result.h"
#include "compare/trials.h"
#include "run/config.h"
#include "run/folder.h"
#include "run/together.h"
#include "thalweg/error.h"
#include "thalweg/metrics.h"
#include "train/line_file.h"

namespace thalweg {
namespace {

constexpr std::string_view kFiles[] = {"lock", "settings.json", "runs.jsonl", "report.html"};
constexpr std::size_t kBegun = 1;                // of them are there before the settings
constexpr std::uint64_t kTuningSeeds = 1000000;  // above the seeds of the other trials

void check_range(const std::string& name, double number, double least, double most) {
  if (number >= least && number <= most) return;
  throw Error(Code::usage, {name, "out of range", print_number(number),
                            print_number(least) + " to " + print_number(most), ""});
}

void check_options(const CompareOptions& o) {
  if (o.optimizers.size() < 2) {
    throw Error(Code::usage,
                {"optimizers", "there is nothing to compare", o.optimizers.empty() ? "none" : "one optimizer",
                 "two or more", "separate them by semicolons: \"sgd; adam\""});
  }
  check_range("seeds", static_cast<double>(o.seeds), 1, 200);
  check_range("rates", static_cast<double>(o.rates), 1, 101);
  check_range("decades", o.decades, 0, 20);
  check_range("tuning-seeds", static_cast<double>(o.tuning_seeds), 1, 20);
  if (o.tuning_epochs) check_range("tuning-epochs", static_cast<double>(*o.tuning_epochs), 1, 1e9);
  if (o.target_accuracy) check_range("target-accuracy", *o.target_accuracy, 0, 1);
  if (o.rates > 1 && o.decades == 0) {
    throw Error(Code::usage, {"decades", "several rates, no decades", "0", "more than 0", "try --rates 1"});
  }
  if (o.target_accuracy && o.target_loss) {
    throw Error(Code::usage, {"target-loss", "there are two targets", "", "one of accuracy and loss", ""});
  }
  if (!o.monitor.empty()) metric_of(o.monitor);
  if (o.target_accuracy && !o.monitor.empty() && o.monitor != "accuracy" && o.monitor != "loss") {
    throw Error(Code::usage, {"target-accuracy", "another metric is watched", "`" + o.monitor + "`",
                              "--monitor accuracy", "or try --target-loss"});
  }
}

void check_data(const Dataset& data, const CompareOptions& options) {
  if (data.test.size() == 0) {
    throw Error(Code::data, {data.text, "there is no held-out data to compare by", "",
                             "a source with a held-out part", ""});
  }
  if (data.classes == 0 && options.target_accuracy) {
    throw Error(Code::usage,
                {"target-accuracy", "the targets are not classes", "", "classes", "try --target-loss"});
  }
}

}  // namespace

Dataset load_compared(const RunConfig& config, const CompareOptions& options) {
  Dataset data = load_dataset(config.data, config.seed, {}, config.rows.parts);
  if (data.apart) data.test = std::exchange(data.held_out, {});
  data.apart = false;
  check_data(data, options);
  return data;
}

struct Comparison::Impl {
  Impl(const RunConfig& given, const CompareOptions& wanted, Dataset&& data, Comm* ranks)
      : setup(given, wanted, std::move(data)), comm(ranks), together(ranks) {}

  bool tunes() const { return setup.options.rates > 1; }
  std::uint64_t tuning_trials() const {
    return tunes() ? setup.options.rates * setup.options.tuning_seeds : 0;
  }
  bool finished() const { return final_stage && told == jobs.size(); }

  void open(const std::filesystem::path& where);
  void open_here(const std::filesystem::path& where);
  void add_job(ComparedTrial job);
  void plan_tuning();
  void plan_final_trials();
  void start();

  CompareSetup setup;
  Comm* comm;  // whose ranks share the trials; the first has the directory
  Together together;
  std::filesystem::path directory;
  std::unique_ptr<RunLock> lock;

  std::vector<ComparedTrial> trials;          // finished
  std::uint64_t restored = 0;                 // of those that are wanted
  std::uint64_t made = 0;                     // now
  bool final_stage = false;                   // rates are found
  std::vector<std::vector<TriedRate>> rates;  // by contender, in the final stage
  std::vector<std::size_t> chosen;            // likewise

  std::vector<ComparedTrial> jobs;  // of the stage; each is filled when it has ended
  std::size_t told = 0;             // of them
  std::unique_ptr<SpreadJobs> running;
};

// On every rank what the first one finds.
void Comparison::Impl::open(const std::filesystem::path& where) {
  std::string options = std::to_string(setup.options.seeds) + " seeds";
  for (const std::string& optimizer : setup.options.optimizers) options += "; " + optimizer;
  together.check_same(setup.config, setup.data, settings_json(setup.config, setup.options) + " " + options);
  const std::string there = together.from_first([&] {
    open_here(where);
    std::string text = directory.string();
    for (const ComparedTrial& trial : trials) text += '\0' + trial_json(trial);
    return text;
  });
  if (together.first()) return;
  std::istringstream in(there);
  std::string text;
  std::getline(in, text, '\0');
  directory = text;
  while (std::getline(in, text, '\0')) trials.push_back(trial_of(text));
}

void Comparison::Impl::open_here(const std::filesystem::path& where) {
  std::error_code error;
  if (!where.empty()) {
    if (!std::filesystem::exists(where / "settings.json", error)) check_free(where, kFiles, kBegun);
    make_folder(where);
  }
  directory = std::filesystem::absolute(where.empty() ? make_next_directory("comparisons") : where)
                  .lexically_normal();
  check_own_files(directory, kFiles);
  lock = std::make_unique<RunLock>(directory);
  remove_own_leftovers(directory, kFiles);
  check_settings(directory, settings_json(setup.config, setup.options));
  lock->sign();
  trials = read_trials(directory);
}

void Comparison::Impl::add_job(ComparedTrial job) {
  const auto same = [&](const ComparedTrial& other) { return same_run(other, job); };
  if (std::ranges::any_of(trials, same)) {
    ++restored;
  } else {
    jobs.push_back(std::move(job));
  }
}

void Comparison::Impl::plan_tuning() {
  if (!tunes()) return;
  for (const Contender& contender : setup.contenders) {
    for (const double factor : contender.factors) {
      for (std::uint64_t k = 0; k < setup.options.tuning_seeds; ++k) {
        add_job({.optimizer = contender.given,
                 .name = contender.name,
                 .tuning = true,
                 .factor = factor,
                 .seed = setup.config.seed + kTuningSeeds + k});
      }
    }
  }
}

void Comparison::Impl::plan_final_trials() {
  final_stage = true;
  for (const Contender& contender : setup.contenders) {
    if (tunes()) {
      rates.push_back(tried_rates(contender, setup.options, trials));
      chosen.push_back(best_rate(contender, rates.back()));
    } else {
      rates.push_back({{.factor = 1, .rate = contender.chain.rate().value_or(0)}});
      chosen.push_back(0);
    }
  }
  for (std::uint64_t k = 0; k < setup.options.seeds; ++k) {
    for (std::size_t i = 0; i < rates.size(); ++i) {
      add_job({.optimizer = setup.contenders[i].given,
               .name = setup.contenders[i].name,
               .factor = rates[i][chosen[i]].factor,
               .seed = setup.config.seed + k});
    }
  }
}

void Comparison::Impl::start() {
  told = 0;
  running = std::make_unique<SpreadJobs>(comm, jobs.size(), setup.config.threads,
                                         [this](std::size_t job, const std::atomic<bool>& stop) {
                                           setup.train(jobs[job], stop);
                                           return trial_json(jobs[job]);
                                         });
}

Comparison::Comparison(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Comparison::~Comparison() = default;
Comparison::Comparison(Comparison&&) noexcept = default;
Comparison& Comparison::operator=(Comparison&&) noexcept = default;

Comparison Comparison::open(const RunConfig& given, const CompareOptions& options,
                            const std::filesystem::path& directory) {
  RunConfig config = given;
  Comm* const comm = std::exchange(config.machine.comm, nullptr);  // a trial has none
  check_config(config);
  check_options(options);
  contenders(options);  // texts first: data may take long to read
  auto impl = std::make_unique<Impl>(config, options, load_compared(config, options), comm);
  impl->open(directory);
  impl->plan_tuning();
  if (impl->jobs.empty()) impl->plan_final_trials();
  impl->start();
  return Comparison(std::move(impl));
}

const std::filesystem::path& Comparison::directory() const { return impl_->directory; }

std::uint64_t Comparison::total() const {
  return impl_->setup.contenders.size() * (impl_->tuning_trials() + impl_->setup.options.seeds);
}

std::uint64_t Comparison::done() const { return impl_->restored + impl_->made; }
std::uint64_t Comparison::restored() const { return impl_->restored; }
bool Comparison::finished() const { return impl_->finished(); }

bool Comparison::next(ComparedTrial& trial, double seconds) {
  Impl& impl = *impl_;
  if (impl.finished()) return false;
  const std::optional<SpreadJobs::Ended> end = impl.running->next(seconds);
  if (!end) return false;
  trial = impl.together.any() ? trial_of(end->result) : impl.jobs[end->job];
  impl.together.on_first([&] { LineFile(trials_path(impl.directory)).add(end->result); });
  impl.trials.push_back(trial);
  ++impl.made;
  if (++impl.told < impl.jobs.size() || impl.final_stage) return true;
  impl.running.reset();
  impl.jobs.clear();
  impl.plan_final_trials();
  impl.start();
  return true;
}

ComparisonResult Comparison::result() const {
  const Impl& impl = *impl_;
  const CompareSetup& setup = impl.setup;
  if (!finished()) {
    throw Error(Code::usage, {impl.directory.string(), "the comparison is not finished",
                              std::to_string(done()) + " of " + std::to_string(total()) + " runs", "", ""});
  }
  ComparisonResult out;
  out.config = setup.config;
  out.options = setup.options;
  out.score_name = setup.score->name == "r2" ? "R2" : setup.score->name;
  out.lower_is_better = !setup.score->higher_is_better;
  out.training = setup.data.train.size();
  out.validation = setup.tuning_data.test.size();
  out.held_out = setup.data.test.size();
  out.tuning_epochs = *setup.options.tuning_epochs;
  out.tuning_trials = impl.tuning_trials();
  for (std::size_t i = 0; i < setup.contenders.size(); ++i) {
    const Contender& contender = setup.contenders[i];
    const double factor = impl.rates[i][impl.chosen[i]].factor;
    Trial training = setup.start({.optimizer = contender.given, .factor = factor});
    ComparedOptimizer one;
    one.given = contender.label();
    one.chain = training.optimizer().chain().text();
    one.batch = setup.batch_of(contender);
    one.updates = training.total();
    one.rates = impl.rates[i];
    one.chosen = impl.chosen[i];
    one.trials = final_trials(contender, factor, setup.config, setup.options, impl.trials);
    out.optimizers.push_back(std::move(one));
  }
  judge(out);
  for (const ComparedTrial& trial : out.optimizers.front().trials)
    if (std::isfinite(trial.baseline)) out.baseline = trial.baseline;
  return out;
}

}  // namespace thalweg
