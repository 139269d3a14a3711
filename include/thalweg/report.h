// What one update did. Plain values; spans point into the optimizer, until its next step.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace thalweg {

class Parameter;

// Counts by sign and binary exponent, from the most negative to the most positive number: bin kZeroBin counts
// |x| < 2^-40, bin kZeroBin + i counts 2^(i - 41) <= x < 2^(i - 40), and kZeroBin - i the same of -x; the
// outermost bins take everything beyond 2^23. NaN is not counted.
inline constexpr std::size_t kHistogramBins = 129;
inline constexpr std::size_t kZeroBin = 64;
using Histogram = std::array<std::uint64_t, kHistogramBins>;

// What a step measures in addition to what it does. It costs time only where it is asked for; the bits of the
// update are the same.
struct Statistics {
  bool update_ratio = false;  // norm(new - old) / norm(old): of each parameter, and of all
  bool norms = false;         // of gradient, value and update of each parameter
  bool histograms = false;    // of gradient, value and update of each parameter

  bool any() const { return update_ratio || norms || histograms; }
  bool operator==(const Statistics&) const = default;
  Statistics operator|(const Statistics& other) const {
    return {update_ratio || other.update_ratio, norms || other.norms, histograms || other.histograms};
  }
};

// What one update did to one parameter; only what was asked for is filled. An absent or frozen one keeps NaN.
struct ParameterReport {
  const Parameter* parameter = nullptr;
  double grad_norm = std::numeric_limits<double>::quiet_NaN();    // of the gradient as given
  double value_norm = std::numeric_limits<double>::quiet_NaN();   // before the update
  double update_norm = std::numeric_limits<double>::quiet_NaN();  // of new - old
  double update_ratio =
      std::numeric_limits<double>::quiet_NaN();  // update_norm / value_norm; infinite from zero weights
  Histogram values{};                            // after the update
  Histogram grads{};                             // as given
  Histogram updates{};                           // new - old
};

struct Report {
  std::uint64_t update = 0;  // updates done, this one included
  double lr = 0;         // rate that this update used: the product of the lr's in the first parameter's chain
  double grad_norm = 0;  // norm of the whole gradient as given, before clipping; NaN when not measured
  double seconds = 0;    // that the update took, measuring aside, where OptimizerOptions::seconds asks for it

  // Elements of the gradients that are NaN or infinite, and the first of them by parameter and index.
  std::uint64_t nonfinite = 0;
  const Parameter* nonfinite_parameter = nullptr;
  std::uint64_t nonfinite_index = 0;
  // The gradients are finite, and what is counted are the numbers of weights and state that the update has
  // left NaN or infinite: a square, a sum or a weight beyond its type. Where `skipped`, it would have.
  bool overflows = false;
  bool skipped = false;  // nothing was changed: because of these, or because the norm was an outlier
  bool waits = false;    // the gradient was added to a window of `accumulate` that is not full

  // Where OptimizerOptions::statistics or StepInput::statistics ask for it; valid until the next step.
  double update_ratio = std::numeric_limits<double>::quiet_NaN();  // norm(new - old) / norm(old) over all
  std::span<const ParameterReport> parameters = {};                // in the order of Params

  // Filled by Trainer only.
  std::uint64_t epoch = 0;    // whole epochs done before this update
  std::uint64_t samples = 0;  // whose gradient the update took
  double loss = 0;            // their mean loss plus the terms of the loss, before the update
};

}  // namespace thalweg
