// Operations of a tape for networks that are written by hand: arithmetic, products, sums, and what moves
// elements; `add` of tensors is in tensor.h, `reshape` in images.h. Shapes that do not fit are an
// Error(usage) naming them. Bits do not depend on the number of threads.
//
// Two shapes are broadcast as in numpy and torch: aligned at their last dimension, sizes that differ must be
// 1, or missing on the left, and are repeated. Gradients of what is repeated add up. An axis below 0 counts
// from the last, which is -1.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "thalweg/tensor.h"

namespace thalweg {

// Element by element, after broadcasting.
Tensor subtract(Tape& tape, Tensor a, Tensor b);
Tensor multiply(Tape& tape, Tensor a, Tensor b);
Tensor divide(Tape& tape, Tensor a, Tensor b);
// With a number.
Tensor add(Tape& tape, Tensor a, double b);
Tensor multiply(Tape& tape, Tensor a, double b);

// a {..., n, k} times b {..., k, m} is {..., n, m}: a product for each place of the dimensions before the
// last two, which are broadcast. A vector {k} is a row on the left and a column on the right, and the result
// then lacks that dimension. As torch.matmul.
Tensor matmul(Tape& tape, Tensor a, Tensor b);

// Over the named axes, or over all where none is named; `keep` leaves them in the shape, as 1. Sums are
// formed in double and rounded once. The sum of nothing is 0, its mean NaN.
Tensor sum(Tape& tape, Tensor x, const std::vector<int>& axes = {}, bool keep = false);
Tensor mean(Tape& tape, Tensor x, const std::vector<int>& axes = {}, bool keep = false);

// x broadcast to `shape`. As torch.broadcast_to.
Tensor expand(Tape& tape, Tensor x, Shape shape);

// One after the other along an axis; all other sizes are equal. As torch.cat.
Tensor concat(Tape& tape, const std::vector<Tensor>& parts, int axis = 0);

// The elements begin .. end-1 of an axis. Both count from the end where they are below 0, as in Python;
// unlike there 0 <= begin <= end <= size must hold then.
inline constexpr std::int64_t kToTheEnd = std::numeric_limits<std::int64_t>::max();
Tensor slice(Tape& tape, Tensor x, int axis, std::int64_t begin, std::int64_t end = kToTheEnd);

// With two axes exchanged; the elements are copied. As torch.transpose.
Tensor transpose(Tape& tape, Tensor x, int a = -2, int b = -1);

}  // namespace thalweg
