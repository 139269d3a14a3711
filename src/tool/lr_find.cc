// thalweg lr-find: finds the learning rate.
#include <memory>

#include "base/file.h"
#include "base/spec.h"
#include "thalweg/error.h"
#include "thalweg/lab/find.h"
#include "tool/command.h"
#include "tool/setting_flags.h"

namespace thalweg::cli {
namespace {

struct Flags {
  SettingFlags settings;
  std::string config;
  std::string from = "1e-7";
  std::string to = "10";
  std::string trial = "auto";
  std::string svg;
  std::string html;
  bool json = false;
};

double rate(std::string_view option, const std::string& text) {
  const std::optional<double> number = read_number(text);
  if (number && *number > 0) return *number;
  throw Error(Code::usage,
              {std::string(option), "this is no rate", "`" + text + "`", "a number above 0", ""});
}

int find(const CLI::App& command, const Flags& flags) {
  RateSearch search{.from = rate("--from", flags.from), .to = rate("--to", flags.to)};
  if (flags.trial != "auto") search.trial = whole_number("--trial", flags.trial, 1);
  const RunSettings settings =
      flags.settings.settings(command.count("--config") > 0 ? &flags.config : nullptr);
  const FoundRate found = find_rate(settings.config(), search);
  if (!flags.svg.empty()) replace_file(flags.svg, found.svg());
  if (!flags.html.empty()) replace_file(flags.html, found.html());
  print(flags.json ? found.json() + "\n" : found.text());
  return kOk;
}

}  // namespace

Action add_lr_find(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = tool.add_subcommand(
      "lr-find", "Find the learning rate by a range test and short trainings; settings as for `train`");
  flags->settings.add_for_trials(*command, {"nonfinite"});
  command->add_option("--config", flags->config, "TOML file with settings by name; flags win over it");
  command->add_option("--from", flags->from, "lowest rate of the range test")->capture_default_str();
  command->add_option("--to", flags->to, "highest rate of the range test")->capture_default_str();
  command->add_option("--trial", flags->trial, "updates of a trial; auto: those of the run, at most 1,000")
      ->capture_default_str();
  command->add_option("--svg", flags->svg, "write the picture of the trials to this file");
  command->add_option("--html", flags->html, "write a page with pictures and numbers to this file");
  command->add_flag(
      "--json", flags->json,
      "print one object: schema, rate (null: none lowers the loss), optimizer with it, why, given "
      "rate, low and high of the range test, updates of a trial, samples trained on and judged "
      "by, loss at the start; trials and sweep, each with rate and loss");
  return [command, flags] { return find(*command, *flags); };
}

}  // namespace thalweg::cli
