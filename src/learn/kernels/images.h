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

// The gradient of what came before max(., 0), and its sums: to[i] = dy[i], or 0 where y[i] is 0 or less. The
// sums over places, formed in T, are added to `sums`.
template <class T>
struct Rectified {
  const T* dy = nullptr;
  const T* y = nullptr;  // null: dy alone
  std::size_t places = 0;
  std::size_t step = 0;  // from a place to the next
  std::size_t channels = 0;
  T* to = nullptr;  // may be dy; null: the sums alone
  double* sums = nullptr;
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

  void (*rectified)(const Rectified<T>&) = nullptr;
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
