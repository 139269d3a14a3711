// Loops over images with their channels last, whose vectors are runs of channels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace thalweg {

// Windows next to each other that cover as many elements: window t begins at in + t in_step, its elements
// stand at `elements` from there and are the places `numbers` of the window.
struct WindowRun {
  std::span<const std::ptrdiff_t> elements;
  std::span<const std::uint16_t> numbers;
  std::size_t windows = 0;
  std::ptrdiff_t in_step = 0;
  std::size_t channels = 0;
};

template <class T>
struct ImageKernels {
  const char* target = "";  // the SIMD target

  // out[t channels + c] = the largest element, the first of equal ones, a NaN being larger than all; its
  // number in `largest`, which may be null.
  void (*max)(const WindowRun& run, const T* in, T* out, std::uint16_t* largest) = nullptr;
  // to[...] = dy where the element's number is that of the largest, else 0; with `add` they are added.
  void (*max_gradient)(const WindowRun& run, const T* dy, const std::uint16_t* largest, T* to,
                       bool add) = nullptr;
  // out[t channels + c] = share * the sum of the elements.
  void (*mean)(const WindowRun& run, const T* in, T share, T* out) = nullptr;
  // to[...] += share * dy.
  void (*mean_gradient)(const WindowRun& run, const T* dy, T share, T* to) = nullptr;

  // to[i] = dy[i], or 0 where y[i] is 0 or less, for places of so many channels; adds them up in `sums`, one
  // a channel. `y` null: dy alone. `to` null: the sums alone.
  void (*rectified)(const T* dy, const T* y, std::size_t places, std::size_t channels, T* to,
                    double* sums) = nullptr;
};

struct ImageTable {
  ImageKernels<float> f32;
  ImageKernels<double> f64;
};

// Of every SIMD target that this machine has, the best one first.
const std::vector<ImageTable>& image_tables();

// Of the best one.
template <class T>
const ImageKernels<T>& image_kernels() {
  if constexpr (sizeof(T) == sizeof(float)) {
    return image_tables().front().f32;
  } else {
    return image_tables().front().f64;
  }
}

}  // namespace thalweg
