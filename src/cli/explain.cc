// thalweg explain: how a chain would run.
#include <memory>

#include "cli/command.h"
#include "thalweg/chain.h"
#include "thalweg/error.h"

namespace thalweg::cli {
namespace {

struct Flags {
  std::string chain;
  std::vector<std::string> params = {"w:784x256:weight", "b:256:bias"};
  std::string total = "0";
  std::string per_epoch = "0";
  bool json = false;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// One parameter, "w:784x256" or "w:784x256:weight"; without a role it is as one that a caller adopts.
void add_parameter(Params& params, const std::string& text) {
  const std::vector<std::string> parts = split(text, ':');
  if (parts.size() < 2 || parts.size() > 3) {
    throw Error(Code::usage, {"--params", "this is no parameter", "`" + text + "`",
                              "name:shape or name:shape:role, such as w:784x256:weight", ""});
  }
  Shape shape;
  if (parts[1] != "scalar") {
    for (const std::string& size : split(parts[1], 'x')) {
      shape.push_back(static_cast<std::int64_t>(whole_number("--params " + parts[0], size, 0)));
    }
  }
  params.add(parts[0], shape, parts.size() == 3 ? parse_role(parts[2]) : Role::none);
}

int explain(const Flags& flags) {
  Params params;
  for (const std::string& parameter : flags.params) add_parameter(params, parameter);
  const Chain chain = Chain(flags.chain)
                          .resolve({.updates = whole_number("--total", flags.total, 0),
                                    .per_epoch = whole_number("--per-epoch", flags.per_epoch, 0)});
  print(flags.json ? chain.explain_json(params) + "\n" : chain.explain(params));
  return kOk;
}

}  // namespace

Action add_explain(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      tool.add_subcommand("explain", "Show the plan of a chain: phases, streams, bytes, state");
  command->add_option("chain", flags->chain, "chain of transforms")->required();
  command->add_option("--params", flags->params, "parameters: name:shape[:role],...")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--total", flags->total, "updates of the run, for schedules without a total");
  command->add_option("--per-epoch", flags->per_epoch, "updates an epoch, for lengths in epochs");
  command->add_flag("--json", flags->json, "print the plan as JSON");
  return [flags] { return explain(*flags); };
}

}  // namespace thalweg::cli
