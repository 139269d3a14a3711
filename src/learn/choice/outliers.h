// Targets so far off that they alone would decide a squared loss.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "thalweg/dataset.h"

namespace thalweg {

// Of the training part's targets of one column those that are further from the median than five standard
// deviations, as the median of these distances tells them (times 1.4826: what a normal distribution has).
struct Outliers {
  std::size_t column = 0;
  std::size_t values = 0;
  std::size_t of = 0;
  double share = 0;  // of the sum of squares about the median

  // "price: 12 of 397 targets ...".
  std::string text(const Dataset& data) const;
};

// The column whose outliers hold the largest share of its squares; nothing where that is half or less, or
// more than half of the targets are equal.
std::optional<Outliers> outliers_of(const Dataset& data);

}  // namespace thalweg
