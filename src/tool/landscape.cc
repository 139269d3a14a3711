// thalweg landscape: a function with the paths of optimizers down it, or the loss surface of a run.
#include "thalweg/lab/landscape.h"

#include <filesystem>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "base/threads.h"
#include "thalweg/error.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

constexpr const char* kFunction = "For a function";
constexpr const char* kRun = "For a run";

struct Flags {
  std::string what;
  std::string paths = "gd(lr=1e-3); momentum(0.9) | lr(1e-3); adam(lr=0.05)";
  FunctionLandscapeOptions function;
  std::string batch;
  std::vector<double> range;
  RunLandscapeOptions of_run = {.threads = available_threads()};
  bool plane = false;
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> points;
  std::string html;
  std::string svg;
  bool json = false;
};

std::vector<std::uint64_t> read_batches(const std::string& text) {
  std::vector<std::uint64_t> out;
  if (text.empty()) return out;
  for (const std::string& word : split(text, ','))
    out.push_back(word == "full" ? 0 : whole_number("--batch", word, kAtLeastOne));
  return out;
}

std::optional<PlaneRange> read_range(const std::vector<double>& numbers) {
  if (numbers.size() == 4) return PlaneRange{numbers[0], numbers[1], numbers[2], numbers[3]};
  throw Error(Code::usage, {"--range", "not four numbers", std::to_string(numbers.size()) + " numbers",
                            "x from, x to, y from, y to, such as \"-2 2 -1 3\"", ""});
}

Landscape of_function(const Flags& flags, Given given) {
  const Problem problem(flags.what);
  FunctionLandscapeOptions options = flags.function;
  if (has(given, "--start"))
    check_point("--start", options.descend.start, problem.dimension(), problem.text());
  options.descend.seed = flags.seed;
  options.batches = read_batches(flags.batch);
  if (has(given, "--range")) options.range = read_range(flags.range);
  if (flags.points) options.points = *flags.points;
  std::vector<std::string> chains = split_list({"paths", flags.paths});
  for (std::string& chain : chains) {
    chain = chain.substr(chain.find_first_not_of(' '));
    chain.resize(chain.find_last_not_of(' ') + 1);
  }
  return function_landscape(problem, chains, options);
}

Landscape of_run(const Flags& flags) {
  RunLandscapeOptions options = flags.of_run;
  options.plane = flags.plane ? RunLandscapeOptions::Plane::path : RunLandscapeOptions::Plane::random;
  options.seed = flags.seed;
  if (flags.points) options.points = *flags.points;
  return run_landscape(flags.what, options);
}

void check_arguments(Given given, bool run) {
  for (const Argument* one : given) {
    if (one->traits.group != (run ? kFunction : kRun)) continue;
    throw Error(Code::usage, {one->name, run ? "not for a run" : "only for a run",
                              run ? "a run directory" : "a function", "", "leave it out"});
  }
}

std::filesystem::path page_of(const Flags& flags, bool run) {
  if (!flags.html.empty()) return flags.html;
  if (!flags.svg.empty() || flags.json) return {};
  return run ? std::filesystem::path(flags.what) / "landscape.html" : std::filesystem::path("landscape.html");
}

int landscape(const Flags& flags, Given given) {
  const bool run = std::filesystem::is_directory(flags.what);
  check_arguments(given, run);
  const Landscape made = run ? of_run(flags) : of_function(flags, given);
  // All of it is there before the first file is written.
  const std::pair<std::filesystem::path, std::string> files[] = {
      {flags.svg, flags.svg.empty() ? "" : landscape_svg(made)},
      {page_of(flags, run), page_of(flags, run).empty() ? "" : landscape_html(made, command_line())}};
  for (const auto& [path, text] : files) {
    if (path.empty()) continue;
    const bool inside = run && flags.html.empty() && path != flags.svg;  // a run may be a stranger's
    inside ? replace_file(path, text) : write_output(path, text);
    const std::string line = "wrote " + visible(path.string());
    if (flags.json) {
      note(line);
    } else {
      print(line + "\n");
    }
  }
  if (flags.json) print(landscape_json(made) + "\n");
  return kOk;
}

std::vector<Argument> function_arguments(Flags& flags) {
  DescendOptions& descend = flags.function.descend;
  return {
      Argument("--paths CHAINS", &flags.paths, "chains separated by semicolons; at most 12 paths",
               {.list = true}),
      Argument("--steps N", &descend.updates, "updates of each", {.range = kAtLeastOne}),
      Argument("--epochs N", &flags.function.epochs,
               "passes over the samples in place of --steps: each batch makes as many updates of them as it "
               "fits into, and time runs in epochs",
               {.range = kAtLeastOne, .shown = "none", .excludes = {"--steps"}, .needs = "--batch"}),
      Argument("--start POINT", &descend.start,
               "starting point, such as \"-1.5 2\"; by default the usual one"),
      Argument(
          "--noise X", &descend.noise,
          "standard deviation of noise added to the gradient, one or one a coordinate (\"0.1 10\"); with "
          "--batch, of the noise of one sample",
          {.shown = "0"}),
      Argument("--batch N,...", &flags.batch,
               "samples per gradient, such as 1,8,full: every chain runs with each. The function is then the "
               "mean loss of n seeded samples, visited once per epoch: those of the problem "
               "(linear_regression), or 256 whose gradients differ by noise (--noise) that sums to 0"),
      Argument("--range RANGE", &flags.range,
               "x from, x to, y from, y to (of one dimension: the loss): \"-2 2 -1 3\"; by default what the "
               "paths show")};
}

std::vector<Argument> run_arguments(Flags& flags) {
  RunLandscapeOptions& run = flags.of_run;
  return {Argument("--plane", &flags.plane,
                   "the plane of the principal directions of its checkpoints, with their path, in place of "
                   "two random directions"),
          Argument("--radius X", &run.radius, "half the side of the square, in lengths of the directions"),
          Argument("--samples N", &run.samples, "training samples drawn for the loss; 0: all"),
          threads_argument(run.threads)};
}

std::vector<Argument> other_arguments(Flags& flags) {
  return {
      Argument("what WHAT", &flags.what,
               "a problem of one or two dimensions, a formula such as \"(1-x)^2 + 100*(y-x^2)^2\", or a run "
               "directory",
               {.required = true}),
      Argument("--seed N", &flags.seed, "seed of noise, batches, directions and samples"),
      Argument("--points N", &flags.points, "points per side of the grid",
               {.range = {2}, .shown = "161; 25 for a run"}),
      Argument("--html FILE", &flags.html,
               "the page; if nothing else is requested, landscape.html, in the directory of a run"),
      Argument("--svg FILE", &flags.svg, "write a still contour map with the paths to this file"),
      json_argument(flags.json)};
}

}  // namespace

Command landscape_command() {
  static Flags flags;
  std::vector<Argument> arguments = other_arguments(flags);
  append(arguments, function_arguments(flags), kFunction);
  append(arguments, run_arguments(flags), kRun);
  return {
      "landscape", "Draw a function with the paths of optimizers on it, or the loss surface of a run",
      std::move(arguments), [](Given given) { return landscape(flags, given); },
      "schema, title, subtitle, x, y, range, columns, rows, values row by row, minima, least; paths, each "
      "with name, optimizer, diverged, updates, points, losses, distances, rates and per_epoch."};
}

}  // namespace thalweg::tool
