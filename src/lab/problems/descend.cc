// The loop of gradient descent on a problem: value and gradient, then a step.
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/spec.h"
#include "problems/gradients.h"
#include "thalweg/error.h"
#include "thalweg/lab/problem.h"
#include "thalweg/optimizer.h"

namespace thalweg {
namespace {

constexpr std::uint64_t kMostNumbers = 100'000'000;  // of a path: 800 MB
constexpr std::size_t kMostNamed = 1000;             // samples of a batch that a traced update tells

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
  if (options.trace_every == 0) return;
  const std::uint64_t traced = (options.updates / options.trace_every + 1) * problem.dimension();
  if (traced <= DescendOptions::kMostTraced) return;
  throw Error(Code::usage, {"descend", "too many updates to trace", std::to_string(traced) + " numbers",
                            "at most " + std::to_string(DescendOptions::kMostTraced),
                            "look at fewer of them: every 100, say"});
}

// Adopts the coordinates - weights as those of dense(1), and the biases behind them, where there are some -
// and says which is which.
std::vector<ElementPlace> adopt(const Problem& problem, std::vector<double>& x, std::vector<double>& grad,
                                Params& params) {
  const std::size_t biases = problem.biases(), weights = x.size() - biases;
  const auto n = static_cast<std::int64_t>(weights), b = static_cast<std::int64_t>(biases);
  std::vector<const Parameter*> adopted;
  if (biases == 0) {
    adopted = {&params.adopt("x", {n}, x.data(), grad.data())};
  } else {
    adopted = {&params.adopt("a", {n, 1}, x.data(), grad.data(), Role::weight),
               &params.adopt("b", {b}, x.data() + n, grad.data() + n, Role::bias)};
  }
  std::vector<ElementPlace> out;
  for (std::size_t i = 0; i < x.size(); ++i)
    out.push_back({adopted[i < weights ? 0 : 1], i < weights ? i : i - weights, problem.names()[i]});
  return out;
}

bool finite(std::span<const double> numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](double x) { return std::isfinite(x); });
}

// Notes where it stands after some updates; false when it has diverged there and that is not an error.
bool record(const Problem& problem, const DescendOptions& options, std::span<const double> x, Descent& out) {
  const double loss = problem.value(x);
  if (!std::isfinite(loss)) {
    if (options.until_diverged) return false;
    throw Error(Code::diverged,
                {"update " + std::to_string(out.losses.size()), "the loss is not finite",
                 print_number(std::isnan(loss) ? std::abs(loss) : loss) + " at " + point_text(x), "",
                 "try a smaller learning rate or clip_norm(1)"});
  }
  out.path.insert(out.path.end(), x.begin(), x.end());
  out.losses.push_back(loss);
  out.distances.push_back(problem.distance(x));
  return true;
}

// Updates until there are enough, or it has diverged.
void walk(const Problem& problem, const DescendOptions& options, Gradients& gradients, Optimizer& optimizer,
          Tracer& tracer, std::span<double> x, std::span<double> grad, Descent& out) {
  const bool tells = optimizer.observes(), averages = optimizer.averages();
  std::vector<std::uint32_t> samples;  // since the last update
  for (std::uint64_t n = 0; out.rates.size() < options.updates;) {
    const std::span<const std::uint32_t> rows = gradients.rows_of(n);
    if (options.trace_every > 0 && rows.size() <= kMostNamed)
      samples.insert(samples.end(), rows.begin(), rows.end());
    gradients.write(x, n++, grad);
    if (options.until_diverged && !finite(grad)) break;
    for (double& slope : grad) slope *= optimizer.loss_scale();
    const Report report = optimizer.step();
    if (report.overflows) break;
    if (report.waits) continue;
    if (options.trace_every > 0) {
      TracedUpdate traced = tracer.after(report);
      traced.update = out.rates.size() + 1;
      traced.samples = std::exchange(samples, {});
      if (!averages) traced.loss = out.losses.back();
      const bool due = traced.update % options.trace_every == 0 || traced.update == options.updates;
      if (due) out.traced.push_back(std::move(traced));
    }
    const Averaged evaluated = optimizer.averaged();
    if (!record(problem, options, x, out)) break;
    out.rates.push_back(report.lr);
    if (tells) optimizer.observe(out.losses.back());
  }
  out.diverged = out.rates.size() < options.updates;
}

}  // namespace

Descent descend(const Problem& problem, const Chain& chain, const DescendOptions& options) {
  check(problem, options);
  Gradients gradients(problem, options);
  std::vector<double> x(problem.start().begin(), problem.start().end());
  if (!options.start.empty()) x = options.start;
  Descent out;
  DescendOptions must_start = options;
  must_start.until_diverged = false;
  record(problem, must_start, x, out);  // which refuses a start of another dimension
  std::vector<double> grad(x.size());
  Params params;
  const std::vector<ElementPlace> places = adopt(problem, x, grad, params);
  const Nonfinite policy = options.until_diverged ? Nonfinite::skip : Nonfinite::error;
  Optimizer optimizer(params, chain.resolve({.updates = options.updates}), {.nonfinite = policy});
  out.optimizer = optimizer.chain().text();
  Tracer tracer(optimizer, places);
  walk(problem, options, gradients, optimizer, tracer, x, grad, out);
  return out;
}

}  // namespace thalweg
