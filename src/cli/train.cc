// thalweg train: runs a training, or continues one.
#include <algorithm>
#include <array>
#include <csignal>
#include <memory>

#include <fmt/core.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "thalweg/error.h"
#include "thalweg/page.h"
#include "thalweg/run.h"

namespace thalweg::cli {
namespace {

struct Flags {
  RunConfig config;
  std::string batch = "64";
  std::string epochs = "30";
  std::string seed = "1";
  std::string threads;
  std::string out;
  std::string resume;
  bool json = false;
  bool quiet = false;
};

volatile std::sig_atomic_t caught_signal = 0;

extern "C" void note_signal(int signal) { caught_signal = signal; }

// The first signal lets the step at hand finish; the second ends the process at once.
void catch_signals() {
  struct sigaction action = {};
  action.sa_handler = note_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

constexpr std::array kOnlyNew = {"--data",  "--model",  "--loss", "--optimizer",
                                 "--batch", "--epochs", "--seed", "--out"};

Run open_run(const CLI::App& command, const Flags& flags) {
  if (!flags.resume.empty()) {
    for (const char* name : kOnlyNew) {
      if (command.count(name) == 0) continue;
      throw Error(Code::usage,
                  {"thalweg train", "a run is continued as it was begun", "`" + std::string(name) + "`",
                   "--resume with --threads, --json and --quiet only", "start a new run"});
    }
    return Run::resume(flags.resume, flags.threads.empty() ? 0 : thread_count(flags.threads));
  }
  RunConfig config = flags.config;
  config.batch = flags.batch == "full" ? 0 : whole_number("--batch", flags.batch, 1);
  config.epochs = whole_number("--epochs", flags.epochs, 1);
  config.seed = whole_number("--seed", flags.seed, 0);
  config.threads = thread_count(flags.threads);
  if (command.count("--out") > 0 && flags.out.empty()) {
    throw Error(Code::usage, {"--out", "the name is empty", "", "a new folder", ""});
  }
  return Run::create(config, flags.out);
}

std::string percent(double share) { return fmt::format("{:.2f} %", 100 * share); }

std::string evaluation_text(const Evaluation& e) {
  const std::string loss = fmt::format("loss {:.4g} over {} samples", e.loss, e.samples);
  return e.accuracy == e.accuracy ? percent(e.accuracy) + " right, " + loss : loss;
}

std::string result_text(const Run& run, const RunResult& result) {
  std::string out;
  if (result.test) out += "held out   " + evaluation_text(*result.test) + "\n";
  out += "training   " + evaluation_text(result.train) + "\n";
  out += fmt::format("time       {:.2f} s for {} updates of {} parameters\n", result.seconds, run.updates(),
                     run.parameters());
  out += "run        " + run.directory().string() + "\n";
  return out + "page       " + (run.directory() / "report.html").string() + "\n";
}

int interrupted(Run& run, int signal) {
  run.save();
  write_page(run.directory());
  note(fmt::format("interrupted: saved at update {} of {}; go on with `thalweg train --resume {}`",
                   run.updates(), run.total_updates(), run.directory().string()));
  return kSignalled + signal;
}

int train(const CLI::App& command, const Flags& flags) {
  catch_signals();
  Run run = open_run(command, flags);
  for (const std::string& text : run.notes()) note(text);
  const bool was_finished = run.finished();
  Progress progress(run, flags.quiet);
  Report report;
  try {
    while (caught_signal == 0 && run.next(report)) progress.show(report);
  } catch (const Error&) {
    progress.end();
    write_page(run.directory());
    throw;
  }
  progress.end();
  if (caught_signal != 0 && run.updates() < run.total_updates()) return interrupted(run, caught_signal);
  const RunResult result = run.finish();
  if (!was_finished) write_page(run.directory());
  print(flags.json ? result.json : result_text(run, result));
  return kOk;
}

}  // namespace

Action add_train(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = tool.add_subcommand("train", "Train a model and write a run directory");
  command->add_option("--data", flags->config.data, "data source")->capture_default_str();
  command->add_option("--model", flags->config.model, "layers")->capture_default_str();
  command->add_option("--loss", flags->config.loss, "loss")->capture_default_str();
  command->add_option("--optimizer", flags->config.optimizer, "chain of transforms")->capture_default_str();
  command->add_option("--batch", flags->batch, "samples an update, or full")->capture_default_str();
  command->add_option("--epochs", flags->epochs, "passes over the data")->capture_default_str();
  command->add_option("--seed", flags->seed, "of weights, order and split")->capture_default_str();
  command->add_option("--threads", flags->threads, "threads; all that the process may use when left out");
  command->add_option("--out", flags->out, "run directory; runs/<n> when left out");
  command->add_option("--resume", flags->resume, "run directory to go on with");
  command->add_flag("--json", flags->json, "print the result as JSON");
  command->add_flag("--quiet", flags->quiet, "show no progress");
  return [command, flags] { return train(*command, *flags); };
}

}  // namespace thalweg::cli
