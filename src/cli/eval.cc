// thalweg eval: a run's model on held-out data.
#include <memory>

#include <fmt/core.h>

#include "base/json.h"
#include "cli/command.h"
#include "thalweg/run.h"

namespace thalweg::cli {
namespace {

struct Flags {
  std::string run;
  std::string data;
  std::string threads;
  bool json = false;
};

int eval(const Flags& flags) {
  const RunEvaluation result = evaluate_run(flags.run, flags.data, thread_count(flags.threads));
  for (const std::string& text : result.notes) note(text);
  const Evaluation& e = result.test;
  if (flags.json) {
    print(JsonObject()
              .add("schema", 1)
              .add("run", std::filesystem::absolute(flags.run).lexically_normal().string())
              .add("data", result.data)
              .add("samples", e.samples)
              .add("loss", e.loss)
              .add("accuracy", e.accuracy)
              .text() +
          "\n");
    return kOk;
  }
  const std::string right = e.accuracy == e.accuracy ? fmt::format("{:.2f} % right, ", 100 * e.accuracy) : "";
  print(
      fmt::format("held out   {}loss {:.4g} over {} samples of {}\n", right, e.loss, e.samples, result.data));
  return kOk;
}

}  // namespace

Action add_eval(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = tool.add_subcommand("eval", "Evaluate a run's newest checkpoint on held-out data");
  command->add_option("run", flags->run, "run directory")->required();
  command->add_option("--data", flags->data, "another data source, scaled as the run's own");
  command->add_option("--threads", flags->threads, "threads; all that the process may use when left out");
  command->add_flag("--json", flags->json, "print the result as JSON");
  return [flags] { return eval(*flags); };
}

}  // namespace thalweg::cli
