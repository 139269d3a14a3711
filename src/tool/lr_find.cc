// thalweg lr-find: finds the learning rate.
#include "thalweg/lab/find.h"
#include "tool/finder.h"

namespace thalweg::tool {

Command lr_find_command() {
  static Finder<RateSearch> flags;
  RateSearch& search = flags.search;
  return {
      "lr-find",
      "Find the learning rate by a range test and short trainings; settings as for `train`",
      flags.settings.arguments(
          terms_of_trials({"nonfinite"}),
          {config_argument(flags.config),
           Argument("--from X", &search.from, "lowest rate of the range test", {.range = kPositive}),
           Argument("--to X", &search.to, "highest rate of the range test", {.range = kPositive}),
           Argument("--trial N", &search.trial, "updates of a trial; auto: those of the run, at most 1,000",
                    {.range = kAtLeastOne, .word = "auto"}),
           Argument("--svg FILE", &flags.svg, "write the picture of the trials to this file"),
           Argument("--html FILE", &flags.html, "write a page with pictures and numbers to this file"),
           json_argument(flags.json)}),
      [](Given) {
        const auto comm = join_ranks_to_read(flags.settings.given("data"));
        if (!comm) return kOk;
        return flags.run(
            [](const RunConfig& config, const RateSearch& rates) { return find_rate(config, rates); }, *comm);
      },
      "schema; rate (null: none lowers the loss); optimizer with it; why; given: the rate of the text; "
      "low and high of the range test; trial_updates; train_samples and judge_samples; start_loss; trials "
      "and sweep, each with rate and loss.",
      true};
}

}  // namespace thalweg::tool
