// What layer_norm, rms_norm and group_norm share: x less its mean, over its deviation, in boxes of its
// elements; then each channel times its weight, plus its bias.
#pragma once

#include <cstddef>

#include "thalweg/tensor.h"

namespace thalweg {

// How x is cut: rows of `groups` boxes, each of `channels` x `positions` elements. One of the two steps is 1.
struct Boxes {
  std::size_t groups = 1;
  std::size_t channels = 1;  // of a box; each has its own weight
  std::size_t positions = 1;
  std::size_t channel_step = 1;
  std::size_t position_step = 1;

  std::size_t box() const { return channels * positions; }
  std::size_t row() const { return groups * box(); }
};

struct Normalisation {
  const char* name;  // for errors
  Boxes boxes;
  Shape affine;  // the shape of weight and bias
  bool centred = true;
  double eps = 0;
};

// weight and bias may be no tensor. Throws Error(usage) for a weight or bias of another shape.
Tensor record_normalise(Tape& tape, Tensor x, Tensor weight, Tensor bias, const Normalisation& normalisation);

}  // namespace thalweg
