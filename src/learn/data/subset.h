// Some of the samples of a data set: set aside to judge by, or picked.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "thalweg/dataset.h"

namespace thalweg {

// Puts the named rows of a table with so many columns, which may be empty, behind what stands in `out`, whose
// numbers may be narrower.
template <class T, class Out>
void append_rows(const std::vector<T>& all, std::span<const std::uint32_t> rows, std::size_t columns,
                 std::vector<Out>& out) {
  if (all.empty()) return;
  out.reserve(out.size() + rows.size() * columns);
  for (const std::uint32_t row : rows) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(row * columns);
    out.insert(out.end(), first, first + static_cast<std::ptrdiff_t>(columns));
  }
}

// The numbers of the rows that are marked, or of those that are not.
std::vector<std::uint32_t> rows_where(const std::vector<bool>& marked, bool wanted = true);

// The data set that trains on the named samples of data.train and holds out others of them; data.test is left
// out. What describes the data - classes, columns, scaling - stays.
Dataset subset(const Dataset& data, std::span<const std::uint32_t> train,
               std::span<const std::uint32_t> test);

// Training samples set aside to judge trials by; what is held out stays unseen. `train` has at most `train`
// of the training samples, and `test` about a fifth as many as there are, at most `judge` and at least one,
// none of them among the former; both drawn by `seed`. Throws Error(data) for fewer than two training
// samples.
Dataset set_aside(const Dataset& data, std::size_t train, std::size_t judge, std::uint64_t seed);

// The training part alone, one fifth of it held out as hold_out() does: of each class, or of all values.
// Throws Error(data) when that leaves nothing to train on or to judge by.
Dataset validation_split(const Dataset& data, std::uint64_t seed);

// The training part alone without one of its folds, which draw_parts() deals by `seed` and which is held out
// in its place: over `fold` = 0 .. folds-1 each sample is held out once. Throws Error(usage) for fewer
// training samples than folds.
Dataset fold_of(const Dataset& data, std::size_t fold, std::size_t folds, std::uint64_t seed);

}  // namespace thalweg
