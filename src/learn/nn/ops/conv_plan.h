// A convolution by its sizes alone: where the taps of a window lie, how samples are cut into blocks of work,
// and which outputs reach which inputs.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "nn/ops/window.h"

namespace thalweg {

// Along one axis: which places of the window reach the inputs first, first + stride, ..., and from which
// output, relative to the number of the input among these.
struct Reach {
  std::size_t first = 0;
  std::size_t count = 0;
  std::vector<std::pair<std::size_t, std::ptrdiff_t>> places;  // of the window; output
};

// The inputs at one remainder of the strides.
struct InputPart {
  Reach down, across;
  std::vector<std::ptrdiff_t> taps;  // in the gradient with its margins
  std::size_t first_tap = 0;         // among the taps of all parts, in whose order turned weights lie
};

// An image with a frame of zeros, in which the image begins at an element.
struct Framed {
  std::size_t high = 0, wide = 0;
  std::size_t first = 0;
  bool needed = false;  // there is a frame

  Framed() = default;
  // `before` and `after`: rows and columns of the frame.
  Framed(const Images& image, const Window::Pair& before, const Window::Pair& after);
  std::size_t size(const Images& image) const { return high * wide * image.channels; }
};

struct ConvPlan {
  // `window` fits x, and makes y of it.
  ConvPlan(const Window& window, std::size_t groups, const Images& x, const Images& y);

  Window window;
  std::size_t groups = 1;
  Images x, y;
  std::size_t in_each = 0, out_each = 0;  // channels of a group
  bool channel_wise = false;              // each channel has weights of its own, and one output
  std::size_t places = 0;                 // of the window

  Framed framed_x;
  std::vector<std::ptrdiff_t> taps;  // in it

  Framed framed_dy;  // every input that is reached is reached from within
  std::vector<InputPart> parts;

  std::size_t blocks = 1, block_rows = 1;  // of samples: each is one thread's work

  std::size_t end_of(std::size_t block) const;
  std::size_t weights() const { return places * in_each * y.channels; }
};

}  // namespace thalweg
