// thalweg batch-find: finds the size of the batch by measuring.
#include "thalweg/lab/find.h"
#include "tool/finder.h"

namespace thalweg::tool {

Command batch_find_command() {
  static Finder<BatchSearch> flags;
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
      [](Given) { return flags.run(find_batch); },
      "schema, batch, why, memory, rounds, threads; timings, each with batch, bytes, samples_per_second "
      "(median), low and high."};
}

}  // namespace thalweg::tool
