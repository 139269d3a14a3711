// thalweg compare: optimizers on the same model, data and seeds.
#include <algorithm>

#include <fmt/core.h>

#include "base/file.h"
#include "base/text.h"
#include "thalweg/error.h"
#include "thalweg/lab/compare.h"
#include "thalweg/lab/compare_tables.h"
#include "thalweg/lab/study.h"
#include "thalweg/metrics.h"
#include "tool/command.h"
#include "tool/progress.h"
#include "tool/ranks.h"
#include "tool/setting_flags.h"
#include "tool/signals.h"

namespace thalweg::tool {
namespace {

struct Flags {
  std::string optimizers;
  SettingFlags settings;
  CompareOptions options;
  std::optional<std::uint64_t> folds;
  std::optional<std::string> out;
  std::string html;
  std::string format = "text";
  bool json = false;
  bool quiet = false;
};

void show(const Comparison& comparison, const ComparedTrial& trial, const StatusLine& status) {
  const std::uint64_t done = comparison.done(), total = comparison.total();
  const bool tenth = done * 10 / total != (done - 1) * 10 / total;
  if (!status.terminal() && !tenth) return;
  const std::string line =
      fmt::format("{} of {} runs, {}: {}", done, total, trial.tuning ? "finding rates" : "comparing",
                  trial.name.empty() ? trial.optimizer : trial.name);
  status.show(shown(line, status.terminal() ? 78 : 400));
}

// All trials, or those before a signal to any rank: which.
int compare_all(Comparison& comparison, const StatusLine& status, Comm* comm) {
  if (comparison.restored() > 0)
    note(fmt::format("{} of {} runs are already finished", comparison.restored(), comparison.total()));
  constexpr double kPatience = 0.2;  // seconds between two looks at signals
  int caught = 0;
  while (!comparison.finished() && caught == 0) {
    ComparedTrial trial;
    if (comparison.next(trial, kPatience)) show(comparison, trial, status);
    caught = most_of_ranks(comm, caught_signal());
  }
  status.end();
  return caught;
}

// None: text, or JSON.
std::optional<TableFormat> format_of(const Flags& flags) {
  if (flags.format == "markdown") return TableFormat::markdown;
  if (flags.format == "latex") return TableFormat::latex;
  if (flags.format == "csv") return TableFormat::csv;
  return std::nullopt;
}

int study_all(const Flags& flags, const CompareOptions& options, RunConfig config, StudyOptions wanted) {
  const StatusLine status(flags.quiet);
  const std::vector<StudyPart> parts = plan_study(config, options, wanted, flags.out.value_or(""));
  std::vector<ComparisonResult> results;
  for (const StudyPart& part : parts) {
    if (!flags.quiet)
      note(fmt::format("comparison {} of {}: {}", results.size() + 1, parts.size(),
                       visible(part.directory.filename().string())));
    Comparison comparison = Comparison::open(part.config, options, part.directory);
    const int caught = compare_all(comparison, status, config.machine.comm);
    if (!comparison.finished()) {
      note(fmt::format(
          "interrupted: {} of {} comparisons are finished; the same command with `--out {}` continues",
          results.size(), parts.size(), visible(part.directory.parent_path().string())));
      return kSignalled + caught;
    }
    if (is_another_rank()) continue;
    results.push_back(comparison.result());
    write_output(part.directory / "report.html", comparison_html(results.back(), command_line()));
  }
  if (is_another_rank()) return kOk;
  const StudyResult result = study(parts, results);
  const std::filesystem::path directory = parts.front().directory.parent_path();
  write_study(result, directory, command_line());
  if (const auto format = format_of(flags)) {
    print(study_table(parts, results, *format));
    return kOk;
  }
  const std::string page = visible((directory / "report.html").string());
  print(flags.json ? result.json() + "\n" : result.text() + "\npage  " + page + "\n");
  return kOk;
}

int compare(const Flags& flags) {
  const auto comm = join_ranks_to_read(flags.settings.given("data"));
  if (!comm) return kOk;
  catch_signals();  // after an MPI, which may have taken them
  CompareOptions options = flags.options;
  options.optimizers = split_list({"--optimizers", flags.optimizers});
  if (flags.out && flags.out->empty())
    throw Error(Code::usage, {"--out", "the name is empty", "", "a folder", ""});
  RunConfig config = flags.settings.settings().config();
  const std::vector<std::string> sources = split_list({"data", config.data});
  if (sources.size() > 1 && !flags.html.empty())
    throw Error(Code::usage, {"--html", "each data set has a page of its own, and the folder has all of them",
                              "`" + flags.html + "`", "--out", ""});
  config.machine.comm = *comm;
  if (flags.folds || sources.size() > 1)
    return study_all(flags, options, config, {.data = sources, .folds = flags.folds.value_or(0)});
  Comparison comparison = Comparison::open(config, options, flags.out.value_or(""));
  const int caught = compare_all(comparison, StatusLine(flags.quiet), *comm);
  if (!comparison.finished()) {
    note(fmt::format("interrupted: {} of {} runs are kept; the same command with `--out {}` continues",
                     comparison.done(), comparison.total(), visible(comparison.directory().string())));
    return kSignalled + caught;
  }
  if (is_another_rank()) return kOk;
  const ComparisonResult result = comparison.result();
  const std::filesystem::path page =
      flags.html.empty() ? comparison.directory() / "report.html" : std::filesystem::path(flags.html);
  write_output(page, comparison_html(result, command_line()));
  if (const auto format = format_of(flags)) {
    print(comparison_table(result, *format));
    return kOk;
  }
  print(flags.json ? result.json() + "\n" : result.text() + "page  " + visible(page.string()) + "\n");
  return kOk;
}

}  // namespace

Command compare_command() {
  static Flags flags;
  CompareOptions& options = flags.options;
  SettingTerms terms = terms_of_trials({"optimizer"});
  terms.docs = {
      {"seed", "decides the split; the runs have this seed and the ones after it"},
      {"data",
       "data source; several, separated by semicolons or each behind a --data of its own, are ranked over: "
       "mean ranks, tests of them and a page of the whole"},
      {"threads", "runs at once, one thread each; auto: as many as the process may use"}};
  terms.list = "data";
  std::vector<Argument> arguments = {
      Argument(
          "--optimizers CHAINS", &flags.optimizers,
          "chains separated by semicolons: \"gd; sgd(lr=0.1); mine = adam | cautious\", a name and = before "
          "one where it is to be called by that. One without a rate gets --schedule; gd takes all samples "
          "in each update",
          {.required = true, .list = true}),
      Argument("--seeds N", &options.seeds, "runs of each optimizer, all with the same seeds",
               {.range = kAtLeastOne}),
      Argument("--folds N", &flags.folds,
               "compare on each of so many folds of the rows, rates found in each anew, and rank",
               {.range = {.min = 2}, .excludes = {"--held-out", "--html"}}),
      Argument("--monitor NAME", &options.monitor,
               "the held-out metric that judges, as in `thalweg train`; by default accuracy, or r2 of values",
               {.offers = std::string(kMetricNames)}),
      Argument("--target-accuracy X", &options.target_accuracy,
               "also measure how long each takes to reach this held-out accuracy, 0 to 1"),
      Argument("--target-loss X", &options.target_loss,
               "also measure how long each takes to reach this held-out loss"),
      Argument("--rates N", &options.rates,
               "rates tried for each optimizer, judged on a fifth of the training part; 1: the given rate",
               {.range = kAtLeastOne}),
      Argument("--decades X", &options.decades, "decades that these rates span, around the given rate"),
      Argument("--tuning-seeds N", &options.tuning_seeds, "runs at each of these rates",
               {.range = kAtLeastOne}),
      Argument("--tuning-epochs N", &options.tuning_epochs, "epochs of each of these runs; auto: as --epochs",
               {.range = kAtLeastOne, .word = "auto"}),
      Argument("--schedule SCHEDULE", &options.schedule,
               "schedule of optimizers without a rate, multiplied by their rate"),
      Argument("--out DIR", &flags.out,
               "folder of the comparison, comparisons/<n> by default; runs that are finished there are not "
               "repeated"),
      Argument("--html FILE", &flags.html, "file of the page; by default report.html in that folder"),
      Argument("--format", &flags.format,
               "print the results as text, or as a table for a paper or a spreadsheet; the curves: `thalweg "
               "export`",
               {.choices = "text|markdown|latex|csv", .excludes = {"--json"}}),
      json_argument(flags.json),
      Argument("--quiet", &flags.quiet, "show no progress")};
  return {
      "compare",
      "Compare optimizers: a rate for each within the same budget, many seeds, paired tests, a page",
      flags.settings.arguments(terms, std::move(arguments)),
      [](Given) { return compare(flags); },
      "headline, doubt, settings, tuning; optimizers, the best first, each with name, chain, rates, "
      "quartiles, metrics, ranks, standing and runs; pairs, each with p. Over several data sets or folds: "
      "blocks, measures, chi_square, p, f, f_p, critical_difference; optimizers with mean_rank, p, ranks, "
      "scores and deviations.",
      true};
}

}  // namespace thalweg::tool
