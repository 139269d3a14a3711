// thalweg eval: a run's model on held-out data.
#include <memory>

#include "base/json.h"
#include "cli/command.h"
#include "thalweg/run.h"

namespace thalweg::cli {
namespace {

struct Flags {
  std::string run;
  std::string data;
  std::string checkpoint;
  std::string threads;
  bool json = false;
};

int eval(const Flags& flags) {
  const RunEvaluation result =
      evaluate_run(flags.run, flags.data, thread_count(flags.threads), flags.checkpoint);
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
    print(object.text() + "\n");
    return kOk;
  }
  print("held out   " + evaluation_text(e) + " of " + result.data + "\n");
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
  command->add_option("--threads", flags->threads, "threads; all that the process may use when left out");
  command->add_flag("--json", flags->json, "print the result as JSON");
  return [flags] { return eval(*flags); };
}

}  // namespace thalweg::cli
