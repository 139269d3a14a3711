// thalweg train: runs a training, or continues one.
#include <array>
#include <memory>
#include <optional>

#include <fmt/core.h>

#include "thalweg/error.h"
#include "thalweg/lab/find.h"
#include "thalweg/lab/page.h"
#include "thalweg/run.h"
#include "tool/command.h"
#include "tool/progress.h"
#include "tool/setting_flags.h"
#include "tool/signals.h"

namespace thalweg::cli {
namespace {

struct Flags {
  SettingFlags settings;
  std::string config;
  std::string out;
  std::string resume;
  std::string lengths;
  bool print_config = false;
  bool dry_run = false;
  bool json = false;
  bool quiet = false;
};

void refuse(const CLI::App& command, const std::string& flag) {
  if (command.count(flag) == 0) return;
  throw Error(Code::usage, {"thalweg train", "a run is continued as it was begun", "`" + flag + "`",
                            "--resume with --epochs, --threads, --json and --quiet only", "start a new run"});
}

ResumeOptions resume_options(const CLI::App& command, const Flags& flags) {
  for (const RunSetting& setting : run_settings()) {
    if (setting.name != "epochs" && setting.name != "threads") refuse(command, flag_of(setting));
  }
  for (const char* flag : {"--out", "--config", "--print-config", "--dry-run"}) refuse(command, flag);
  ResumeOptions options;
  if (const std::string* threads = flags.settings.given("threads")) options.threads = thread_count(*threads);
  if (const std::string* epochs = flags.settings.given("epochs")) {
    options.epochs = whole_number("--epochs", *epochs, 1);
  }
  if (flags.lengths.empty()) return options;
  if (!options.epochs) {
    throw Error(Code::usage, {"--lengths", "there is no other length", "", "--epochs with it", ""});
  }
  if (flags.lengths != "keep" && flags.lengths != "new") {
    throw Error(Code::usage, {"--lengths", "unknown", "`" + flags.lengths + "`", "keep or new", ""});
  }
  options.lengths = flags.lengths == "keep" ? ResumeOptions::Lengths::keep : ResumeOptions::Lengths::anew;
  return options;
}

// The defaults, below a file, below the flags.
RunSettings settings_of(const CLI::App& command, const Flags& flags) {
  if (!flags.lengths.empty()) {
    throw Error(Code::usage, {"--lengths", "there is no run to go on with", "", "--resume with it", ""});
  }
  const std::string* const batch = flags.settings.given("batch");
  const bool find = batch != nullptr && *batch == "find";
  RunSettings settings =
      flags.settings.settings(command.count("--config") > 0 ? &flags.config : nullptr, find ? "batch" : "");
  if (find) {
    const FoundBatch found = find_batch(settings.config());
    note(fmt::format("batch {}: {}", found.batch, found.why));
    settings.set("batch", std::to_string(found.batch));
  }
  if (command.count("--out") > 0 && flags.out.empty()) {
    throw Error(Code::usage, {"--out", "the name is empty", "", "a new folder", ""});
  }
  return settings;
}

std::string best_text(const Run& run, const RunResult& result) {
  std::string out;
  if (result.best) {
    out = fmt::format("best       epoch {} with loss {:.4g}{}\n", result.best->epoch, result.best->loss,
                      result.of_best ? ", whose weights these are" : "");
  }
  if (!result.stopped_early) return out;
  return out + fmt::format("stopped    after epoch {} of {}: no improvement in {} epochs\n",
                           run.updates() / run.updates_per_epoch(), *run.config().epochs,
                           run.config().early_stopping.patience);
}

std::string result_text(const Run& run, const RunResult& result) {
  std::string out;
  if (result.test) out += "held out   " + evaluation_text(*result.test) + "\n";
  out += "training   " + evaluation_text(result.train) + "\n";
  if (result.of_best || result.stopped_early) out += best_text(run, result);
  out += fmt::format("time       {:.2f} s for {} updates of {} parameters\n", result.seconds, run.updates(),
                     run.parameters());
  out += "run        " + run.directory().string() + "\n";
  return out + "page       " + (run.directory() / "report.html").string() + "\n";
}

// Behind a failure: a page that cannot be written either must not hide its message.
void draw_what_there_is(const Run& run) {
  try {
    write_page(run.directory());
  } catch (const Error&) {
  }
}

int interrupted(Run& run, int signal) {
  run.save();
  write_page(run.directory());
  note(fmt::format("interrupted: saved at update {} of {}; go on with `thalweg train --resume {}`",
                   run.updates(), run.total_updates(), run.directory().string()));
  return kSignalled + signal;
}

int run_to_its_end(Run& run, const Flags& flags) {
  for (const std::string& line : run.notes()) note(line);
  const bool was_finished = run.finished();
  Progress progress(run, flags.quiet);
  Report report;
  try {
    while (caught_signal() == 0 && run.next(report)) progress.show(report);
  } catch (const Error&) {
    progress.end();
    draw_what_there_is(run);
    throw;
  }
  progress.end();
  if (caught_signal() != 0 && !run.done()) return interrupted(run, caught_signal());
  const RunResult result = run.finish();
  if (!was_finished) write_page(run.directory());
  print(flags.json ? result.json : result_text(run, result));
  return kOk;
}

int train(const CLI::App& command, const Flags& flags) {
  catch_signals();
  if (command.count("--resume") > 0) {
    Run run = Run::resume(flags.resume, resume_options(command, flags));
    return run_to_its_end(run, flags);
  }
  const RunSettings settings = settings_of(command, flags);
  if (flags.print_config || flags.dry_run) {
    print(flags.print_config ? settings.toml() : Run::describe(settings.config()));
    return kOk;
  }
  Run run = Run::create(settings.config(), flags.out);
  return run_to_its_end(run, flags);
}

}  // namespace

Action add_train(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = tool.add_subcommand("train", "Train a model and write a run directory");
  flags->settings.add(*command);
  command->get_option("--batch")->description(
      "samples a batch; find: what `batch-find` measures, written down as a number");
  command->add_option("--config", flags->config, "TOML file with settings by name; flags win over it");
  command->add_option("--out", flags->out, "run directory; runs/<n> when left out");
  command->add_option("--resume", flags->resume, "run directory to go on with");
  command->add_option("--lengths", flags->lengths,
                      "with --resume and other --epochs: keep the lengths of schedules, or new ones");
  command->add_flag("--print-config", flags->print_config, "print the settings and where they come from");
  command->add_flag("--dry-run", flags->dry_run,
                    "print data, layers, plan, lengths and memory; write nothing");
  command->add_flag("--json", flags->json, "print the result as JSON");
  command->add_flag("--quiet", flags->quiet, "show no progress");
  return [command, flags] { return train(*command, *flags); };
}

}  // namespace thalweg::cli
