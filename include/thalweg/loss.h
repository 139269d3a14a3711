// Losses: what training minimises. A loss works on bare rows of predictions and targets and knows no network.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "thalweg/params.h"

namespace thalweg {

// What the predictions of a batch are compared with. Exactly one of labels, values and exact is filled; none
// where a loss looks at no targets.
struct Targets {
  std::span<const std::int32_t> labels;  // one per row, 0 .. classes-1 or the label that the loss ignores
  std::span<const float> values;         // rows x target columns, row-major
  std::span<const double> exact = {};    // the same in double
  std::span<const double> weights = {};  // of the rows, finite and at least 0; empty: 1 each
};

// A loss compares predictions with targets. Terms after it, separated by |, are added to it and depend on
// the parameters alone: "cross_entropy | l2(1e-4, on=weight)". Immutable.
class Loss {
 public:
  // A name of `thalweg list losses`. Throws Error(usage) with a caret for a text that is not a loss.
  explicit Loss(std::string_view text);

  // Canonical text; with `every`, also the options at their default.
  std::string text(bool every = false) const;

  // True for a loss whose targets are class labels (cross_entropy, nll, multi_margin). A loss on values (mse,
  // mae, huber, bce) takes labels as one-hot rows; one on values in [0, 1] or on -1 and 1 takes the labels 0
  // and 1 of a single column as these values.
  bool classifies() const;

  // What predictions say. Of classes: scores, of which the largest is at the class and a single one is above
  // 0 for class 1; of these softmax, or the logistic function of each, makes probabilities; or probabilities,
  // of which a single one is above 0.5 for class 1. Of `values` nothing but the targets: one of the first
  // columns is the prediction of each. `nothing`: vectors, distances, logarithms of what is predicted.
  enum class Outputs { scores, softmax, logistic, probabilities, values, nothing };
  Outputs outputs() const;

  // Throws Error(usage) when this loss cannot learn such targets: a loss on labels needs labels
  // (cross_entropy also takes two or more values, as probabilities) and as many columns as classes; the
  // others need as many columns as classes or values, and one column suffices for bce and two classes.
  // gaussian_nll has two columns for a value; cosine_embedding an even number of them for one value or two
  // classes; triplet_margin a multiple of three for any targets. `weight` needs a number for each class or
  // value.
  void check(std::size_t columns, bool labels, std::size_t classes) const;

  // Throws Error(usage) when the name pattern of a term matches no parameter.
  void check(const Params& params) const;

  // The sum over the rows of the loss of each row; predictions are rows x columns, row-major, columns >= 1.
  // When `grad` is not empty it gets scale * d(sum)/d(predictions): with scale = 1 / n this is the gradient
  // of the mean over n rows, of which these may be a part. A row's loss does not depend on the other rows.
  // It is multiplied by the row's weight, and by that of its class; a row whose product is 0, or whose label
  // is the ignored one, has no loss and no gradient whatever its predictions are. Throws Error(usage) for
  // sizes that do not fit and Error(data) for a target or weight that is out of range, with nothing written.
  double evaluate(std::span<const float> predictions, std::size_t columns, const Targets& targets,
                  double scale, std::span<float> grad) const;
  double evaluate(std::span<const double> predictions, std::size_t columns, const Targets& targets,
                  double scale, std::span<double> grad) const;

  // What the mean over these rows divides their sum by: the sum of their weights, 0 for ignored rows; 1 each
  // without any. The weights of classes and columns count in it as they do in torch's loss of that name (the
  // option `weight` says so). It is a sum over rows: parts add up to the whole.
  double mass(const Targets& targets, std::size_t rows) const;
  // Whether that is the number of rows for all rows with such labels, where rows have no weights.
  bool counts_rows(std::span<const std::int32_t> labels) const;
  // Whether rows of that label are left out.
  bool ignores(std::int32_t label) const;

  // With `weight=balanced` replaced by n / (k x count) of each class: of n labels that are not ignored and k
  // classes that occur; 1 of a class that does not. Itself otherwise. Throws Error(usage) without labels.
  Loss resolve(std::span<const std::int32_t> labels, std::size_t classes) const;

  // The terms, summed over the parameters that are neither frozen nor absent; 0 without terms. One thread, in
  // double, by fixed blocks.
  double penalty(const Params& params) const;
  bool has_penalty() const;
  // Adds the terms' gradients to those of the parameters, in their type with one rounding for each product
  // and one for each sum: l2(rate) makes the same trajectories as the transform decay(rate) before a rule.
  // To be called once the gradient of the data has been computed. Nothing is allocated.
  void add_penalty_gradient(Params& params) const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

// Whether the largest prediction of a row (the first of equal ones) is at the label. A single one says class
// 1 above `threshold` - 0 of a logit, 0.5 of a probability - else class 0. A row with a NaN is never right.
bool is_right(std::span<const float> predictions, std::int32_t label, float threshold = 0);
// How many rows are right.
std::size_t correct(std::span<const float> predictions, std::size_t columns,
                    std::span<const std::int32_t> labels);

}  // namespace thalweg
