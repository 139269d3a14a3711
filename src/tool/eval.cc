// thalweg eval: a run's model on held-out data.
#include "base/json.h"
#include "base/threads.h"
#include "thalweg/run.h"
#include "tool/command.h"
#include "tool/ranks.h"

namespace thalweg::tool {
namespace {

struct Flags {
  std::string run;
  std::string data;
  std::string part;
  std::string checkpoint;
  std::vector<std::string> checkpoints;
  int threads = 0;  // all that this process may use
  bool json = false;
};

RunEvaluation evaluated(const Flags& flags, int threads, Comm* comm) {
  if (flags.checkpoints.empty())
    return evaluate_run(flags.run, flags.data, threads, flags.checkpoint, flags.part, comm);
  return evaluate_run(flags.run, std::span(flags.checkpoints), flags.data, threads, flags.part, comm);
}

int eval(const Flags& flags) {
  const auto comm = join_ranks_to_read(&flags.data);
  if (!comm) return kOk;
  const RunEvaluation result =
      evaluated(flags, flags.threads == 0 ? available_threads() : flags.threads, *comm);
  for (const std::string& line : result.notes) note(line);
  const Evaluation& e = result.test;
  if (flags.json) {
    print(result.json() + "\n");
    return kOk;
  }
  const std::string by = result.members.empty()
                             ? ", by " + weights_text(result.weights, result.epoch, result.updates)
                             : ", mean of " + std::to_string(result.members.size()) + " checkpoints";
  constexpr std::size_t kWidth = 11;
  const std::string classes = e.classes.text();
  print(result.part + std::string(kWidth - result.part.size(), ' ') + e.text() + " of " + shown(result.data) +
        by + "\n" + (classes.empty() ? "" : "\n" + classes));
  return kOk;
}

}  // namespace

Command eval_command() {
  static Flags flags;
  return {
      "eval",
      "Evaluate the model of a run on held-out data, of classes each by itself",
      {Argument("run RUN", &flags.run, "run directory", {.required = true}),
       Argument("--data DATA", &flags.data,
                "another data source, encoded like the run's own; all its rows are judged unless it "
                "names a test part"),
       Argument(
           "--part", &flags.part,
           "of the run's own data: train, held-out or test; by default what its result reports, the test "
           "part where there is one",
           {.choices = "train|held-out|test"}),
       Argument("--checkpoint NAME", &flags.checkpoint,
                "last, best or a number of updates; by default best if the training restores it, else last",
                {.offers = "last|best"}),
       Argument("--checkpoints NAMES", &flags.checkpoints,
                "several, such as 46,92,last, whose predictions are averaged: a snapshot ensemble",
                {.excludes = {"--checkpoint"}}),
       threads_argument(flags.threads), json_argument(flags.json)},
      [](Given) { return eval(flags); },
      "schema, run, name, data, judged (held out, test, training, or all rows), weights, epoch, updates, "
      "samples, loss, "
      "accuracy, balanced_accuracy; rows, of every class; precision, recall, f1, auc and average_precision, "
      "each of every class "
      "and macro; log_loss, baseline, confusion; for values r2, mae, rmse and baseline, r2_undefined where "
      "there is no r2; members: the updates of each of several checkpoints.",
      true};
}

}  // namespace thalweg::tool
