// thalweg train: runs a training, or continues one.
#include <algorithm>
#include <climits>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"
#include "base/threads.h"
#include "thalweg/error.h"
#include "thalweg/folds.h"
#include "thalweg/lab/find.h"
#include "thalweg/lab/page.h"
#include "thalweg/run.h"
#include "thalweg/trace.h"
#include "tool/command.h"
#include "tool/deadlines.h"
#include "tool/folds.h"
#include "tool/progress.h"
#include "tool/ranks.h"
#include "tool/setting_flags.h"
#include "tool/show_flags.h"
#include "tool/signals.h"

namespace thalweg::tool {
namespace {

struct Flags {
  SettingFlags settings;
  std::optional<std::string> config;
  std::optional<std::string> out;
  std::optional<std::string> resume;
  std::string lengths;
  std::optional<std::uint64_t> folds;
  std::optional<std::string> max_time;
  std::optional<std::uint64_t> checkpoint_seconds;
  bool print_config = false;
  bool dry_run = false;
  ShowFlags show;
  std::string of = "all";
  std::uint64_t elements = 4;
  bool json = false;
  bool quiet = false;
};

constexpr std::string_view kWithResume[] = {"--resume", "--lengths", "--epochs",   "--threads",
                                            "--json",   "--quiet",   "--max-time", "--checkpoint-seconds",
                                            "--show",   "--of",      "--elements", "--every",
                                            "--html"};

ResumeOptions resume_options(const Flags& flags, Given given) {
  for (const Argument* one : given) {
    if (std::find(std::begin(kWithResume), std::end(kWithResume), one->name) != std::end(kWithResume))
      continue;
    throw Error(Code::usage,
                {"thalweg train", "a resumed run keeps its settings", "`" + one->name + "`",
                 "--resume with --epochs, --lengths, --threads, --max-time, --checkpoint-seconds, --show, "
                 "--json and --quiet only",
                 "start a new run"});
  }
  ResumeOptions options;
  if (const std::string* threads = flags.settings.given("threads"))
    options.threads = *threads == "auto" ? available_threads()
                                         : static_cast<int>(whole_number("--threads", *threads, {1, 1024}));
  if (const std::string* epochs = flags.settings.given("epochs"))
    options.epochs = whole_number("--epochs", *epochs, kAtLeastOne);
  if (flags.lengths.empty()) return options;
  if (!options.epochs)
    throw Error(Code::usage, {"--lengths", "the epochs stay the same", "", "--epochs with it", ""});
  options.lengths = flags.lengths == "keep" ? ResumeOptions::Lengths::keep : ResumeOptions::Lengths::anew;
  return options;
}

// What --resume says of a directory of folds: nothing but this.
int threads_of_folds(const Flags& flags, Given given) {
  const ResumeOptions options = resume_options(flags, given);
  if (!options.epochs && !flags.show.any()) return options.threads;
  throw Error(Code::usage,
              {"thalweg train", "resumed folds keep their length, and show no steps",
               options.epochs ? "`--epochs`" : "`--show`", "--threads, --json and the like", ""});
}

// The defaults, below a file, below the flags.
RunSettings settings_of(const Flags& flags, Comm* comm) {
  if (!flags.lengths.empty())
    throw Error(Code::usage, {"--lengths", "there is no run to continue", "", "--resume with it", ""});
  const std::string* const batch = flags.settings.given("batch");
  const bool find = batch != nullptr && *batch == "find";
  RunSettings settings = flags.settings.settings(flags.config, find ? "batch" : "");
  if (find) {
    FoundBatch found;
    found.batch = INT_MAX;  // the first rank says a smaller one
    if (!is_another_rank()) found = find_batch(settings.config());
    note(fmt::format("batch {}: {}", found.batch, found.why));
    const int least = static_cast<int>(std::min<std::uint64_t>(found.batch, INT_MAX));
    settings.set("batch", std::to_string(-most_of_ranks(comm, -least)));
  }
  if (flags.out && flags.out->empty())
    throw Error(Code::usage, {"--out", "the name is empty", "", "a new folder", ""});
  return settings;
}

std::string best_text(const Run& run, const RunResult& result) {
  std::string out;
  if (result.best) {
    out = fmt::format("best       epoch {} with {} {:.4g}{}\n", result.best->epoch, result.best->metric,
                      result.best->number, result.of_best ? ", whose weights are kept" : "");
  }
  if (!result.stopped_early) return out;
  return out + fmt::format("stopped    after epoch {} of {}: no improvement in {} epochs\n",
                           run.updates() / run.updates_per_epoch(), *run.config().epochs,
                           run.config().early_stopping.patience);
}

std::string result_text(const Run& run, const RunResult& result) {
  std::string out;
  if (result.test)
    out += (result.reported == "test" ? "test       " : "held out   ") + result.test->text() + "\n";
  if (result.held_out) out += "held out   " + result.held_out->text() + "\n";
  out += "training   " + result.train.text() + "\n";
  if (result.of_best || result.stopped_early) out += best_text(run, result);
  const bool best = result.of_best && result.best;
  const std::uint64_t updates = best ? result.best->update : run.updates();
  out +=
      "weights    " + weights_text(best ? "best" : "last", updates / run.updates_per_epoch(), updates) + "\n";
  out += fmt::format("time       {:.2f} s for {} updates of {} parameters\n", result.seconds, run.updates(),
                     run.parameters());
  constexpr double kMebibyte = 1 << 20;
  if (result.peak_bytes > 0)
    out += fmt::format("memory     {:.1f} MiB at most, {:.1f} MiB were estimated\n",
                       static_cast<double>(result.peak_bytes) / kMebibyte,
                       static_cast<double>(result.estimated_bytes) / kMebibyte);
  if (!run.config().keeping.name.empty()) out += "name       " + visible(run.config().keeping.name) + "\n";
  out += "run        " + visible(run.directory().string()) + "\n";
  return out + "page       " + visible((run.directory() / "report.html").string()) + "\n";
}

int interrupted(Run& run, const Deadlines& deadlines, int stop) {
  run.save();
  run.wait();
  if (!is_another_rank()) write_page(run.directory());
  note(fmt::format("{}: saved at update {} of {}; continue with `thalweg train --resume {}`",
                   deadlines.why(stop), run.updates(), run.total_updates(),
                   visible(run.directory().string())));
  return kSignalled + stop;
}

// Of a model that tells nothing: its author may not see it in the numbers. Empty for others.
std::string chance_text(const RunResult& result) {
  const Evaluation& e = result.test ? *result.test : result.train;
  constexpr double kSlack = 1.05;
  const auto classes = std::ranges::count_if(e.classes.rows, [](double rows) { return rows > 0; });
  const bool by_chance = classes > 1 && e.accuracy <= e.baseline &&
                         e.classes.balanced_accuracy <= kSlack / static_cast<double>(classes);
  if (by_chance) return "no better than always naming the commonest class";
  return e.r2 <= 0 ? "no better than always predicting the mean" : "";
}

// Killed between result and page, a run has no page, or one from before its end.
bool page_is_older(const Run& run) {
  std::error_code page, result;
  const auto drawn = std::filesystem::last_write_time(run.directory() / "report.html", page);
  const auto finished = std::filesystem::last_write_time(run.directory() / "result.json", result);
  return page || result || drawn < finished;
}

// What a reader of single steps has to know of the numbers of a table; empty where they are its own.
std::string units_note(const std::filesystem::path& directory) {
  const nlohmann::json encoding =
      nlohmann::json::parse(read_text_file(directory / "encoding.json"), nullptr, false);
  if (!encoding.is_object() || !encoding.contains("targets")) return "";
  const auto scaled = [](const nlohmann::json& one) {
    return one.value("scale", 1.0) != 1 || one.value("factor", 1.0) != 1;
  };
  const nlohmann::json columns = encoding.value("columns", nlohmann::json::array()),
                       targets = encoding["targets"].value("scaling", nlohmann::json::array());
  const bool x = std::ranges::any_of(columns, scaled), t = std::ranges::any_of(targets, scaled);
  if (!x && !t) return "";
  return fmt::format(
      "the steps are of standardised {}: {}{}{} in --data shows their own units; --held-out 0 trains on all "
      "rows",
      x && t ? "inputs and targets"
      : x    ? "inputs"
             : "targets",
      x ? "scale=none" : "", x && t ? ", " : "", t ? "target_scale=none" : "");
}

// The steps that --show asks for, as they are made.
class Steps {
 public:
  Steps(Run& run, const Flags& flags) : flags_(flags), last_(run.total_updates()) {
    if (!flags.show.any()) return;
    flags.show.shown();
    tracer_.emplace(run.optimizer(), elements_of(run.params(), flags.of, flags.elements));
    constexpr std::uint64_t kMost = 2'000'000;
    const std::uint64_t traced = (last_ / every() + 1) * tracer_->elements();
    if (traced <= kMost) return;
    throw Error(Code::usage, {"--show", "too many numbers to show", std::to_string(traced),
                              "at most " + std::to_string(kMost), "--every 100, --of NAME or --elements 1"});
  }

