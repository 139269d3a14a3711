// thalweg descend: the path of an optimizer over a problem with known minima.
#include <algorithm>

#include <fmt/core.h>

#include "base/json.h"
#include "base/spec.h"
#include "thalweg/error.h"
#include "thalweg/lab/problem.h"
#include "tool/command.h"
#include "tool/show_flags.h"

namespace thalweg::tool {
namespace {

constexpr std::uint64_t kRows = 20;
constexpr std::size_t kShownCoordinates = 4;

struct Flags {
  std::string problem;
  std::string optimizer = "adam(lr=0.05)";
  DescendOptions options;
  ShowFlags show;
  bool json = false;
};

std::span<const double> point(const Descent& descent, std::size_t k) {
  const std::size_t n = descent.path.size() / descent.losses.size();
  return std::span(descent.path).subspan(k * n, n);
}

std::string json(const Problem& problem, const Descent& descent, const ShowFlags& show) {
  std::vector<std::span<const double>> path;
  for (std::size_t k = 0; k < descent.losses.size(); ++k) path.push_back(point(descent, k));
  const std::string updates =
      show.any() ? shown_json(descent.traced, show.shown()) : std::to_string(descent.rates.size());
  return JsonObject()
      .add("schema", 1)
      .add("problem", problem.text())
      .add("optimizer", descent.optimizer)
      .add("dimension", problem.dimension())
      .raw("updates", updates)
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
  const std::string rate = k == 0 ? "-" : fmt::format("{:.6g}", descent.rates[k - 1]);
  const double far = descent.distances[k];
  const std::string distance = far == far ? fmt::format("{:.6g}", far) : "unknown";
  std::string out = fmt::format("{:>9}  {:>12.6g}  {:>12}  {:>12}", k, descent.losses[k], distance, rate);
  const std::span<const double> x = point(descent, k);
  for (std::size_t i = 0; i < std::min(x.size(), kShownCoordinates); ++i)
    out += fmt::format("  {:>9.4g}", x[i]);
  return out + (x.size() > kShownCoordinates ? "  ...\n" : "\n");
}

// Every so many updates, or about kRows of them; the first and the last in any case.
std::vector<std::uint64_t> rows_of(std::uint64_t updates, std::uint64_t every) {
  std::vector<std::uint64_t> out;
  const std::uint64_t rows = every > 0 ? (updates + every - 1) / every : std::min(kRows, updates);
  for (std::uint64_t i = 0; i < rows; ++i) out.push_back(every > 0 ? i * every : updates * i / rows);
  out.push_back(updates);
  return out;
}

std::string names_and_numbers(const std::vector<std::string>& names, std::span<const double> x) {
  std::string out;
  for (std::size_t i = 0; i < std::min(x.size(), kShownCoordinates); ++i)
    out += (i == 0 ? "" : ", ") + names[i] + " = " + print_number(x[i]);
  return out + (x.size() > kShownCoordinates ? ", ..." : "");
}

std::string table(const Problem& problem, const Descent& descent, const ShowFlags& show) {
  const bool known = !problem.minima().empty();
  std::string out = problem.text() + (known ? fmt::format(", minimum {:.6g}", problem.minimum()) : "") +
                    "\n" + descent.optimizer + "\n";
  if (show.any()) {
    return out + "start " + names_and_numbers(problem.names(), point(descent, 0)) + "\n" +
           shown_table(descent.traced, show.shown());
  }
  out += fmt::format("{:>9}  {:>12}  {:>12}  {:>12}", "update", "loss", "distance", "lr");
  for (std::size_t i = 0; i < std::min(problem.dimension(), kShownCoordinates); ++i)
    out += fmt::format("  {:>9}", problem.names()[i]);
  out += problem.dimension() > kShownCoordinates ? "  ...\n" : "\n";
  for (const std::uint64_t k : rows_of(descent.rates.size(), show.every.value_or(0))) out += row(descent, k);
  return out;
}

int descend_problem(const Flags& flags, Given given) {
  const Problem problem(flags.problem);
  if (has(given, "--start")) check_point("--start", flags.options.start, problem.dimension(), problem.text());
  DescendOptions options = flags.options;
  if (flags.show.any()) options.trace_every = flags.show.every.value_or(1);
  const Descent descent = descend(problem, Chain(flags.optimizer), options);
  write_shown(flags.show, problem.text(), descent.optimizer, descent.traced);
  print(flags.json ? json(problem, descent, flags.show) + "\n" : table(problem, descent, flags.show));
  return kOk;
}

}  // namespace

Command descend_command() {
  static Flags flags;
  DescendOptions& options = flags.options;
  std::vector<Argument> arguments = {
      Argument(
          "problem PROBLEM", &flags.problem,
          "a name that `thalweg list problems` shows, such as rosenbrock or "
          "\"linear_regression(data=five.csv)\", or a formula in x, in x and y, or in x1, x2, ..., such as "
          "\"(1-x)^2 + 100*(y-x^2)^2\"",
          {.required = true}),
      Argument("--optimizer CHAIN", &flags.optimizer, "chain of transforms"),
      Argument("--steps N", &options.updates, "updates; schedules take their lengths from it",
               {.range = kAtLeastOne}),
      Argument("--start POINT", &options.start,
               "starting point, such as \"-1.5 2\"; by default the usual one"),
      Argument("--batch N", &options.batch,
               "samples per gradient, each once an epoch: of linear_regression, or of 256 whose gradients "
               "differ by --noise",
               {.range = kAtLeastOne, .shown = "all"}),
      Argument("--noise X", &options.noise,
               "standard deviation of noise added to the gradient; one for all coordinates, or one each",
               {.shown = "0"}),
      Argument("--seed N", &options.seed, "seed of noise and batches")};
  append_show(arguments, flags.show);
  arguments.push_back(json_argument(flags.json));
  return {
      "descend", "Follow an optimizer down a function: a problem with known minima, or a formula",
      std::move(arguments), [](Given given) { return descend_problem(flags, given); },
      "schema, problem, optimizer, dimension, updates, minima, minimum; loss and distance to the nearest "
      "minimum at the end; path, losses and distances after 0, 1, ... updates; rates of the updates; null "
      "for what is not known of a formula. With --show, updates is a list in place of their number: each "
      "has update, lr, loss before it, samples of its batches and coordinates with name, gradient, state, "
      "corrected, step and "
      "value."};
}

}  // namespace thalweg::tool
