// thalweg explain: how a chain would run, and with --analyze how fast it does.
#include <memory>

#include "thalweg/chain.h"
#include "thalweg/error.h"
#include "thalweg/lab/analyze.h"
#include "thalweg/module.h"
#include "tool/command.h"

namespace thalweg::cli {
namespace {

struct Flags {
  std::string chain;
  std::vector<std::string> params = {"w:784x256:weight", "b:256:bias"};
  std::string total = "0";
  std::string per_epoch = "0";
  std::string model;
  std::string inputs;
  bool analyze = false;
  std::string size;
  std::string threads;
  std::string rounds = "15";
  bool params_given = false;
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

// Four times the largest cache of most machines for each stream.
constexpr const char* kDefaultSize = "32000000";

Shape read_shape(std::string_view option, const std::string& text) {
  Shape shape;
  for (const std::string& size : split(text, 'x')) {
    shape.push_back(static_cast<std::int64_t>(whole_number(option, size, 0)));
  }
  return shape;
}

// One parameter, "w:784x256" or "w:784x256:weight"; without a role it is as one that a caller adopts.
void add_parameter(Params& params, const std::string& text) {
  const std::vector<std::string> parts = split(text, ':');
  if (parts.size() < 2 || parts.size() > 3) {
    throw Error(Code::usage, {"--params", "this is no parameter", "`" + text + "`",
                              "name:shape or name:shape:role, such as w:784x256:weight", ""});
  }
  const Shape shape = parts[1] == "scalar" ? Shape{} : read_shape("--params " + parts[0], parts[1]);
  params.add(parts[0], shape, parts.size() == 3 ? parse_role(parts[2]) : Role::none);
}

// What the chain is to run on: a model's parameters, one of --size elements, or those of --params.
Params parameters(const Flags& flags) {
  if (static_cast<int>(!flags.model.empty()) + static_cast<int>(!flags.size.empty()) +
          static_cast<int>(flags.params_given) >
      1) {
    throw Error(Code::usage, {"thalweg explain", "several kinds of parameters", "",
                              "one of --params, --size and --model", ""});
  }
  if (!flags.model.empty())
    return std::move(Module(flags.model, read_shape("--inputs", flags.inputs)).params());
  Params params;
  const bool sized = !flags.size.empty() || (flags.analyze && !flags.params_given);
  const std::string size = flags.size.empty() ? kDefaultSize : flags.size;
  if (sized) add_parameter(params, "p:" + std::to_string(whole_number("--size", size, 1)) + ":weight");
  for (const std::string& parameter : flags.params) {
    if (!sized) add_parameter(params, parameter);
  }
  return params;
}

void analyze(const Flags& flags, const Chain& chain, Params& params) {
  const std::uint64_t rounds = whole_number("--rounds", flags.rounds, 1);
  const Analysis analysis =
      analyze(chain, params, {.threads = thread_count(flags.threads), .rounds = static_cast<int>(rounds)});
  if (!flags.json) return print(chain.explain(params).text() + analysis.text());
  std::string plan = chain.explain(params).json();
  plan.pop_back();  // the figures join the object
  print(plan + ", \"measured\": " + analysis.json() + "}\n");
}

int explain(const Flags& flags) {
  Params params = parameters(flags);
  const Chain chain = Chain(flags.chain)
                          .resolve({.updates = whole_number("--total", flags.total, 0),
                                    .per_epoch = whole_number("--per-epoch", flags.per_epoch, 0)});
  if (flags.analyze) {
    analyze(flags, chain, params);
  } else {
    print(flags.json ? chain.explain(params).json() + "\n" : chain.explain(params).text());
  }
  return kOk;
}

}  // namespace

Action add_explain(CLI::App& tool) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* command =
      tool.add_subcommand("explain", "Show the plan of a chain: phases, streams, bytes, state");
  command->add_option("chain", flags->chain, "chain of transforms")->required();
  CLI::Option* params = command->add_option("--params", flags->params, "parameters: name:shape[:role],...")
                            ->delimiter(',')
                            ->capture_default_str();
  CLI::Option* model =
      command->add_option("--model", flags->model, "parameters of this model, with --inputs");
  command->add_option("--inputs", flags->inputs, "shape of one sample, such as 784 or 1x28x28")->needs(model);
  command->add_option("--size", flags->size,
                      "one parameter of so many elements; with --analyze " + std::string(kDefaultSize));
  command->add_flag("--analyze", flags->analyze, "run it, and measure it against the speed of memory");
  command->add_option("--threads", flags->threads, "threads of a measured step; else all");
  command->add_option("--rounds", flags->rounds, "measured pairs of a step and the limit")
      ->capture_default_str();
  command->add_option("--total", flags->total, "updates of the run, for schedules without a total");
  command->add_option("--per-epoch", flags->per_epoch, "updates an epoch, for lengths in epochs");
  command->add_flag("--json", flags->json, "print the plan as JSON");
  return [flags, params] {
    flags->params_given = params->count() > 0;
    return explain(*flags);
  };
}

}  // namespace thalweg::cli
