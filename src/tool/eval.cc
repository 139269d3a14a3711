// thalweg eval: a run's model on held-out data.
#include <memory>

#include "base/json.h"
#include "thalweg/run.h"
#include "tool/command.h"

namespace thalweg::cli {
namespace {

struct Flags {
  std::string run;
  std::string data;
  std::string checkpoint;
  std::vector<std::string> checkpoints;
  std::string threads;
  bool json = false;
};

RunEvaluation evaluated(const Flags& flags) {
  const int threads = thread_count(flags.threads);
  if (flags.checkpoints.empty()) return evaluate_run(flags.run, flags.data, threads, flags.checkpoint);
  return evaluate_run(flags.run, std::span(flags.checkpoints), flags.data, threads);
}

std::string members_json(const std::vector<std::uint64_t>& members) {
  JsonArray array;
  for (const std::uint64_t updates : members) array.raw(std::to_string(updates));
  return array.text();
}

int eval(const Flags& flags) {
  const RunEvaluation result = evaluated(flags);
  for (const std::string& line : result.notes) note(line);
  const Evaluation& e = result.test;
  if (flags.json) {
    JsonObject object;
    object.add("schema", 1)
        .add("run", std::filesystem::absolute(flags.run).lexically_normal().string())
        .add("data", result.data)
        .add("updates", result.updates)
        .add("samples", e.samples)
        .add("loss", e.loss)
        .add("accuracy", e.accuracy);
    if (e.accuracy != e.accuracy) object.add("r2", e.r2).add("mae", e.mae);
    if (!result.members.empty()) object.raw("members", members_json(result.members));
    print(object.text() + "\n");
    return kOk;
  }
  const std::string by =
      result.members.empty() ? "" : ", mean of " + std::to_string(result.members.size()) + " checkpoints";
  print("held out   " + evaluation_text(e) + " of " + result.data + by + "\n");
  return kOk;
}

}  // namespace

Action add_eval(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = tool.add_subcommand("eval", "Evaluate the model of a run on held-out data");
  command->add_option("run", flags->run, "run directory")->required();
  command->add_option("--data", flags->data, "another data source, encoded as the run's own");
  command->add_option("--checkpoint", flags->checkpoint,
                      "last, best or a number of updates; that of the result when left out");
  command
      ->add_option("--checkpoints", flags->checkpoints,
                   "several, such as 46,92,last, whose predictions are averaged: a snapshot ensemble; JSON "
                   "has the updates of each as `members`")
      ->delimiter(',')
      ->excludes("--checkpoint");
  command->add_option("--threads", flags->threads, "threads; all that the process may use when left out");
  command->add_flag("--json", flags->json, "print the result as JSON");
  return [flags] { return eval(*flags); };
}

}  // namespace thalweg::cli
