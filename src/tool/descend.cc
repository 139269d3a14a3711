// thalweg descend: the path of an optimizer over a problem with known minima.
#include <algorithm>

#include <fmt/core.h>

#include "base/json.h"
#include "base/spec.h"
#include "thalweg/error.h"
#include "thalweg/lab/problem.h"
#include "tool/command.h"

namespace thalweg::tool {
namespace {

constexpr std::uint64_t kRows = 20;
constexpr std::size_t kShownCoordinates = 4;

struct Flags {
  std::string problem;
  std::string optimizer = "adam(lr=0.05)";
  DescendOptions options;
  bool json = false;
};

std::span<const double> point(const Descent& descent, std::size_t k) {
  const std::size_t n = descent.path.size() / descent.losses.size();
  return std::span(descent.path).subspan(k * n, n);
}

std::string json(const Problem& problem, const Descent& descent) {
  std::vector<std::span<const double>> path;
  for (std::size_t k = 0; k < descent.losses.size(); ++k) path.push_back(point(descent, k));
  return JsonObject()
      .add("schema", 1)
      .add("problem", problem.text())
      .add("optimizer", descent.optimizer)
      .add("dimension", problem.dimension())
      .add("updates", descent.rates.size())
      .add("minima", problem.minima())
      .add("minimum", problem.minimum())
      .add("loss", descent.losses.back())
      .add("distance", descent.distances.back())
      .add("path", path)
      .add("losses", descent.losses)
      .add("distances", descent.distances)
      .add("rates", descent.rates)
      .text();
}

std::string row(const Descent& descent, std::size_t k) {
  const std::string rate = k == 0 ? "" : fmt::format("{:.6g}", descent.rates[k - 1]);
  const double far = descent.distances[k];
  const std::string distance = far == far ? fmt::format("{:.6g}", far) : "unknown";
  std::string out = fmt::format("{:>9}  {:>12.6g}  {:>12}  {:>12}", k, descent.losses[k], distance, rate);
  const std::span<const double> x = point(descent, k);
  for (std::size_t i = 0; i < std::min(x.size(), kShownCoordinates); ++i)
    out += fmt::format("  {:>9.4g}", x[i]);
  return out + (x.size() > kShownCoordinates ? "  ...\n" : "\n");
}

std::string table(const Problem& problem, const Descent& descent) {
  const std::uint64_t updates = descent.rates.size(), rows = std::min(kRows, updates);
  const bool known = !problem.minima().empty();
  std::string out = problem.text() + (known ? ", minimum " + print_number(problem.minimum()) : "") + "\n" +
                    descent.optimizer;
  out += fmt::format("\n{:>9}  {:>12}  {:>12}  {:>12}  {:>9}\n", "update", "loss", "distance", "lr", "x");
  for (std::uint64_t i = 0; i <= rows; ++i) out += row(descent, updates * i / rows);
  return out;
}

int descend_problem(const Flags& flags, Given given) {
  const Problem problem(flags.problem);
  if (has(given, "--start")) check_point("--start", flags.options.start, problem.dimension(), problem.text());
  const Descent descent = descend(problem, Chain(flags.optimizer), flags.options);
  print(flags.json ? json(problem, descent) + "\n" : table(problem, descent));
  return kOk;
}

}  // namespace

Command descend_command() {
  static Flags flags;
  DescendOptions& options = flags.options;
  return {
      "descend",
      "Follow an optimizer down a function: a problem with known minima, or a formula",
      {Argument(
           "problem PROBLEM", &flags.problem,
           "a name that `thalweg list problems` shows, such as rosenbrock, or a formula in x and y, such as "
           "\"(1-x)^2 + 100*(y-x^2)^2\"",
           {.required = true}),
       Argument("--optimizer CHAIN", &flags.optimizer, "chain of transforms"),
       Argument("--steps N", &options.updates, "updates; schedules take their lengths from it",
                {.range = kAtLeastOne}),
       Argument("--start POINT", &options.start,
                "starting point, such as \"-1.5 2\"; by default the usual one"),
       Argument("--noise X", &options.noise, "standard deviation of noise added to the gradient"),
       Argument("--seed N", &options.seed, "seed of the noise"), json_argument(flags.json)},
      [](Given given) { return descend_problem(flags, given); },
      "schema, problem, optimizer, dimension, updates, minima, minimum; loss and distance to the nearest "
      "minimum at the end; path, losses and distances after 0, 1, ... updates; rates of the updates; null "
      "for what is not known of a formula."};
}

}  // namespace thalweg::tool
