// thalweg compare: optimizers on the same model, data and seeds.
#include <unistd.h>

#include <algorithm>
#include <memory>

#include <fmt/core.h>

#include "base/text.h"
#include "thalweg/error.h"
#include "thalweg/lab/compare.h"
#include "tool/command.h"
#include "tool/setting_flags.h"
#include "tool/signals.h"

namespace thalweg::cli {
namespace {

struct Flags {
  std::string optimizers;
  SettingFlags settings;
  std::string seeds = "10";
  std::string rates = "11";
  std::string decades = "5";
  std::string tuning_seeds = "3";
  std::string tuning_epochs = "auto";
  std::string schedule = CompareOptions{}.schedule;
  std::string target_accuracy;
  std::string target_loss;
  std::string out;
  std::string html;
  bool json = false;
  bool quiet = false;
};

CompareOptions options_of(const Flags& flags) {
  CompareOptions options{.optimizers = split_list({"--optimizers", flags.optimizers}),
                         .seeds = whole_number("--seeds", flags.seeds, 1),
                         .rates = whole_number("--rates", flags.rates, 1),
                         .decades = real_number("--decades", flags.decades),
                         .tuning_seeds = whole_number("--tuning-seeds", flags.tuning_seeds, 1),
                         .tuning_epochs = {},
                         .schedule = flags.schedule};
  if (flags.tuning_epochs != "auto")
    options.tuning_epochs = whole_number("--tuning-epochs", flags.tuning_epochs, 1);
  if (!flags.target_accuracy.empty())
    options.target_accuracy = real_number("--target-accuracy", flags.target_accuracy);
  if (!flags.target_loss.empty()) options.target_loss = real_number("--target-loss", flags.target_loss);
  return options;
}

// One line on stderr that is rewritten on a terminal, and a few lines elsewhere.
class Counter {
 public:
  Counter(const Comparison& comparison, bool quiet)
      : comparison_(comparison), quiet_(quiet), terminal_(::isatty(STDERR_FILENO) == 1) {}

  void show(const ComparedTrial& trial) {
    const std::uint64_t done = comparison_.done(), total = comparison_.total();
    const bool tenth = done * 10 / total != (done - 1) * 10 / total;
    if (quiet_ || (!terminal_ && !tenth)) return;
    const std::string line = fmt::format("{} of {} runs, {}: {}", done, total,
                                         trial.tuning ? "finding rates" : "comparing", trial.optimizer);
    if (terminal_) {
      std::fputs(("\r\033[K" + line.substr(0, 78)).c_str(), stderr);
      std::fflush(stderr);
    } else {
      note(line);
    }
  }
  void end() const {
    if (!quiet_ && terminal_) note("");
  }

 private:
  const Comparison& comparison_;
  bool quiet_;
  bool terminal_;
};

int compare(const CLI::App& command, const Flags& flags) {
  catch_signals();
  if (command.count("--out") > 0 && flags.out.empty()) {
    throw Error(Code::usage, {"--out", "the name is empty", "", "a folder", ""});
  }
  Comparison comparison = Comparison::open(flags.settings.settings().config(), options_of(flags), flags.out);
  if (comparison.restored() > 0)
    note(fmt::format("{} of {} runs are there already", comparison.restored(), comparison.total()));
  Counter counter(comparison, flags.quiet);
  constexpr double kPatience = 0.2;  // seconds between two looks at signals
  while (!comparison.finished() && caught_signal() == 0) {
    ComparedTrial trial;
    if (comparison.next(trial, kPatience)) counter.show(trial);
  }
  counter.end();
  if (!comparison.finished()) {
    note(fmt::format("interrupted: {} of {} runs are kept; the same command with `--out {}` goes on",
                     comparison.done(), comparison.total(), comparison.directory().string()));
    return kSignalled + caught_signal();
  }
  const ComparisonResult result = comparison.result();
  const std::filesystem::path page =
      flags.html.empty() ? comparison.directory() / "report.html" : std::filesystem::path(flags.html);
  write_comparison_page(result, page);
  print(flags.json ? result.json() + "\n" : result.text() + "page  " + page.string() + "\n");
  return kOk;
}

// What a comparison does its own way is left out.
void add_settings(CLI::App& command, Flags& flags) {
  flags.settings.add_for_trials(command, {"optimizer"});
  command.get_option("--seed")->description("of the split; runs have this seed and those behind it");
  command.get_option("--threads")->description("runs at once, each with one thread; auto: all there are");
}

}  // namespace

Action add_compare(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = tool.add_subcommand(
      "compare",
      "Compare optimizers: a rate for each within the same budget, many seeds, paired tests, a page");
  command
      ->add_option(
          "--optimizers", flags->optimizers,
          "chains parted by semicolons: \"gd; sgd(lr=0.1); adamw\"; without a rate they get --schedule; "
          "gd takes all samples an update")
      ->required();
  command->add_option("--seeds", flags->seeds, "runs of each optimizer, with the same seeds")
      ->capture_default_str();
  command->add_option("--target-accuracy", flags->target_accuracy, "how long until so much is right, 0 to 1");
  command->add_option("--target-loss", flags->target_loss, "how long until the held-out loss is so low");
  command
      ->add_option("--rates", flags->rates,
                   "rates tried for each optimizer, judged by a fifth of the training part; 1: as named")
      ->capture_default_str();
  command->add_option("--decades", flags->decades, "that these rates span, around the one that is named")
      ->capture_default_str();
  command->add_option("--tuning-seeds", flags->tuning_seeds, "runs for each of these rates")
      ->capture_default_str();
  command->add_option("--tuning-epochs", flags->tuning_epochs, "epochs of such a run; auto: as --epochs")
      ->capture_default_str();
  command->add_option("--schedule", flags->schedule, "of optimizers that name no rate, times the rate")
      ->capture_default_str();
  add_settings(*command, *flags);
  command->add_option("--out", flags->out,
                      "folder of the comparison; finished runs that are there are not repeated; "
                      "comparisons/<n> when left out");
  command->add_option("--html", flags->html, "where the page goes; report.html of the folder when left out");
  command->add_flag(
      "--json", flags->json,
      "print one object: headline, doubt, settings, tuning, optimizers (best first) with rates, "
      "quartiles, ranks, standing and runs, pairs with p");
  command->add_flag("--quiet", flags->quiet, "show no progress");
  return [command, flags] { return compare(*command, *flags); };
}

}  // namespace thalweg::cli