  void add(const Report& report) {
    if (!tracer_ || report.skipped || report.update <= traced_) return;
    traced_ = report.update;
    TracedUpdate update = tracer_->after(report);
    update.loss = report.loss;
    if (report.update % every() == 0 || report.update == last_) {
      all_.push_back(std::move(update));
      newest_.reset();
    } else {
      newest_ = std::move(update);
    }
  }

  // What was made of a run that ends before its last update, the newest step with it.
  void tell_what_there_is(Run& run) {
    if (!flags_.show.any()) return;
    if (newest_) all_.push_back(std::move(*newest_));
    newest_.reset();
    write_page(run);
    if (flags_.json) {
      print(updates_json("null"));
    } else if (!all_.empty()) {
      print(shown_table(all_, flags_.show.shown()));
    }
  }

  // What came of the run, with them before it.
  std::string told(const Run& run, const RunResult& result) const {
    if (!flags_.show.any()) return flags_.json ? result.json : result_text(run, result);
    if (!flags_.json) return shown_table(all_, flags_.show.shown()) + result_text(run, result);
    return updates_json(result.json.substr(0, result.json.find_last_of('}') + 1));
  }

  void write_page(Run& run) const {
    write_shown(flags_.show, visible(run.directory().filename().string()), run.optimizer().chain().text(),
                all_);
  }

