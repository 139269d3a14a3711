// The matrix product of oneDNN, on one thread: the only place that knows oneDNN.
#pragma once

#include <memory>

#include "nn/product.h"

namespace thalweg {

// A product on fixed memory. Kernels and everything else that takes time or memory are made here; equal
// products share their kernels through oneDNN's own cache. run() uses the calling thread alone, whatever
// OpenMP is set to.
class OnednnProduct {
 public:
  // `add`: c += the product, else c = the product. Throws Error(resource) when oneDNN cannot make it.
  // `beside`: another of the same operands that never runs at the same time, whose memory serves both; or
  // null.
  OnednnProduct(const Product& product, const Strides& strides, const Operands<float>& operands, bool add,
                Compute compute = Compute::f32, const OnednnProduct* beside = nullptr);
  ~OnednnProduct();
  OnednnProduct(OnednnProduct&&) noexcept;

  // False when oneDNN ran out of memory. One call at a time.
  [[nodiscard]] bool run() const noexcept;

  const WorkMemory& work_memory() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Whether this machine multiplies bf16.
bool computes_bf16();

}  // namespace thalweg
