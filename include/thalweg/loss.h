// Losses: what training minimises. A loss works on bare rows of predictions and targets and knows no network.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace thalweg {

// What the predictions of a batch are compared with. Exactly one of the two is filled.
struct Targets {
  std::span<const std::int32_t> labels;  // one a row, 0 .. columns-1
  std::span<const float> values;         // rows x columns, row-major
};

class Loss {
 public:
  // "cross_entropy" or "mse". Throws Error(usage) with a caret for a text that is no loss.
  explicit Loss(std::string_view text);

  // Canonical text.
  const std::string& text() const { return text_; }

  // True for a loss whose targets are class labels (cross_entropy). A loss on values (mse) takes labels as
  // one-hot rows.
  bool classifies() const;

  // Throws Error(usage) when this loss cannot learn such targets: cross_entropy needs labels and as many
  // columns as classes; mse needs as many columns as classes or values.
  void check(std::size_t columns, bool labels, std::size_t classes) const;

  // The sum over the rows of the loss of each row; predictions are rows x columns, row-major, columns >= 1.
  // When `grad` is not empty it gets scale * d(sum)/d(predictions): with scale = 1 / n this is the gradient
  // of the mean over n rows, of which these may be a part. A row's loss does not depend on the other rows.
  double evaluate(std::span<const float> predictions, std::size_t columns, const Targets& targets,
                  double scale, std::span<float> grad) const;
  double evaluate(std::span<const double> predictions, std::size_t columns, const Targets& targets,
                  double scale, std::span<double> grad) const;

 private:
  std::string text_;
  const struct LossKind* kind_;
};

// Rows whose largest prediction (the first of equal ones) is at the label.
std::size_t correct(std::span<const float> predictions, std::size_t columns,
                    std::span<const std::int32_t> labels);

}  // namespace thalweg