 private:
  std::uint64_t every() const { return flags_.show.every.value_or(1); }
  std::string updates_json(const std::string& result) const {
    return JsonObject()
               .add("schema", 1)
               .raw("updates", shown_json(all_, flags_.show.shown()))
               .raw("result", result)
               .text() +
           "\n";
  }

  const Flags& flags_;
  std::uint64_t last_;
  std::uint64_t traced_ = 0;  // the newest update
  std::optional<Tracer> tracer_;
  std::vector<TracedUpdate> all_;
  std::optional<TracedUpdate> newest_;  // where it is none of them
};

// After a failure: what cannot be written either must not hide its message.
void tell_what_there_is(Run& run, Steps& steps) {
  if (is_another_rank()) return;
  try {
    thalweg::write_page(run.directory());
    steps.tell_what_there_is(run);
  } catch (const Error&) {
  }
}

int run_to_its_end(Run& run, const Flags& flags, Deadlines& deadlines) {
  const std::size_t told = run.notes().size();
  for (const std::string& line : run.notes()) note(line);
  if (const std::string units = flags.show.any() ? units_note(run.directory()) : ""; !units.empty())
    note(units);
  const bool was_finished = run.finished();
  Steps steps(run, flags);
  Progress progress(run, flags.quiet);
  Report report;
  RunResult result;
  std::optional<int> cut_off;  // with this exit code
  try {
    constexpr int kSave = 1024;  // above all signals
    int asked = agreed(run, deadlines.stop());
    while ((asked == 0 || asked == kSave) && run.next(report)) {
      progress.show(report);
      steps.add(report);
      asked = agreed(run, deadlines.save_is_due() ? kSave : deadlines.stop());
      if (asked == kSave) {
        run.save();
        deadlines.saved();
      }
    }
    progress.end();
    if (asked != 0 && asked != kSave && !run.done()) {
      cut_off = interrupted(run, deadlines, asked);
    } else {
      result = run.finish();
    }
  } catch (const Error&) {
    progress.end();
    steps.add(report);  // of an update after which the whole set had no finite loss
    tell_what_there_is(run, steps);
    throw;
  }
  if (cut_off) {
    steps.tell_what_there_is(run);
    if (flags.json && !flags.show.any()) {
      JsonObject stopped = deadlines.stopped(*cut_off - kSignalled);
      stopped.add("run", run.directory().string());
      print(stopped.add("update", run.updates()).add("updates", run.total_updates()).text() + "\n");
    }
    return *cut_off;
  }
  for (std::size_t i = told; i < run.notes().size(); ++i) note(run.notes()[i]);
  if (!is_another_rank() && (!was_finished || page_is_older(run))) write_page(run.directory());
  steps.write_page(run);
  if (const std::string chance = chance_text(result); !chance.empty())
    note(chance + ": `thalweg doctor " + visible(run.directory().string()) + "` looks for the reason");
  print(steps.told(run, result));
  return kOk;
}

Deadlines deadlines_of(const Flags& flags) {
  std::optional<Deadlines::Seconds> most, between;
  if (flags.max_time) most = read_duration("--max-time", *flags.max_time);
  if (flags.checkpoint_seconds) between.emplace(static_cast<double>(*flags.checkpoint_seconds));
  return {most, between};
}

Comm* join_to_train(const Flags& flags) {
  Comm* const comm = join_ranks();
  if (comm == nullptr || !flags.show.any()) return comm;
  throw Error(Code::usage, {"--show", "each rank has a part of the state",
                            std::to_string(comm->size()) + " ranks", "one process", "leave mpirun out"});
}

int train(const Flags& flags, Given given) {
  catch_signals();
  if (flags.print_config && left_to_the_first()) return kOk;
  Comm* const comm = flags.print_config ? nullptr : join_to_train(flags);
  catch_signals();  // an MPI may have taken them
  Deadlines deadlines = deadlines_of(flags);
  if (flags.resume) {
    if (most_of_ranks(comm, Folds::are_in(*flags.resume) ? 1 : 0) != 0)
      return train_folds(Folds::resume(*flags.resume, threads_of_folds(flags, given), comm), deadlines,
                         flags.json, flags.quiet, comm);
    ResumeOptions options = resume_options(flags, given);
    options.comm = comm;
    Run run = Run::resume(*flags.resume, options);
    return run_to_its_end(run, flags, deadlines);
  }
  const RunSettings settings = settings_of(flags, comm);
  RunConfig config = settings.config();
  config.machine.comm = comm;
  if (flags.print_config || flags.dry_run) {
    print(flags.print_config ? settings.toml() : Run::describe(config, flags.json));
    return kOk;
  }
  if (flags.folds)
    return train_folds(Folds::create(config, *flags.folds, flags.out.value_or("")), deadlines, flags.json,
                       flags.quiet, comm);
  std::optional<Run> run = Run::create(config, flags.out.value_or(""), [&] { return deadlines.stop() != 0; });
  if (run) return run_to_its_end(*run, flags, deadlines);
  const int stop = most_of_ranks(comm, deadlines.stop());
  if (flags.json) print(deadlines.stopped(stop).raw("run", "null").text() + "\n");
  note(deadlines.why(stop) + ": no optimizer was chosen yet, and nothing is written");
  return kSignalled + stop;
}

}  // namespace

Command train_command() {
  static Flags flags;
  const SettingTerms terms = {
      .docs = {{"batch", "samples per batch; find: the size that `batch-find` measures, kept as a number"}}};
  std::vector<Argument> arguments = {
      config_argument(flags.config),
      Argument("--out DIR", &flags.out, "new run directory, runs/<n> by default"),
      Argument("--resume RUN", &flags.resume, "continue the run in this directory"),
      Argument("--folds N", &flags.folds,
               "as many runs, each of which holds out another fold of the rows, their metrics' mean and "
               "deviation, and a page; --resume continues them",
               {.range = {.min = 2}, .excludes = {"--resume", "--held-out", "--show"}}),
      Argument("--lengths", &flags.lengths,
               "with --resume and other --epochs: keep the lengths of schedules, or plan new ones",
               {.choices = "keep|new"}),
      Argument("--max-time TIME", &flags.max_time,
               "save and stop after this time, such as 90s, 50min or 1.5h, with exit code 143"),
      Argument("--checkpoint-seconds N", &flags.checkpoint_seconds,
               "save at least so often; a run saves itself at ends of epochs only, every 10 seconds",
               {.range = kAtLeastOne}),
      Argument("--print-config", &flags.print_config, "print the settings and their sources"),
      Argument("--dry-run", &flags.dry_run, "print data, layers, plan, lengths and memory; write nothing"),
      json_argument(flags.json),
      Argument("--quiet", &flags.quiet, "show no progress")};
  append_show(arguments, flags.show);
  append(arguments,
         {Argument("--of NAMES", &flags.of,
                   "parameters whose steps are shown: all, a role such as bias, a name or a pattern such as "
                   "\"dense1.*\"",
                   {.needs = "--show"}),
          Argument("--elements N", &flags.elements, "how many elements of each, from the first",
                   {.range = kAtLeastOne, .needs = "--show"})},
         "Single steps");
  return {"train",
          "Train a model and write a run directory",
          flags.settings.arguments(terms, std::move(arguments)),
          [](Given given) { return train(flags, given); },
          "",
          true};
}

}  // namespace thalweg::tool
