// thalweg tune: searches for numbers in the texts of a run.
#include <algorithm>
#include <memory>

#include <fmt/core.h>

#include "base/file.h"
#include "thalweg/error.h"
#include "thalweg/lab/tune.h"
#include "tool/command.h"
#include "tool/setting_flags.h"

namespace thalweg::cli {
namespace {

// Settings whose text may hold ranges.
constexpr const char* kSearched[] = {"model", "loss", "optimizer", "batch"};

struct Flags {
  SettingFlags settings;
  std::string trials = "16";
  std::string repeats = "1";
  std::string tune_seed = "1";
  std::string method = "halving";
  std::string by = "loss";
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

bool one_of_two(std::string_view option, const std::string& text, const char* yes, const char* no) {
  if (text == yes || text == no) return text == yes;
  throw Error(Code::usage,
              {std::string(option), "unknown", "`" + text + "`", std::string(yes) + " or " + no, ""});
}

int search(const Flags& flags) {
  RunSettings base({.threads = 0});
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
  const TuneOptions options{.trials = whole_number("--trials", flags.trials, 1),
                            .repeats = whole_number("--repeats", flags.repeats, 1),
                            .seed = whole_number("--tune-seed", flags.tune_seed, 0),
                            .halving = one_of_two("--method", flags.method, "halving", "random"),
                            .by_accuracy = one_of_two("--by", flags.by, "accuracy", "loss"),
                            .threads = base.config().threads == 0 ? thread_count("") : base.config().threads,
                            .folder = flags.out};
  const Tuned tuned = tune(base, texts, options);
  if (!flags.html.empty()) replace_file(flags.html, tuned.html());
  if (flags.json) {
    print(tuned.json() + "\n");
    return kOk;
  }
  print(tuned.text() + "\n" + command_of(flags.settings, tuned.trials.front()) + "\n");
  return kOk;
}

}  // namespace

Action add_tune(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = tool.add_subcommand(
      "tune", "Search for numbers in texts of a run: log(a, b), uniform, whole, choice(x, y, ...)");
  flags->settings.add_for_trials(*command, {"nonfinite"});
  command->add_option("--trials", flags->trials, "how many are drawn")->capture_default_str();
  command->add_option("--repeats", flags->repeats, "trainings of each, from other weights")
      ->capture_default_str();
  command->add_option("--tune-seed", flags->tune_seed, "decides what is drawn")->capture_default_str();
  command
      ->add_option("--method", flags->method,
                   "halving: the better third goes on, three times as long; random: all train to the end")
      ->capture_default_str();
  command->add_option("--by", flags->by, "what is judged by: loss or accuracy")->capture_default_str();
  command->add_option("--out", flags->out, "folder that keeps trials.jsonl; given again, the search goes on");
  command->add_option("--html", flags->html, "write a page with pictures and numbers to this file");
  command->add_flag(
      "--json", flags->json,
      "print one object: schema, epochs, trained, found, judge_samples, by; trials, the best first, "
      "each with trial, epochs, diverged, loss, accuracy, texts and values");
  return [flags] { return search(*flags); };
}

}  // namespace thalweg::cli
