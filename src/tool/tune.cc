// thalweg tune: searches for numbers in the texts of a run.
#include <algorithm>

#include "base/file.h"
#include "base/threads.h"
#include "thalweg/lab/tune.h"
#include "thalweg/metrics.h"
#include "tool/command.h"
#include "tool/ranks.h"
#include "tool/setting_flags.h"

namespace thalweg::tool {
namespace {

// Settings whose text may hold ranges.
constexpr const char* kSearched[] = {"model", "loss", "optimizer", "batch"};

struct Flags {
  SettingFlags settings;
  TuneOptions options;
  std::string method = "halving";
  std::string out;
  std::string html;
  bool json = false;
};

std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// The training that the best trial stands for.
std::string command_of(const SettingFlags& settings, const TuneTrial& best) {
  std::string out = "thalweg train";
  for (const RunSetting& setting : run_settings()) {
    std::string text;
    if (const std::string* given = settings.given(setting.name)) text = *given;
    for (const SettingText& drawn : best.texts) {
      if (drawn.setting == setting.name) text = drawn.text;
    }
    if (!text.empty()) out += " " + flag_of(setting) + " " + shell_quoted(text);
  }
  return out;
}

int search(const Flags& flags) {
  const auto comm = join_ranks_to_read(flags.settings.given("data"));
  if (!comm) return kOk;
  RunConfig defaults{.threads = 0};
  defaults.machine.comm = *comm;
  RunSettings base(defaults);
  std::vector<SettingText> texts;
  for (const RunSetting& setting : run_settings()) {
    const std::string* text = flags.settings.given(setting.name);
    if (text == nullptr) continue;
    const bool may =
        std::find(std::begin(kSearched), std::end(kSearched), setting.name) != std::end(kSearched);
    if (may && Template(flag_of(setting), *text).has_ranges()) {
      texts.push_back({std::string(setting.name), *text});
    } else {
      base.set(setting.name, *text);
    }
  }
  TuneOptions options = flags.options;
  options.halving = flags.method == "halving";
  options.threads = base.config().threads == 0 ? available_threads() : base.config().threads;
  options.folder = flags.out;
  const Tuned tuned = tune(base, texts, options);
  if (is_another_rank()) return kOk;
  if (!flags.html.empty()) write_output(flags.html, tuned.html());
  if (flags.json) {
    print(tuned.json() + "\n");
    return kOk;
  }
  print(tuned.text() + "\n" + command_of(flags.settings, tuned.trials.front()) + "\n");
  return kOk;
}

}  // namespace

Command tune_command() {
  static Flags flags;
  TuneOptions& options = flags.options;
  return {
      "tune",
      "Search for numbers in the texts of a run: log(a, b), uniform(a, b), whole(a, b), choice(x, y, ...)",
      flags.settings.arguments(
          terms_of_trials({"nonfinite"}, true),
          {Argument("--trials N", &options.trials, "number of trials", {.range = kAtLeastOne}),
           Argument("--repeats N", &options.repeats, "trainings of each, from different weights",
                    {.range = kAtLeastOne}),
           Argument("--tune-seed N", &options.seed, "seed of what is drawn"),
           Argument("--method", &flags.method,
                    "halving: the better third continues, three times as long; random: all train to the end",
                    {.choices = "halving|random"}),
           Argument("--by NAME", &options.by, "the metric that judges trials; by default --monitor",
                    {.offers = std::string(kMetricNames)}),
           Argument("--out DIR", &flags.out,
                    "folder that keeps trials.jsonl; given again, the search continues from it"),
           Argument("--html FILE", &flags.html, "write a page with pictures and numbers to this file"),
           json_argument(flags.json)}),
      [](Given) { return search(flags); },
      "schema, epochs, trained, found, judge_samples, by; trials, the best first, each with trial, epochs, "
      "diverged, loss, accuracy, metrics (each that has a number), texts and values.",
      true};
}

}  // namespace thalweg::tool
