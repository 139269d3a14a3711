// thalweg batch-find: finds the size of the batch by measuring.
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
  std::string memory = "1GiB";
  std::string rounds = "5";
  std::string most = "4096";
  std::string svg;
  std::string html;
  bool json = false;
};

// "512MiB", "2GiB" or bytes.
std::uint64_t read_bytes(std::string_view option, const std::string& text) {
  struct Unit {
    std::string_view name;
    int shift;
  };
  for (const Unit unit : {Unit{"KiB", 10}, Unit{"MiB", 20}, Unit{"GiB", 30}, Unit{"TiB", 40}}) {
    if (!text.ends_with(unit.name)) continue;
    const std::optional<double> number = read_number(text.substr(0, text.size() - unit.name.size()));
    if (number && *number > 0 && *number < 0x1p20) {
      return static_cast<std::uint64_t>(*number * static_cast<double>(std::uint64_t{1} << unit.shift));
    }
    throw Error(Code::usage,
                {std::string(option), "this is no size", "`" + text + "`", "such as 512MiB or 2GiB", ""});
  }
  return whole_number(option, text, 1);
}

int find(const CLI::App& command, const Flags& flags) {
  constexpr std::uint64_t kMostRounds = 1000;
  const BatchSearch search{
      .memory = read_bytes("--memory", flags.memory),
      .rounds = static_cast<int>(std::min(kMostRounds, whole_number("--rounds", flags.rounds, 1))),
      .most = whole_number("--most", flags.most, 1)};
  const RunSettings settings =
      flags.settings.settings(command.count("--config") > 0 ? &flags.config : nullptr);
  const FoundBatch found = find_batch(settings.config(), search);
  if (!flags.svg.empty()) replace_file(flags.svg, found.svg());
  if (!flags.html.empty()) replace_file(flags.html, found.html());
  print(flags.json ? found.json() + "\n" : found.text());
  return kOk;
}

}  // namespace

Action add_batch_find(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = tool.add_subcommand(
      "batch-find",
      "Measure samples a second for batches of 1, 2, 4, ... and choose; settings as for `train`");
  flags->settings.add_for_trials(*command, {"batch", "nonfinite"});
  command->add_option("--config", flags->config, "TOML file with settings by name; flags win over it");
  command->add_option("--memory", flags->memory, "what the training may take: bytes, 512MiB, 2GiB")
      ->capture_default_str();
  command->add_option("--rounds", flags->rounds, "measurements of each size")->capture_default_str();
  command->add_option("--most", flags->most, "largest size tried")->capture_default_str();
  command->add_option("--svg", flags->svg, "write the picture to this file");
  command->add_option("--html", flags->html, "write a page with picture and numbers to this file");
  command->add_flag(
      "--json", flags->json,
      "print one object: schema, batch, why, memory, rounds, threads; timings, each with batch, "
      "bytes, samples_per_second (median), low and high");
  return [command, flags] { return find(*command, *flags); };
}

}  // namespace thalweg::cli
