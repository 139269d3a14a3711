// thalweg batch-find: finds the size of the batch by measuring.

#include "base/file.h"
#include "thalweg/lab/find.h"
#include "tool/command.h"
#include "tool/setting_flags.h"

namespace thalweg::tool {
namespace {

struct Flags {
  SettingFlags settings;
  std::optional<std::string> config;
  BatchSearch search;
  std::string svg;
  std::string html;
  bool json = false;
};

int find(const Flags& flags) {
  const FoundBatch found = find_batch(flags.settings.settings(flags.config).config(), flags.search);
  if (!flags.svg.empty()) replace_file(flags.svg, found.svg());
  if (!flags.html.empty()) replace_file(flags.html, found.html());
  print(flags.json ? found.json() + "\n" : found.text());
  return kOk;
}

}  // namespace

Command batch_find_command() {
  static Flags flags;
  BatchSearch& search = flags.search;
  return {
      "batch-find",
      "Measure samples per second for batches of 1, 2, 4, ... and choose one; settings as for `train`",
      flags.settings.arguments(
          terms_of_trials({"batch", "nonfinite"}),
          {config_argument(flags.config),
           Argument("--memory SIZE", &search.memory, "memory that the training may use: bytes, 512MiB, 2GiB",
                    {.range = kAtLeastOne, .bytes = true}),
           Argument("--rounds N", &search.rounds, "measurements of each size", {.range = {1, 1000}}),
           Argument("--most N", &search.most, "largest batch to try", {.range = kAtLeastOne}),
           Argument("--svg FILE", &flags.svg, "write the picture to this file"),
           Argument("--html FILE", &flags.html, "write a page with the picture and numbers to this file"),
           json_argument(flags.json)}),
      [](Given) { return find(flags); },
      "schema, batch, why, memory, rounds, threads; timings, each with batch, bytes, samples_per_second "
      "(median), low and high."};
}

}  // namespace thalweg::tool
