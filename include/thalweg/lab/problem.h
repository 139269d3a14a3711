// Problems: functions with known minima, and formulas as text, to watch optimizers on.
//
//   Problem problem("rosenbrock");  // or "(1-x)^2 + 100*(y-x^2)^2"
//   Descent descent = descend(problem, Chain("adam(lr=0.05)"), {.updates = 500});
//   std::cout << descent.distances.back() << "\n";
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/chain.h"
#include "thalweg/trace.h"

namespace thalweg {

// An immutable value, cheap to copy: a function of `dimension()` numbers in double. A call with another
// number of them throws Error(usage).
class Problem {
 public:
  // A name of `thalweg list problems` with its options: "quadratic(condition=100, dimension=5)",
  // "linear_regression(data=five.csv)"; or a formula of x alone, of x and y, or of x1, x2, ... (as many
  // dimensions as the highest number): + - * / ^ ( ), numbers, pi, e, sin, cos, exp, log, sqrt, abs; at most
  // 10,000 bytes, brackets, signs and powers at most 64 deep. A text is a formula when it begins with a
  // number, a sign, a bracket, a variable or a function. Throws Error(usage) with a caret for a text that is
  // neither, and Error(data) for a file of data.
  explicit Problem(std::string_view text);

  // Canonical text; with `every`, also the options at their default. A formula as it was written.
  std::string text(bool every = false) const;

  std::size_t dimension() const;
  // Of the coordinates: those of the formula; "a" and "b" of a line; else "x", "x" and "y", or "x1", "x2",
  // ...
  const std::vector<std::string>& names() const;
  // How many of them, the last ones, are biases, which `on=matrices` leaves out as it does those of a layer:
  // the intercept of linear_regression.
  std::size_t biases() const;
  // The standard one of the literature, where there is one. Of a formula the first of (-1.2, 1), (1.2, 1),
  // (1.2, -1), (-1.2, -1) and (0.5, 0.5), cut or repeated to its dimensions, where value and gradient are
  // finite and the gradient is not 0. Of a regression on a file 0.
  std::span<const double> start() const;

  double value(std::span<const double> x) const;
  // Writes the gradient at x; exact up to rounding, 0 in a kink. Takes `dimension()` times as long as value,
  // of a formula a few times as long.
  void gradient(std::span<const double> x, std::span<double> out) const;

  // A function that is the mean of losses of samples (linear_regression) tells how many; others have 0.
  std::size_t samples() const;
  // Writes the gradient at x of the mean over the named samples. Throws Error(usage) for no rows, and for one
  // that does not exist.
  void gradient(std::span<const double> x, std::span<const std::uint32_t> rows, std::span<double> out) const;

  // Every point of the region where the function is least, and its value there; none and NaN where they are
  // not known, as those of a formula.
  const std::vector<std::vector<double>>& minima() const;
  double minimum() const;
  // From x to the nearest of them; NaN where none is known.
  double distance(std::span<const double> x) const;

  // The region in which the minima are meant, a lower and an upper bound per coordinate; empty: everywhere.
  // Nothing keeps a descent inside.
  std::span<const double> low() const;
  std::span<const double> high() const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

struct DescendOptions {
  std::uint64_t updates = 200;
  std::vector<double> start = {};  // empty: the problem's
  // Standard deviations of what is added to the elements of each gradient, from 0: none, one for all
  // elements, or one each.
  std::vector<double> noise = {};
  std::uint64_t seed = 1;  // of noise and batches
  // Samples per gradient: each epoch takes all of them once in a different random order, `batch` at a time;
  // 0: all of them at once. A problem without its own samples is taken as the mean of kNoisySamples losses f
  // + e_i x, each with a vector e_i of normal numbers as wide as `noise`, which add up to 0: a gradient then
  // has the noise of its batch, and the full batch has none.
  std::uint64_t batch = 0;
  bool until_diverged = false;  // the descent ends, without an error, before the loss is not finite
  // Every how manieth update is traced, the last one in any case; 0: none. At most kMostTraced elements are.
  std::uint64_t trace_every = 0;

  static constexpr std::size_t kMostTraced = 2'000'000;

  static constexpr std::size_t kNoisySamples = 256;
};

// The path of an optimizer over a problem. Element k of `losses` and `distances`, and coordinates
// [k * dimension, (k + 1) * dimension) of `path`, are after k updates; element k of `rates` is the rate of
// the update after k updates. Points are what is to be evaluated: with `average`, the average.
struct Descent {
  std::string optimizer;          // the chain with its lengths resolved
  std::vector<double> path;       // updates + 1 points
  std::vector<double> losses;     // updates + 1
  std::vector<double> distances;  // to the nearest minimum; updates + 1
  std::vector<double> rates;      // updates
  bool diverged = false;          // it ended early
  // Every coordinate in the updates that were asked for: the values that are trained, and the gradient that
  // came last before the update. The loss is the one before it, where nothing is averaged; the samples are
  // those of the update's batches, where these have at most 1,000.
  std::vector<TracedUpdate> traced = {};
};

// Runs the chain, its lengths resolved from the number of updates, on one parameter "x" in f64 - with biases
// on two, "a" and "b", weight and bias as of dense(1); `plateau` is given every loss, and `accumulate` takes
// several gradients per update. Throws Error(usage) as binding an Optimizer does, for a start of the wrong
// dimension, for an unbounded record and for a batch larger than the set or without samples and noise, and
// Error(diverged) when the loss is not finite.
Descent descend(const Problem& problem, const Chain& chain, const DescendOptions& options = {});

}  // namespace thalweg
