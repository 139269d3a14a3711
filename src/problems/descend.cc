// The loop of gradient descent on a problem: value and gradient, then a step.
#include <cmath>
#include <numbers>

#include "base/random.h"
#include "base/spec.h"
#include "thalweg/error.h"
#include "thalweg/optimizer.h"
#include "thalweg/problem.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kMostNumbers = 100'000'000;  // of a path: 800 MB

std::string point_text(std::span<const double> x) {
  std::string out;
  for (const double number : x) out += (out.empty() ? "" : " ") + print_number(number);
  return out;
}

void check(const Problem& problem, const DescendOptions& options) {
  const std::uint64_t most = kMostNumbers / problem.dimension();
  if (options.updates > most) {
    throw Error(Code::usage, {"descend", "too many updates to record", std::to_string(options.updates),
                              "at most " + std::to_string(most), ""});
  }
  if (!(options.noise >= 0 && std::isfinite(options.noise))) {
    throw Error(Code::usage,
                {"descend", "the noise is out of range", print_number(options.noise), "a number from 0", ""});
  }
}

// The element-th number of a normal distribution for an update (Box and Muller 1958).
double normal(const Random& random, std::uint64_t element) {
  const double radius = std::sqrt(-2 * std::log1p(-random.uniform(2 * element)));
  return radius * std::cos(2 * std::numbers::pi * random.uniform(2 * element + 1));
}

void add_noise(const DescendOptions& options, std::uint64_t updates, std::span<double> grad) {
  if (options.noise == 0) return;
  const Random random(options.seed, Purpose::noise, updates);
  for (std::size_t i = 0; i < grad.size(); ++i) grad[i] += options.noise * normal(random, i);
}

// Notes where it stands after some updates.
void record(const Problem& problem, std::span<const double> x, Descent& out) {
  const double loss = problem.value(x);
  if (!std::isfinite(loss)) {
    throw Error(Code::diverged, {"update " + std::to_string(out.losses.size()), "the loss is not finite",
                                 print_number(loss) + " at " + point_text(x), "",
                                 "try a smaller learning rate or clip_norm(1)"});
  }
  out.path.insert(out.path.end(), x.begin(), x.end());
  out.losses.push_back(loss);
  out.distances.push_back(problem.distance(x));
}

}  // namespace

Descent descend(const Problem& problem, const Chain& chain, const DescendOptions& options) {
  check(problem, options);
  std::vector<double> x(problem.start().begin(), problem.start().end());
  if (!options.start.empty()) x = options.start;
  std::vector<double> grad(x.size());
  Params params;
  params.adopt("x", {static_cast<std::int64_t>(x.size())}, x.data(), grad.data());
  Descent out;
  record(problem, x, out);
  Optimizer optimizer(params, chain.resolve({.updates = options.updates}), {.nonfinite = Nonfinite::error});
  out.optimizer = optimizer.chain().text();
  for (std::uint64_t k = 0; k < options.updates; ++k) {
    problem.gradient(x, grad);
    add_noise(options, k, grad);
    out.rates.push_back(optimizer.step().lr);
    record(problem, x, out);
  }
  return out;
}

}  // namespace thalweg
