// thalweg explain: how a chain would run, with --analyze how fast it does, and with --ranks how fast it
// might.
#include <initializer_list>
#include <utility>

#include "base/spec.h"
#include "base/threads.h"
#include "thalweg/chain.h"
#include "thalweg/error.h"
#include "thalweg/lab/analyze.h"
#include "thalweg/module.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

// Four times the largest cache of most machines for each stream.
constexpr std::uint64_t kDefaultSize = 32'000'000;

struct Flags {
  std::string chain;
  std::vector<std::string> params = {"w:784x256:weight", "b:256:bias"};
  Lengths lengths;
  std::string model;
  std::string inputs;
  std::optional<std::uint64_t> size;
  bool analyze = false;
  AnalyzeOptions measured = {.threads = available_threads()};
  std::optional<std::uint64_t> ranks;
  std::uint64_t per_host = 1;
  std::string link = "10GB/s,20us";
  bool json = false;
};

Shape read_shape(const std::string& option, const std::string& text) {
  Shape shape;
  for (const std::string& size : split(text, 'x')) {
    shape.push_back(static_cast<std::int64_t>(whole_number(option, size)));
  }
  return shape;
}

// One parameter, "w:784x256" or "w:784x256:weight"; without a role it is as one that a caller adopts.
void add_parameter(Params& params, const std::string& text) {
  const std::vector<std::string> parts = split(text, ':');
  if (parts.size() < 2 || parts.size() > 3) {
    throw Error(Code::usage, {"--params", "not a parameter", "`" + text + "`",
                              "name:shape or name:shape:role, such as w:784x256:weight", ""});
  }
  const Shape shape = parts[1] == "scalar" ? Shape{} : read_shape("--params " + parts[0], parts[1]);
  params.add(parts[0], shape, parts.size() == 3 ? parse_role(parts[2]) : Role::none);
}

// What the chain is to run on: a model's parameters, one of --size elements, or those of --params.
Params parameters(const Flags& flags, Given given) {
  if (has(given, "--model"))
    return std::move(Module(flags.model, read_shape("--inputs", flags.inputs)).params());
  Params params;
  if (flags.size || ((flags.analyze || flags.ranks) && !has(given, "--params"))) {
    add_parameter(params, "p:" + std::to_string(flags.size.value_or(kDefaultSize)) + ":weight");
  } else {
    for (const std::string& parameter : flags.params) add_parameter(params, parameter);
  }
  return params;
}

void analyze(const Flags& flags, const Chain& chain, Params& params) {
  const Analysis analysis = analyze(chain, params, flags.measured);
  if (!flags.json) return print(chain.explain(params).text() + analysis.text());
  std::string plan = chain.explain(params).json();
  plan.pop_back();  // the figures join the object
  print(plan + ", \"measured\": " + analysis.json() + "}\n");
}

// A number with one of some units, each with what it is worth.
std::optional<double> in_units(std::string_view text,
                               std::initializer_list<std::pair<std::string_view, double>> units) {
  for (const auto& [unit, worth] : units) {
    if (!text.ends_with(unit)) continue;
    if (const auto number = read_exactly<double>(text.substr(0, text.size() - unit.size())))
      return *number * worth;
  }
  return std::nullopt;
}

// "10GB/s,20us", "25Gbit/s,2us".
RankLink read_link(const std::string& text) {
  const std::vector<std::string> parts = split(text, ',');
  const auto rate =
      in_units(parts.front(), {{"GB/s", 1e9}, {"MB/s", 1e6}, {"Gbit/s", 1e9 / 8}, {"Mbit/s", 1e6 / 8}});
  const auto time = in_units(parts.back(), {{"us", 1e-6}, {"ms", 1e-3}, {"ns", 1e-9}});
  if (parts.size() == 2 && rate && time && *rate > 0 && *time >= 0) return {*rate, *time};
  throw Error(Code::usage, {"--link", "not a link", "`" + text + "`",
                            "bytes a second and the time of a small message, such as 10GB/s,20us or "
                            "25Gbit/s,2us",
                            ""});
}

void predict(const Flags& flags, const Chain& chain, const Params& params) {
  const RankPrediction prediction = predict_ranks(chain, params,
                                                  {.ranks = static_cast<int>(*flags.ranks),
                                                   .link = read_link(flags.link),
                                                   .per_host = static_cast<int>(flags.per_host),
                                                   .threads = flags.measured.threads,
                                                   .rounds = flags.measured.rounds});
  if (!flags.json) return print(chain.explain(params).text() + prediction.text());
  std::string plan = chain.explain(params).json();
  plan.pop_back();  // the figures join the object
  print(plan + ", \"predicted\": " + prediction.json() + "}\n");
}

int explain(const Flags& flags, Given given) {
  Params params = parameters(flags, given);
  const Chain chain = Chain(flags.chain).resolve(flags.lengths);
  if (flags.ranks) {
    predict(flags, chain, params);
  } else if (flags.analyze) {
    analyze(flags, chain, params);
  } else {
    print(flags.json ? chain.explain(params).json() + "\n" : chain.explain(params).text());
  }
  return kOk;
}

}  // namespace

Command explain_command() {
  static Flags flags;
  const std::string size = std::to_string(kDefaultSize);
  return {
      "explain",
      "Show the plan of a chain: phases, streams, bytes, state",
      {Argument("chain CHAIN", &flags.chain, "chain of transforms", {.required = true}),
       Argument("--params NAME:SHAPE[:ROLE],...", &flags.params, "the parameters"),
       Argument("--model MODEL", &flags.model, "take the parameters of this model",
                {.excludes = {"--params", "--size"}}),
       Argument("--inputs SHAPE", &flags.inputs, "shape of one sample, such as 784 or 1x28x28",
                {.needs = "--model"}),
       Argument("--size N", &flags.size, "one parameter of N elements; with --analyze and --ranks, " + size,
                {.range = kAtLeastOne, .excludes = {"--params"}}),
       Argument("--analyze", &flags.analyze, "run it, and measure it against the speed of memory"),
       Argument(
           "--ranks N", &flags.ranks,
           "predict a step of so many processes under MPI: its time, bytes on the wire and memory a rank",
           {.range = {1, 100'000}, .excludes = {"--analyze"}}),
       Argument("--link RATE,TIME", &flags.link,
                "what lies between these: bytes a second, and the time of a small message",
                {.needs = "--ranks"}),
       Argument("--per-host N", &flags.per_host, "of these on a machine, whose memory they share",
                {.range = kAtLeastOne, .needs = "--ranks"}),
       threads_argument(flags.measured.threads, "threads of a measured step, or of a rank"),
       Argument("--rounds N", &flags.measured.rounds, "pairs of a step and the limit to measure",
                {.range = {1, 1'000'000}}),
       Argument("--total N", &flags.lengths.updates, "updates of the run, for schedules without a total",
                {.shown = "none"}),
       Argument("--per-epoch N", &flags.lengths.per_epoch, "updates per epoch, for lengths in epochs",
                {.shown = "none"}),
       Argument("--json", &flags.json, "print the plan as JSON")},
      [](Given given) { return explain(flags, given); }};
}

}  // namespace thalweg::tool
