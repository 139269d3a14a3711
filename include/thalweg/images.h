// Operations of a tape on images: tensors of {rows, channels, height, width}, or with one axis {rows,
// channels, width}, which count as one high. They take either order() and write their channels last. Shapes
// and numbers that do not fit are an Error(usage) naming them.
#pragma once

#include <array>
#include <cstdint>

#include "thalweg/tensor.h"

namespace thalweg {

// How a window moves over an image; each pair is {height, width}. At a side with padding the image goes on
// with zeros (max_pool: with minus infinity). It stops at (size + before + after - reach) / stride + 1
// places, rounded down, where reach = dilation (kernel - 1) + 1.
struct Window {
  using Pair = std::array<std::int64_t, 2>;

  Pair kernel = {1, 1};
  Pair stride = {1, 1};
  Pair before = {0, 0};  // padding above and to the left
  Pair after = {0, 0};   // below and to the right
  Pair dilation = {1, 1};

  // Places along an axis (0: height, 1: width) of that size.
  std::int64_t places(std::size_t axis, std::int64_t size) const;
};

// y[n, k, i, j] = b[k] + sum over c, u, v of x[n, c, i stride - before + u dilation, ...] W[u, v, c, k], a
// cross-correlation as everywhere in the field (LeCun 1989). weight {kernel height, kernel width,
// channels / groups, outputs}, of one axis without the height, is also the window's kernel; bias {outputs} or
// no tensor. Channels and outputs are cut into `groups` parts, each of which sees its own alone. With
// `rectify` the result is max(y, 0). The bits do not depend on the number of threads; they may on the SIMD
// target.
Tensor conv2d(Tape& tape, Tensor x, Tensor weight, Tensor bias, const Window& window, std::int64_t groups = 1,
              bool rectify = false);

// The largest element of each window; the first of equal ones gets the gradient, and a NaN is larger than
// everything.
Tensor max_pool(Tape& tape, Tensor x, const Window& window);
// The mean of each window: over all its elements, or without those of the padding.
Tensor avg_pool(Tape& tape, Tensor x, const Window& window, bool count_padding = true);
// {rows, channels, height, width} to {rows, channels}: the mean, or the largest, of each channel.
Tensor global_avg_pool(Tape& tape, Tensor x);
Tensor global_max_pool(Tape& tape, Tensor x);

// weight (x - mean) / sqrt(variance + eps) + bias for each channel of x {rows, channels} or {rows, channels,
// places...} (arXiv:1502.03167). In training mean and variance (divisor n) are those of the batch, and the
// running ones move by `momentum` of the way towards them (there with divisor n - 1, and not for n = 1); in
// evaluation the running ones are used. weight and bias {channels} or no tensor; running_mean and
// running_variance {channels}, which a training forward() writes. Every forward() in training counts, also of
// batches that are accumulated.
Tensor batch_norm(Tape& tape, Tensor x, Tensor weight, Tensor bias, Tensor running_mean,
                  Tensor running_variance, double momentum = 0.1, double eps = 1e-5);

// The same elements in the order row_major.
Tensor row_major(Tape& tape, Tensor x);
// The same for channels_last; Error(usage) for a tensor of fewer than three dimensions.
Tensor channels_last(Tape& tape, Tensor x);
// The same elements in row-major order as another shape, of which one size may be -1: what is left.
Tensor reshape(Tape& tape, Tensor x, Shape shape);

}  // namespace thalweg
