#include "device/inspect.h"

#include <cmath>

namespace thalweg {
namespace {

template <class T>
Found look_at(std::size_t parameter, T* grad, std::size_t begin, std::size_t end, bool zero) {
  Found found;
  for (std::size_t i = begin; i < end; ++i) {
    if (std::isfinite(grad[i])) continue;
    found.add({1, parameter, i});
    if (zero) grad[i] = 0;
  }
  return found;
}

}  // namespace

Found find_nonfinite(std::size_t parameter, Dtype dtype, void* grad, std::size_t begin, std::size_t end,
                     bool zero) {
  if (dtype == Dtype::f64) return look_at(parameter, static_cast<double*>(grad), begin, end, zero);
  return look_at(parameter, static_cast<float*>(grad), begin, end, zero);
}

}  // namespace thalweg
