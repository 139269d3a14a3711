// Problems: functions with known minima, to watch optimizers on.
//
//   Problem problem("rosenbrock");
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

namespace thalweg {

// An immutable value, cheap to copy: a function of `dimension()` numbers in double. A call with another count
// throws Error(usage).
class Problem {
 public:
  // A name of `thalweg list problems` with its options: "quadratic(condition=100, dimension=5)". Throws
  // Error(usage) with a caret for a text that is no problem.
  explicit Problem(std::string_view text);

  // Canonical text; with `every`, also the options at their default.
  std::string text(bool every = false) const;

  std::size_t dimension() const;
  std::span<const double> start() const;  // the standard one of the literature, where there is one

  double value(std::span<const double> x) const;
  // Writes the gradient at x; exact up to rounding, 0 in a kink. Takes `dimension()` times as long as value.
  void gradient(std::span<const double> x, std::span<double> out) const;

  // Every point of the region where the function is least, and its value there.
  const std::vector<std::vector<double>>& minima() const;
  double minimum() const;
  // From x to the nearest of them.
  double distance(std::span<const double> x) const;

  // The region in which the minima are meant, a lower and an upper bound a coordinate; empty: everywhere.
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
  double noise = 0;                // standard deviation of what is added to each element of each gradient
  std::uint64_t seed = 1;          // of the noise
};

// The way of an optimizer over a problem. Element k of `losses` and `distances`, and coordinates
// [k * dimension, (k + 1) * dimension) of `path`, are after k updates; element k of `rates` is the rate of
// the update after k updates.
struct Descent {
  std::string optimizer;          // the chain with its lengths resolved
  std::vector<double> path;       // updates + 1 points
  std::vector<double> losses;     // updates + 1
  std::vector<double> distances;  // to the nearest minimum; updates + 1
  std::vector<double> rates;      // updates
};

// Runs the chain, its lengths resolved from the number of updates, on one parameter "x" in f64. Throws
// Error(usage) as binding an Optimizer does, for a start of another dimension and for an unbounded record,
// and Error(diverged) when the loss is not finite.
Descent descend(const Problem& problem, const Chain& chain, const DescendOptions& options = {});

}  // namespace thalweg
