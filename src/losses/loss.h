// What a loss is to loss.cc. A loss file defines a struct and registers it with THALWEG_LOSS; its line in
// losses.inc is all that lists it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/spec.h"

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

// A loss is a struct with
//   static constexpr Spec kSpec;
//   static constexpr bool kClassifies;   whether it takes labels only
//   template <class T>                   the loss of a row; `grad`, where not null, gets scale * d(loss)/d(p)
//   static double row(const T* p, std::size_t columns, const RowTarget& target, double scale, T* grad);
template <std::size_t slot>
struct LossSlot;

// The losses in the order of losses.inc.
std::span<const Spec* const> loss_specs();

}  // namespace thalweg
