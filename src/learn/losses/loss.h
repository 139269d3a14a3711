// What a loss is to loss.cc. A loss file defines a struct and registers it with THALWEG_LOSS; its line in
// losses.inc is all that lists it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/options.h"

namespace thalweg {

// What one row of predictions is compared with. A label stands for the one-hot row.
struct RowTarget {
  const float* values = nullptr;  // null: the label counts
  std::size_t label = 0;

  double operator[](std::size_t column) const {
    if (values != nullptr) return static_cast<double>(values[column]);
    return column == label ? 1.0 : 0.0;
  }
};

enum class Wants {
  labels,  // class labels only
  values,  // any values; labels count as one-hot rows
  shares,  // values in [0, 1]; labels count as one-hot rows, or in a single column as the values 0 and 1
};

// A loss is a struct with
//   static constexpr Spec kSpec;         with its formula; options are numbers
//   static constexpr Wants kWants;
//   template <class T>                   the loss of a row; `o` are the options in Spec order; `grad`, where
//   static double row(std::span<const double> o, const T* p, std::size_t columns,    not null, gets scale *
//                     const RowTarget& target, double scale, T* grad);               d(loss)/d(p)

// What a loss that is a mean over columns says of one of them: its loss and the derivative of that.
struct OfColumn {
  double loss;
  double slope;
};

// The base of such a loss, which has OfColumn column(std::span<const double> o, double p, double t).
template <class Kind>
struct MeanOverColumns {
  template <class T>
  static double row(std::span<const double> o, const T* p, std::size_t columns, const RowTarget& target,
                    double scale, T* grad) {
    const double n = static_cast<double>(columns);
    double sum = 0;
    for (std::size_t j = 0; j < columns; ++j) {
      const auto [loss, slope] = Kind::column(o, static_cast<double>(p[j]), target[j]);
      sum += loss;
      if (grad != nullptr) grad[j] = static_cast<T>(slope / n * scale);
    }
    return sum / n;
  }
};

// The losses in the order of losses.inc.
std::span<const Spec* const> loss_specs();

}  // namespace thalweg
