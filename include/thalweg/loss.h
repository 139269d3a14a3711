// Losses: what training minimises. A loss works on bare rows of predictions and targets and knows no network.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "thalweg/params.h"

namespace thalweg {

// What the predictions of a batch are compared with. Exactly one of the two is filled.
struct Targets {
  std::span<const std::int32_t> labels;  // one per row, 0 .. columns-1
  std::span<const float> values;         // rows x columns, row-major
};

// A loss compares predictions with targets. Terms after it, separated by |, are added to it and depend on
// the parameters alone: "cross_entropy | l2(1e-4, on=weight)". Immutable.
class Loss {
 public:
  // A name of `thalweg list losses`. Throws Error(usage) with a caret for a text that is not a loss.
  explicit Loss(std::string_view text);

  // Canonical text; with `every`, also the options at their default.
  std::string text(bool every = false) const;

  // True for a loss whose targets are class labels (cross_entropy). A loss on values (mse, mae, huber, bce)
  // takes labels as one-hot rows; bce with a single column takes the labels 0 and 1 as these values.
  bool classifies() const;

  // Throws Error(usage) when this loss cannot learn such targets: cross_entropy needs labels and as many
  // columns as classes; the others need as many columns as classes or values, and one column suffices for bce
  // and two classes.
  void check(std::size_t columns, bool labels, std::size_t classes) const;

  // Throws Error(usage) when the name pattern of a term matches no parameter.
  void check(const Params& params) const;

  // The sum over the rows of the loss of each row; predictions are rows x columns, row-major, columns >= 1.
  // When `grad` is not empty it gets scale * d(sum)/d(predictions): with scale = 1 / n this is the gradient
  // of the mean over n rows, of which these may be a part. A row's loss does not depend on the other rows.
  double evaluate(std::span<const float> predictions, std::size_t columns, const Targets& targets,
                  double scale, std::span<float> grad) const;
  double evaluate(std::span<const double> predictions, std::size_t columns, const Targets& targets,
                  double scale, std::span<double> grad) const;

  // The terms, summed over the parameters that are neither frozen nor absent; 0 without terms. One thread, in
  // double, by fixed blocks.
  double penalty(const Params& params) const;
  // Adds the terms' gradients to those of the parameters, in their type with one rounding for each product
  // and one for each sum: l2(rate) makes the same trajectories as the transform decay(rate) before a rule.
  // To be called once the gradient of the data has been computed. Nothing is allocated.
  void add_penalty_gradient(Params& params) const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

// Rows whose largest prediction (the first of equal ones) is at the label. A single column is a logit: above
// 0 it says class 1, else class 0. A row with a NaN is never right.
std::size_t correct(std::span<const float> predictions, std::size_t columns,
                    std::span<const std::int32_t> labels);

}  // namespace thalweg
